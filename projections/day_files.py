"""Which day files were imported, and which stretches do they tell? One row an import."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from domain.events import DayFileImported, Recorded
from projections.read_model import ReadModel


class DayFileRow(NamedTuple):
    """One import of a file of ``day``: what it held beside the log, and that it tells all from and until when."""

    position: int
    recorded_at: datetime
    exchange: str
    name: str
    day: date
    sha256: str
    imported_by: str
    rows: int
    matched: int
    recorded: int
    rejected: int
    differing: int
    extra: int
    told_from: datetime
    told_until: datetime


def contributions(recorded: Recorded) -> Sequence[DayFileRow]:
    """Return the row of an import."""
    if isinstance(event := recorded.event, DayFileImported):
        return [
            DayFileRow(
                position=recorded.position,
                recorded_at=recorded.recorded_at,
                exchange=event.exchange,
                name=event.name,
                day=event.day,
                sha256=event.sha256,
                imported_by=event.author,
                rows=event.rows,
                matched=event.matched,
                recorded=event.recorded,
                rejected=event.rejected,
                differing=event.differing,
                extra=event.extra,
                told_from=event.told_from,
                told_until=event.told_until,
            )
        ]
    return []


day_files = ReadModel(
    name="day_files",
    version=1,
    row=DayFileRow,
    key=("position",),
    contributions=contributions,
)
