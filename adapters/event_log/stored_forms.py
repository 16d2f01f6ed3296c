"""In which forms do events lie in the log? These classes are the log's schema: they never change.

Decimals are text in plain notation, instants RFC 3339 in UTC, so that an auditor can read
them without Wattbook. A new form gets a new class and a new topic beside the old ones.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from domain.events import Direction

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant says its offset."""


class Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    """What all stored forms share: fields that have their default are left out."""


class StoredPeriod(Stored, frozen=True):
    """A delivery period with its local names, so that no later change of time-zone data alters history."""

    day: date
    label: str
    start: Instant
    minutes: Literal[15, 30, 60]


class StoredDeal(Stored, frozen=True):
    """A deal's content in the domain's terms."""

    exchange: str
    deal_id: str
    trader_id: str
    direction: Direction
    quantity_mw: str
    price_eur_mwh: str
    period: StoredPeriod
    executed_at: Instant


class StoredBytes(Stored, frozen=True):
    """A message verbatim: as text where it is UTF-8, in base64 where it is not."""

    text: str | None = None
    base64: str | None = None


class StoredReceipt(Stored, frozen=True):
    """How a message came."""

    source: str
    received_at: Instant
    original: StoredBytes


class DealConfirmedV1(Stored, frozen=True):
    """Stored form of ``deal.confirmed.v1``."""

    deal: StoredDeal
    receipt: StoredReceipt


class DealCancelledV1(Stored, frozen=True):
    """Stored form of ``deal.cancelled.v1``."""

    deal: StoredDeal
    replaces: int
    reason: str
    author: str


class DealCorrectedV1(Stored, frozen=True):
    """Stored form of ``deal.corrected.v1``."""

    before: StoredDeal
    deal: StoredDeal
    replaces: int
    reason: str
    author: str


class DealConflictedV1(Stored, frozen=True):
    """Stored form of ``deal.conflicted.v1``."""

    deal: StoredDeal
    stands: int
    receipt: StoredReceipt


class ReferencePriceUpdatedV1(Stored, frozen=True):
    """Stored form of ``reference-price.updated.v1``."""

    period: StoredPeriod
    value: str | None
    last_update: Instant
    fetched_at: Instant
    original: StoredBytes


class MessageRejectedV1(Stored, frozen=True):
    """Stored form of ``message.rejected.v1``."""

    reason: str
    receipt: StoredReceipt
    trader_id: str | None = None
    delivery_day: date | None = None


class RejectionResolvedV1(Stored, frozen=True):
    """Stored form of ``rejection.resolved.v1``."""

    rejection: int
    resolution: str
    reason: str
    author: str


class FeedConnectedV1(Stored, frozen=True):
    """Stored form of ``feed.connected.v1``."""

    line: str
    connection: str
    connected_at: Instant


class FeedDisconnectedV1(Stored, frozen=True):
    """Stored form of ``feed.disconnected.v1``."""

    line: str
    connection: str
    connected_at: Instant
    last_heard_at: Instant
    disconnected_at: Instant
    reason: str


class FeedInterruptedV1(Stored, frozen=True):
    """Stored form of ``feed.interrupted.v1``."""

    line: str
    connection: str
    lost_from: Instant
    lost_until: Instant
    reason: str


class StoredDealKey(Stored, frozen=True):
    """Which deal of an exchange."""

    deal_id: str
    trader_id: str
    direction: Direction


class DayFileImportedV1(Stored, frozen=True):
    """Stored form of ``day-file.imported.v1``."""

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
    differing_deals: list[StoredDealKey]
    extra_deals: list[StoredDealKey]
    told_from: Instant
    told_until: Instant
    author: str


class ReportPublishedV1(Stored, frozen=True):
    """Stored form of ``report.published.v1``."""

    delivery_day: date
    position: int
    log_hash: str
    projection_version: str
    performance: str
    digest: str
    author: str
    trader_id: str | None = None


class LogSealedV1(Stored, frozen=True):
    """Stored form of ``log.sealed.v1``."""

    first: int
    last: int
    root: str
    log_hash: str
    log: str
    public_key: str
    signature: str
    previous: str | None = None
