"""Which facts does Wattbook record?

Every event is a fact in the past tense, in the desk's words. Its topic is the name it is
stored under: it carries a version and never changes. An event carries all that its
consequences need, so no reader ever looks another event up.

All instants are aware UTC, power is in MW, prices are in EUR/MWh, exact decimals.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Final, Literal

from domain.decimals import EXACT
from domain.periods import DeliveryPeriod
from domain.proofs import LogSealed, ReportPublished

Direction = Literal["buy", "sell"]


@dataclass(frozen=True, kw_only=True)
class Deal:
    """What was agreed: the content of a deal confirmation, in the domain's terms."""

    exchange: str
    deal_id: str
    trader_id: str
    direction: Direction
    quantity_mw: Decimal
    price_eur_mwh: Decimal
    period: DeliveryPeriod
    executed_at: datetime

    @property
    def energy_mwh(self) -> Decimal:
        """Energy in MWh: power held over the delivery period."""
        return EXACT.multiply(self.quantity_mw, self.period.hours)

    @property
    def content(self) -> tuple[object, ...]:
        """What two messages about one deal must share, by value, to be duplicates."""
        return (self.quantity_mw, self.price_eur_mwh, self.period.start, self.period.minutes, self.executed_at)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """How a message came: from which source, when, and its exact bytes."""

    source: str
    received_at: datetime
    original: bytes


@dataclass(frozen=True, kw_only=True)
class DealConfirmed:
    """The exchange confirmed a deal of ours."""

    TOPIC: ClassVar[str] = "deal.confirmed.v1"

    deal: Deal
    receipt: Receipt


@dataclass(frozen=True, kw_only=True)
class DealCancelled:
    """A recorded deal no longer counts; ``replaces`` is the position of the event that it takes back."""

    TOPIC: ClassVar[str] = "deal.cancelled.v1"

    deal: Deal
    replaces: int
    reason: str
    author: str


@dataclass(frozen=True, kw_only=True)
class DealCorrected:
    """A deal's content was replaced; ``replaces`` is the position of the event that held the content before."""

    TOPIC: ClassVar[str] = "deal.corrected.v1"

    before: Deal
    deal: Deal
    replaces: int
    reason: str
    author: str


@dataclass(frozen=True, kw_only=True)
class DealConflicted:
    """A known deal came again with other content; the first, at position ``stands``, still counts."""

    TOPIC: ClassVar[str] = "deal.conflicted.v1"

    deal: Deal
    stands: int
    receipt: Receipt


@dataclass(frozen=True, kw_only=True)
class ReferencePriceUpdated:
    """The provider gave a reference price; ``value`` is in EUR/MWh, ``None`` while it is undefined."""

    TOPIC: ClassVar[str] = "reference-price.updated.v1"

    period: DeliveryPeriod
    value: Decimal | None
    last_update: datetime
    fetched_at: datetime
    original: bytes


@dataclass(frozen=True, kw_only=True)
class MessageRejected:
    """A message that is no valid deal was kept whole.

    ``reason`` is ``UNREADABLE``, ``INVALID: <field>``, ``AMBIGUOUS_PERIOD`` or
    ``NO_SUCH_PERIOD``. Trader and delivery day are given where they can be read.
    """

    TOPIC: ClassVar[str] = "message.rejected.v1"

    reason: str
    trader_id: str | None
    delivery_day: date | None
    receipt: Receipt


@dataclass(frozen=True, kw_only=True)
class RejectionResolved:
    """A person settled the rejection or conflict recorded at position ``rejection``."""

    TOPIC: ClassVar[str] = "rejection.resolved.v1"

    rejection: int
    resolution: str
    reason: str
    author: str


@dataclass(frozen=True, kw_only=True)
class FeedConnected:
    """A line to the exchange was opened. ``line`` is its name (``exchange/1``)."""

    TOPIC: ClassVar[str] = "feed.connected.v1"

    line: str
    connection: str
    connected_at: datetime


@dataclass(frozen=True, kw_only=True)
class FeedDisconnected:
    """A line to the exchange was lost.

    Deals may be missing on it from ``last_heard_at``, when the line was last known to
    work, not only from ``disconnected_at``, when the loss was noticed.
    """

    TOPIC: ClassVar[str] = "feed.disconnected.v1"

    line: str
    connection: str
    connected_at: datetime
    last_heard_at: datetime
    disconnected_at: datetime
    reason: str


UNVOUCHED: Final = "nobody vouches for it any more"
"""The reason of an end that nobody noted: no recorder has told for long that the connection is still heard.

It stands until its receiver's journal tells more: then the connection goes on under a name of its own,
``<connection>~<position of the end>``.
"""

RECEIVER_ENDED: Final = "receiver ended"
"""The reason of an end that is known from its receiver's death alone: it was killed, or its machine went down.

The last sign of life in one file of its journal may not be the last one of all, so it stands until another tells more.
"""

IN_DOUBT: Final = (UNVOUCHED, RECEIVER_ENDED)
"""The reasons of ends that can turn out to have come too early."""

UNREADABLE_JOURNAL: Final = "journal cannot be read: "
"""How the reason of an interruption begins of which no more is known than the journal that held it."""


def connection_of(stretch: str) -> str:
    """Return which connection a stretch of one belongs to."""
    return stretch.partition("~")[0]


@dataclass(frozen=True, kw_only=True)
class FeedInterrupted:
    """What a connection brought from ``lost_from`` to ``lost_until`` was heard, and is lost: deals may be missing."""

    TOPIC: ClassVar[str] = "feed.interrupted.v1"

    line: str
    connection: str
    lost_from: datetime
    lost_until: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class DealKey:
    """Which deal of an exchange: a cross trade shows both legs under one id."""

    deal_id: str
    trader_id: str
    direction: Direction


@dataclass(frozen=True, kw_only=True)
class DayFileImported:
    """The exchange's file of all deals executed on a local day was compared with the log, and filled it.

    ``rows`` are the file's, and each of its deals is one of ``matched`` (the log has it so),
    ``recorded`` (it was missing and is recorded now), ``rejected`` (it was missing, and cannot
    be read alone: its period is not known) or ``differing`` (another content stands). ``extra``
    deals stand in the log and are not in the file. Of the last two the first ones are named.
    The file tells every deal from ``told_from`` to ``told_until``.
    """

    TOPIC: ClassVar[str] = "day-file.imported.v1"

    exchange: str
    name: str
    day: date
    sha256: str
    size_bytes: int
    rows: int
    matched: int
    recorded: int
    rejected: int
    differing: int
    extra: int
    differing_deals: tuple[DealKey, ...]
    extra_deals: tuple[DealKey, ...]
    told_from: datetime
    told_until: datetime
    author: str


Event = (
    DealConfirmed
    | DealCancelled
    | DealCorrected
    | DealConflicted
    | ReferencePriceUpdated
    | MessageRejected
    | RejectionResolved
    | FeedConnected
    | FeedDisconnected
    | FeedInterrupted
    | DayFileImported
    | ReportPublished
    | LogSealed
)

EVENT_TYPES: Final[tuple[type[Event], ...]] = (
    DealConfirmed,
    DealCancelled,
    DealCorrected,
    DealConflicted,
    ReferencePriceUpdated,
    MessageRejected,
    RejectionResolved,
    FeedConnected,
    FeedDisconnected,
    FeedInterrupted,
    DayFileImported,
    ReportPublished,
    LogSealed,
)


@dataclass(frozen=True)
class Recorded:
    """An event in its place: ``position`` in the log, and when it was recorded (aware UTC)."""

    position: int
    recorded_at: datetime
    event: Event
