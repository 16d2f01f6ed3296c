"""When was each line to the exchange open? One row a connection."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from domain.events import FeedConnected, FeedDisconnected, Recorded
from projections.read_model import ReadModel


class FeedRow(NamedTuple):
    """One connection of a line.

    What ended is known from ``ended_position`` on: deals may be missing from
    ``last_heard_at``, and the loss was noticed at ``disconnected_at``.
    """

    line: str
    connection: str
    connected_at: datetime
    connected_position: int | None
    last_heard_at: datetime | None
    disconnected_at: datetime | None
    reason: str | None
    ended_position: int | None


def contributions(recorded: Recorded) -> Sequence[FeedRow]:
    """Return what one event says of its connection."""
    match recorded.event:
        case FeedConnected() as up:
            return [FeedRow(up.line, up.connection, up.connected_at, recorded.position, None, None, None, None)]
        case FeedDisconnected() as down:
            return [
                FeedRow(
                    line=down.line,
                    connection=down.connection,
                    connected_at=down.connected_at,
                    connected_position=None,
                    last_heard_at=down.last_heard_at,
                    disconnected_at=down.disconnected_at,
                    reason=down.reason,
                    ended_position=recorded.position,
                )
            ]
        case _:
            return []


feeds = ReadModel(
    name="feeds",
    version=1,
    row=FeedRow,
    key=("line", "connection"),
    contributions=contributions,
    merges=(
        ("connected_position", "first known"),
        ("last_heard_at", "first known"),
        ("disconnected_at", "first known"),
        ("reason", "first known"),
        ("ended_position", "first known"),
    ),
    indexes=("connected_at", "connected_position", "ended_position"),
)
