"""Which reports were published, and what do they say? One row a report, found by the position of its event."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from domain.events import Recorded
from domain.proofs import ReportPublished
from projections.read_model import ReadModel


class ReportRow(NamedTuple):
    """One report: the figures known ``as_of`` a position, as canonical JSON, with their digest and the log's hash."""

    position: int
    recorded_at: datetime
    trader_id: str | None
    delivery_day: date
    as_of: int
    log_hash: str
    projection_version: str
    performance: str
    digest: str
    published_by: str


def contributions(recorded: Recorded) -> Sequence[ReportRow]:
    """Return the row of a published report."""
    if isinstance(event := recorded.event, ReportPublished):
        return [
            ReportRow(
                position=recorded.position,
                recorded_at=recorded.recorded_at,
                trader_id=event.trader_id,
                delivery_day=event.delivery_day,
                as_of=event.position,
                log_hash=event.log_hash,
                projection_version=event.projection_version,
                performance=event.performance,
                digest=event.digest,
                published_by=event.author,
            )
        ]
    return ()


reports = ReadModel(
    name="reports",
    version=1,
    row=ReportRow,
    key=("position",),
    contributions=contributions,
    indexes=("trader_id, position", "delivery_day, position"),
)
