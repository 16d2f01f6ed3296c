"""How is a read model made again while it is in use? Filled beside it, compared, and switched: ``rebuild``."""

import asyncio
import logging
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import groupby
from typing import Final

import psycopg

from adapters.event_log.pages import LogPages
from adapters.event_log.raw_log import RawLog
from adapters.read_models.builds import Builds, builds
from adapters.read_models.filling import fill
from adapters.read_models.parity import Compared, compare
from adapters.read_models.switching import Pair, kept_table
from adapters.read_models.tables import ReadTables
from domain.decimals import plain
from domain.errors import LogDamagedError, NotSwitchedError
from projections.read_model import AnyReadModel, beside
from projections.runner import PAGE, check_contiguous
from wattbook.progress import Progress
from wattbook.stretches import each_stretch

STRETCH: Final = 50_000
"""Events that one process folds at a time."""

CLOSE: Final = 1_000
"""So few events behind, a table is brought to the one in use while that one waits."""

log = logging.getLogger(__name__)


def rebuild(database_url: str, models: Sequence[AnyReadModel], *, accept: bool = False, stretch: int = STRETCH) -> int:
    """Make *models* again from the raw events and put them in place; return 1 where they are not what they were.

    What was in use is kept. With *accept*, tables that differ are put in place too.
    """
    with _building(database_url) as (building, progress):
        positions = building.positions()
        new = _new(models, positions)
        used = [model for model in models if model not in new]
        if new:
            building.switch(_filled(database_url, building, new, progress, stretch), empty=True)
            print(f"filled: {_names(new)}")
        if used:
            pairs = _filled(database_url, building, used, progress, stretch)
            _join(database_url, building, pairs, progress)
            if not _are_alike(database_url, pairs, progress, "in use") and not accept:
                print(
                    "not switched, since rows differ: what was in use stays. 'wattbook verify' says whether it was"
                    " damaged; then --accept-differences takes the rebuilt rows. A rule that is meant to change"
                    " needs a new version of its read model.",
                    file=sys.stderr,
                )
                return 1
            progress.begins("switching")
            building.switch(pairs)
            print(f"switched: {_names(used)}; 'wattbook rebuild --rollback' takes back what was in use before")
    return 0


def fill_new(database_url: str, models: Sequence[AnyReadModel], stretch: int = STRETCH) -> int:
    """Fill those of *models* that no event was applied to yet; what an earlier try has left is removed."""
    with _building(database_url, shown=False) as (building, progress):
        positions = building.positions()
        new = _new(models, positions)
        if new:
            began = time.monotonic()
            building.switch(_filled(database_url, building, new, progress, stretch), empty=True)
            log.info("filled from the log in %.1f s: %s", time.monotonic() - began, _names(new))
    return 0


def roll_back(database_url: str, models: Sequence[AnyReadModel], *, all_of_them: bool, accept: bool = False) -> int:
    """Put what was in use before the last switch of *models* back in place, brought up to what is known now.

    Return 1, and leave all as it is, where rows differ from those in use, unless told to *accept* that.
    """
    with _building(database_url) as (building, progress):
        positions = building.positions()
        kept = [model for model in models if kept_table(model) in positions]
        if not kept or (len(kept) < len(models) and not all_of_them):
            missing = _names([model for model in models if model not in kept])
            raise NotSwitchedError(f"there is nothing to roll back to: no earlier table is kept of {missing}")
        pairs = [Pair(model, beside(model, kept_table(model))) for model in kept]
        _join(database_url, building, pairs, progress)
        # The other way round: what is in use is taken for right, and the kept rows are named where they differ.
        if (
            not _are_alike(database_url, [Pair(pair.next, pair.used) for pair in pairs], progress, "kept")
            and not accept
        ):
            print(
                "not rolled back, since rows differ: what is in use stays. 'wattbook verify' says whether that is"
                " damaged; '--rollback --accept-differences' takes the kept rows all the same.",
                file=sys.stderr,
            )
            return 1
        progress.begins("switching")
        building.switch(pairs)
        print(f"rolled back: {_names(kept)}; the same command rolls forward again")
    return 0


def drop_kept(database_url: str, models: Sequence[AnyReadModel]) -> int:
    """Remove what was in use before the last switch of *models*, and the tables of their earlier versions."""
    with _building(database_url) as (building, _):
        dropped = [name for model in models for name in building.positions() if _is_former(name, model)]
        building.drop(dropped)
    print(f"dropped: {', '.join(dropped)}" if dropped else "there is nothing to drop")
    return 0


