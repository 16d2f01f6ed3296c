"""Is everything what it was when it was recorded? The command ``verify``: the log, its hashes and every read model."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row

from adapters.event_log.chain_check import Finding
from adapters.event_log.seals_file import read_seals
from adapters.postgres.calendar import read_all_times
from adapters.read_models.comparison import (
    Rows,
    belongs_to_one_event,
    beyond,
    differences,
    merged,
    rows_by_key,
    stored,
)
from adapters.read_models.ledger_check import sums_of_ledger
from adapters.read_models.shape import CHECKPOINTS, reached, unreadable
from domain.canonical import position_text
from domain.proofs import LogSealed
from projections import READ_MODELS
from projections.deals import deals
from projections.positions import positions
from wattbook.findings import Findings
from wattbook.log_ends import below, ends_of, stretches_of
from wattbook.printing import printable
from wattbook.progress import Progress
from wattbook.seal_check import seal_findings, told_of
from wattbook.stretch_check import check_stretch, positions_of_stretch
from wattbook.stretches import each_of

STRETCH: Final = 50_000
"""Events that one process checks before it takes the next; it holds no more than a page of them."""


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
        head, until, of_ends = ends_of(connection)
        checkpoints, of_checkpoints = reached(connection)
        unread = unreadable(connection, READ_MODELS, checkpoints)
        models = [model for model in READ_MODELS if model.table not in unread]
        findings = Findings()
        findings.add(chain(of_ends, of_checkpoints, *unread.values(), below(connection)))
        come = {model.table: checkpoints.get(model.table, 0) for model in models}
        sums: dict[str, Rows] = {model.table: {} for model in READ_MODELS if not belongs_to_one_event(model)}
        summed = min(until, come.get(positions.table, 0))
        ledger_holds = come.get(deals.table, -1) >= summed
        with Progress() as progress:
            work = partial(check_stretch, database_url, snapshot, come)
            stretches = each_of(work, stretches_of(connection, until, stretch))
            for checked in progress.of(f"checking {until:,} events", stretches, until):
                findings.merge(checked.findings)
                ledger_holds &= checked.ledger_holds
                for model in models:
                    if model.table in checked.rows:
                        merged(model, sums[model.table], checked.rows[model.table])
            if ledger_holds:
                sums[positions.table] = rows_by_key(positions, sums_of_ledger(connection, summed))
            else:
                of_positions = partial(positions_of_stretch, database_url, snapshot)
                again = each_of(of_positions, stretches_of(connection, summed, stretch))
                for rows in progress.of(f"adding up {summed:,} events", again, summed):
                    merged(positions, sums[positions.table], rows)
        findings.add(seal_findings(database_url, seals))
        for model in models:
            position = come[model.table]
            if model.table not in checkpoints and not of_checkpoints:
                findings.add([Finding(0, CHECKPOINTS, f"{model.table} has no checkpoint")])
            if position > head:
                findings.add([Finding(position, CHECKPOINTS, f"{model.table} is past the log")])
            if belongs_to_one_event(model):
                # Stretches ask for the rows of positions that the read model has seen.
                findings.add(beyond(connection, model, min(position, until)))
            else:
                findings.add(differences(model, sums[model.table], stored(connection, model), position))
    behind = [(model.name, come[model.table]) for model in models if come[model.table] < head]
    return Verified(head, findings.first, findings.count, behind)


def _row(connection: psycopg.Connection[tuple[Any, ...]], query: str) -> tuple[Any, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row


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
