"""What can be asked of the read models, and in which terms is it answered?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Generic, Literal, TypeVar

from domain.events import Direction
from domain.health_warnings import HealthWarning
from domain.losses import LineLoss

Row = TypeVar("Row")
FeedState = Literal["CONNECTED", "DISCONNECTED", "NEVER_CONNECTED"]
DealSort = Literal["position", "executionTime", "delivery"]


@dataclass(frozen=True)
class Scope:
    """Whose rows may be seen: one trader's, or everybody's where ``trader_id`` is ``None``."""

    trader_id: str | None = None

    def shows(self, trader_id: str | None) -> bool:
        """Tell whether the book of *trader_id* may be seen; ``None`` is the whole desk's."""
        return self.trader_id is None or self.trader_id == trader_id


@dataclass(frozen=True)
class DealFilter:
    """Which deals are wanted; all bounds are inclusive, ``None`` wants all."""

    trader_id: str | None = None
    delivery_day_from: date | None = None
    delivery_day_to: date | None = None
    label: str | None = None
    direction: Direction | None = None
    executed_from: datetime | None = None
    executed_to: datetime | None = None


@dataclass(frozen=True)
class DealOrder:
    """How deals are sorted; deals that are equal in ``by`` are sorted by their position."""

    by: DealSort = "position"
    descending: bool = True


Key = tuple[int | datetime, ...]
"""Where a row stands in its order; a cursor in the reader's terms."""


ROOM_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True)
class Page:
    """A stretch of a sorted list: up to ``limit`` rows strictly after and before the given keys.

    They are the last ones of that stretch where ``from_end`` is set, otherwise the first. Where
    rows hold messages, which may be as large as their sender likes, the page ends before it
    holds more than ``room_bytes`` of them; it has one row even so.
    """

    limit: int
    after: Key | None = None
    before: Key | None = None
    from_end: bool = False
    room_bytes: int = ROOM_BYTES


@dataclass(frozen=True)
class Slice(Generic[Row]):
    """The rows of a page in order; ``more`` tells whether the stretch has others beyond them."""

    rows: Sequence[Row]
    more: bool


@dataclass(frozen=True)
class EventFilter:
    """Which events are wanted: positions above ``after`` up to ``until``, some topics, one stream."""

    after: int | None = None
    until: int | None = None
    types: tuple[str, ...] | None = None
    stream: str | None = None


@dataclass(frozen=True)
class LogEvent:
    """An event as it is stored: ``payload`` is JSON text, ``chain_hash`` covers the log up to it."""

    position: int
    recorded_at: datetime
    topic: str
    stream: str
    version: int
    payload: str
    chain_hash: bytes


@dataclass(frozen=True)
class RecordedMoment:
    """A position of the log, and when its event was recorded."""

    position: int
    recorded_at: datetime


@dataclass(frozen=True)
class RecordedMoments:
    """How many moments were ``found``, and so many of them as were asked for, evenly spread, in log order."""

    found: int
    moments: Sequence[RecordedMoment]


@dataclass(frozen=True)
class FeedStatus:
    """How a line to the exchange is; ``since`` is when it was opened or last known to work.

    ``losses`` counts how often it was lost, ``delivered_alone`` the deals that no other line has brought.
    """

    name: str
    state: FeedState
    since: datetime | None = None
    last_message_at: datetime | None = None
    last_loss: LineLoss | None = None
    losses: int = 0
    delivered_alone: int = 0


@dataclass(frozen=True)
class FeedConnection:
    """A line held open from ``connected_at``; what ended it is ``None`` while it is open."""

    line: str
    connected_at: datetime
    last_heard_at: datetime | None
    noticed_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class HealthStatus:
    """How current everything is, for a reader who may see ``open_rejections`` of one scope."""

    feeds: Sequence[FeedStatus]
    log_position: int
    projection_position: int
    reference_price_fetched_at: datetime | None
    open_rejections: int
    complete_up_to: datetime | None = None
    untold_outages: int = 0
    warnings: Sequence[HealthWarning] = ()


@dataclass(frozen=True)
class Changes:
    """Whose figures the events of a stretch of the log concern."""

    books: frozenset[tuple[str, date]] = frozenset()
    """Traders and delivery days with new, cancelled or corrected deals."""
    priced_days: frozenset[date] = frozenset()
    rejections: bool = False
    feeds: bool = False
