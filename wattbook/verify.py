"""Is everything what it was when it was recorded? The command ``verify``: the log, its hashes and every read model."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row

from adapters.event_log.chain_check import TABLE, Finding
from adapters.event_log.seals_file import read_seals
from adapters.postgres.calendar import read_all_times
from adapters.read_models.comparison import (
    Rows,
    belongs_to_one_event,
    differences,
    merged,
    of_no_event,
    rows_by_key,
    stored,
)
from adapters.read_models.ledger_check import sums_of_ledger
from domain.canonical import position_text
from domain.proofs import LogSealed
from projections import READ_MODELS
from projections.deals import deals
from projections.positions import positions
from wattbook.findings import Findings
from wattbook.printing import printable
from wattbook.progress import Progress
from wattbook.seal_check import seal_findings, told_of
from wattbook.stretch_check import check_stretch, positions_of_stretch
from wattbook.stretches import each_stretch

STRETCH: Final = 50_000
"""Events that one process checks before it takes the next; it holds no more than a page of them."""

_HEAD: Final = "wattbook.log_head"
_CHECKPOINTS: Final = "SELECT table_name, position FROM read_models.checkpoints"
_BELOW: Final = """
    SELECT notification_id, originator_id FROM wattbook.events WHERE notification_id < 1 OR notification_id IS NULL