@contextmanager
def _building(database_url: str, *, shown: bool = True) -> Iterator[tuple[Builds, Progress]]:
    """Be the one that rebuilds, and leave nothing half done, neither of an earlier build nor of this one."""
    with builds(database_url) as building, Progress(shown=shown) as progress:
        building.clear()
        try:
            yield building, progress
        finally:
            # Where the database is gone, the next rebuild clears up.
            with suppress(psycopg.Error):
                building.clear()


def _filled(
    database_url: str, building: Builds, models: Sequence[AnyReadModel], progress: Progress, stretch: int
) -> list[Pair]:
    """Return the tables of *models* with new ones beside them, as of where they are, or of the head of the log."""
    positions = building.positions()
    until = min(positions.get(model.table, 0) for model in models)
    if until == 0:
        with RawLog(database_url) as raw:
            until = raw.head().position
    begun = building.begin(models)
    tables = [parts or pair.next for pair, parts in begun]
    progress.begins(f"folding {until:,} events", total=until)
    done = 0
    for _, size in each_stretch(partial(fill, database_url, tables=tables), until, stretch):
        done += size
        progress.reached(done)
    for pair, parts in begun:
        progress.begins(f"indexing {pair.used.name}")
        building.finish(pair, parts, until)
    return [pair for pair, _ in begun]


def _join(database_url: str, building: Builds, pairs: Sequence[Pair], progress: Progress) -> None:
    """Bring the next tables to where those in use are, and let both go on together."""
    progress.begins("catching up")
    while _behind(pairs, positions := building.positions()) > CLOSE:
        asyncio.run(_catch_up(database_url, pairs, positions))
    with building.holding(pairs) as positions:
        asyncio.run(_catch_up(database_url, pairs, positions))
        building.join(pairs)
    progress.begins("waiting for readers that began before")
    building.wait_for_older_readers()


def _behind(pairs: Sequence[Pair], positions: Mapping[str, int]) -> int:
    return max(positions[pair.used.table] - positions[pair.next.table] for pair in pairs)


async def _catch_up(database_url: str, pairs: Sequence[Pair], positions: Mapping[str, int]) -> None:
    """Apply to each next table what the one in use has had, and it has not."""

    def way(pair: Pair) -> tuple[int, int]:
        return positions[pair.next.table], positions[pair.used.table]

    async with LogPages(database_url) as pages, ReadTables(database_url) as tables:
        for (at, until), alike in groupby(sorted(pairs, key=way), way):
            models = [pair.next for pair in alike]
            reached = at
            while reached < until:
                page = await pages.page(reached, min(PAGE, until - reached))
                if not page:
                    raise LogDamagedError(f"the event log has no event at position {reached + 1}")
                check_contiguous(page, reached)
                await tables.apply([(model, model.fold(page)) for model in models], reached, page[-1].position)
                reached = page[-1].position


def _new(models: Sequence[AnyReadModel], positions: Mapping[str, int]) -> list[AnyReadModel]:
    """Return those of *models* that no event was applied to, or of which nothing says how many were."""
    return [model for model in models if positions.get(model.table, 0) == 0]


def _is_former(table: str, model: AnyReadModel) -> bool:
    found = re.fullmatch(rf"{model.name}_v(\d+)(_kept)?", table)
    return found is not None and (int(found[1]) < model.version or (table == kept_table(model)))


def _are_alike(database_url: str, pairs: Sequence[Pair], progress: Progress, other: str) -> bool:
    """Print how the joined tables of each pair compare, *other* being the first one; tell whether all are alike."""
    progress.begins("comparing")
    compared = compare(database_url, pairs)
    for each in compared:
        _print(each, other)
    return all(each.is_alike for each in compared)


def _print(compared: Compared, other: str) -> None:
    rows = f"{compared.name}: {compared.next.rows:,} {'row' if compared.next.rows == 1 else 'rows'}"
    if compared.is_alike:
        sums = "".join(f", {name} {plain(value)}" for name, value in compared.next.sums)
        print(f"{rows} as {other} at position {compared.position}, SHA-256 {compared.next.digest[:16]}…{sums}")
        return
    print(f"{rows}, {compared.used.rows:,} {other} at position {compared.position}; {compared.differing:,} differ")
    for (name, used), (_, right) in zip(compared.used.sums, compared.next.sums, strict=True):
        if used != right:
            print(f"  sum of {name}: {plain(right)}, {other} {plain(used)}")
    for finding in compared.first:
        print(f"  position {finding.position}, {finding.table}: {finding.what}")


def _names(models: Sequence[AnyReadModel]) -> str:
    return ", ".join(model.name for model in models)
