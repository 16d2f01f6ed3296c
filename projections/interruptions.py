"""What of that which a line brought is lost, though it was heard? One row for each stretch of a connection."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from domain.events import FeedInterrupted, Recorded
from projections.read_model import ReadModel


class InterruptionRow(NamedTuple):
    """Deals may be missing on a connection from ``lost_from`` to ``lost_until``; known from ``position`` on."""

    position: int
    line: str
    connection: str
    lost_from: datetime
    lost_until: datetime
    reason: str


def contributions(recorded: Recorded) -> Sequence[InterruptionRow]:
    """Return the row of a stretch."""
    if isinstance(event := recorded.event, FeedInterrupted):
        return [
            InterruptionRow(
                position=recorded.position,
                line=event.line,
                connection=event.connection,
                lost_from=event.lost_from,
                lost_until=event.lost_until,
                reason=event.reason,
            )
        ]
    return []


interruptions = ReadModel(
    name="interruptions",
    version=1,
    row=InterruptionRow,
    key=("position",),
    contributions=contributions,
)