"""


@dataclass(frozen=True)
class Verified:
    """What was checked, up to which position, and the first of what was found, in log order, with the number of all."""

    position: int
    findings: Sequence[Finding]
    count: int
    behind: Sequence[tuple[str, int]] = ()
    """Read models that have not come to that position yet, and up to where they were compared."""


def verify(database_url: str, *, as_json: bool, seals_file: Path | None = None) -> int:
    """Check everything, print what is wrong and where; return 1 where anything is.

    With *seals_file* the log is compared with what that file says was sealed, whoever has rewritten it since.
    """
    file = None if seals_file is None else read_seals(seals_file)
    verified = verified_log(database_url, seals=() if file is None else file.seals)
    if as_json:
        _print_json(verified)
        if verified.count > len(verified.findings):
            told = f"{verified.count:,} findings; only the first {len(verified.findings):,} of them are in the answer"
            print(told, file=sys.stderr)
    else:
        _print(verified)
    of_file = [] if file is None else told_of(file, database_url, verified.position)
    for sentence in [*_told_of_those_behind(verified), *of_file]:
        print(printable(sentence), file=sys.stderr if as_json else sys.stdout)
    return 1 if verified.findings else 0


def verified_log(database_url: str, stretch: int = STRETCH, seals: Sequence[LogSealed] = ()) -> Verified:
    """Check the log and the read models as one moment has them, with a process for each core."""
    with psycopg.connect(database_url, row_factory=tuple_row) as connection:
        read_all_times(connection)
        # All processes see what this transaction sees, whatever is recorded meanwhile.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        (snapshot,) = _row(connection, "SELECT pg_export_snapshot()")
        head, head_at, head_hash = _row(connection, "SELECT position, recorded_at, hash FROM wattbook.log_head")
        last = connection.execute(
            "SELECT notification_id, recorded_at, hash FROM wattbook.events WHERE notification_id > 0 "
            "ORDER BY notification_id DESC LIMIT 1"
        ).fetchone()
        reached: dict[str, int] = dict(connection.execute(_CHECKPOINTS).fetchall())
        findings = Findings()
        findings.add(_head_findings((head, head_at, bytes(head_hash)), last))
        findings.add(_at_no_position(connection))
        until = max(head, last[0] if last else 0)
        sums: dict[str, Rows] = {model.table: {} for model in READ_MODELS if not belongs_to_one_event(model)}
        summed = min(until, reached.get(positions.table, 0))
        ledger_holds = reached.get(deals.table, 0) >= summed
        with Progress() as progress:
            work = partial(check_stretch, database_url, snapshot, reached)
            for checked in progress.of(f"checking {until:,} events", each_stretch(work, until, stretch), until):
                findings.merge(checked.findings)
                ledger_holds &= checked.ledger_holds
                for model in READ_MODELS:
                    if model.table in checked.rows:
                        merged(model, sums[model.table], checked.rows[model.table])
            if ledger_holds:
                sums[positions.table] = rows_by_key(positions, sums_of_ledger(connection, summed))
            else:
                again = each_stretch(partial(positions_of_stretch, database_url, snapshot), summed, stretch)
                for rows in progress.of(f"adding up {summed:,} events", again, summed):
                    merged(positions, sums[positions.table], rows)
        findings.add(seal_findings(database_url, seals))
        for model in READ_MODELS:
            position = reached.get(model.table, 0)
            if model.table not in reached:
                findings.add([Finding(0, "read_models.checkpoints", f"{model.table} has no checkpoint")])
            if position > head:
                findings.add([Finding(position, "read_models.checkpoints", f"{model.table} is past the log")])
            if belongs_to_one_event(model):
                # Stretches ask for the rows of positions that the read model has seen.
                findings.add(of_no_event(connection, model, min(position, until)))
            else:
                findings.add(differences(model, sums[model.table], stored(connection, model), position))
    behind = [(model.name, reached.get(model.table, 0)) for model in READ_MODELS]
    behind = [(name, position) for name, position in behind if position < head]
    return Verified(head, findings.first, findings.count, behind)


def _row(connection: psycopg.Connection[tuple[Any, ...]], query: str) -> tuple[Any, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row


def _head_findings(head: tuple[Any, ...], last: tuple[Any, ...] | None) -> Iterator[Finding]:
    if last is None:
        if head[0]:
            yield Finding(head[0], _HEAD, "the log has no events at all")
        return
    for name, one, other in zip(("position", "time", "hash"), head, (last[0], last[1], bytes(last[2])), strict=True):
        if one != other:
            yield Finding(head[0], _HEAD, f"its {name} is not that of the last event, at position {last[0]}")


def _at_no_position(connection: psycopg.Connection[tuple[Any, ...]]) -> Iterator[Finding]:
    """Yield the events that are nowhere in the log, whose streams hold them all the same."""
    for position, stream in connection.execute(_BELOW):
        place = "no position" if position is None else f"position {position}"
        yield Finding(position or 0, TABLE, f"an event of {stream} is at {place}, and the log begins at 1")


def _told_of_those_behind(verified: Verified) -> Iterator[str]:
    """Yield up to where read models were compared that have not come to the end of the log yet: that is no damage."""
    for position, alike in groupby(sorted(verified.behind, key=itemgetter(1)), itemgetter(1)):
        names = ", ".join(name for name, _ in alike)
        yield f"not compared beyond position {position}, which is as far as they have come: {names}"


def _print_json(verified: Verified) -> None:
    print(
        json.dumps(
            {
                "ok": not verified.findings,
                "position": position_text(verified.position),
                "findings": [
                    {"position": position_text(each.position), "table": each.table, "what": each.what}
                    for each in verified.findings
                ],
            }
        )
    )


def _print(verified: Verified) -> None:
    for finding in verified.findings:
        print(printable(f"position {finding.position}, {finding.table}: {finding.what}"))
    if verified.count > len(verified.findings):
        print(f"... and {verified.count - len(verified.findings):,} more")
    if verified.findings:
        print(f"{verified.count:,} findings up to position {verified.position}", file=sys.stderr)
    elif verified.behind:
        abreast = len(READ_MODELS) - len(verified.behind)
        told = f"{abreast} of {len(READ_MODELS)} read models have come to it and are what the events say"
        print(f"the log is well up to position {verified.position}; {told}")
    else:
        print(f"all is well up to position {verified.position}: {len(READ_MODELS)} read models are what the events say")
