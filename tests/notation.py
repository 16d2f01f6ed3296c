"""How do tests say what happened on the desk, in the desk's words?"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Final, Literal
from zoneinfo import ZoneInfo

from domain.events import (
    DayFileImported,
    Deal,
    DealCancelled,
    DealConfirmed,
    DealConflicted,
    DealCorrected,
    DealKey,
    Direction,
    Event,
    FeedConnected,
    FeedDisconnected,
    FeedInterrupted,
    MessageRejected,
    Receipt,
    Recorded,
    ReferencePriceUpdated,
    RejectionResolved,
    connection_of,
)
from domain.periods import DeliveryPeriod, parse_period
from domain.proofs import LogSealed, ReportPublished

BERLIN: Final = ZoneInfo("Europe/Berlin")
DAY: Final = date(2023, 2, 6)
SPRING: Final = date(2023, 3, 26)
"""The day whose hour 02-03 does not exist."""
AUTUMN: Final = date(2023, 10, 29)
"""The day whose hour 02-03 comes twice."""

_DEAL = re.compile(r"(\S+) (buys|sells) (\S+) MW (\S+) at (\S+)")
_PRICE = re.compile(r"(\S+) (?:at (\S+)|(undefined))")
_DIRECTIONS: Final[dict[str, Direction]] = {"buys": "buy", "sells": "sell"}


def instant(text: str) -> datetime:
    """Return the UTC instant that *text* names: ``"06:13:45"`` of the usual day, or a full ISO instant."""
    if "T" not in text:
        text = f"{DAY}T{text}"
    return datetime.fromisoformat(text if text.endswith("Z") else text + "Z").astimezone(UTC)


def period(label: str, day: date = DAY) -> DeliveryPeriod:
    """Return the period of *day* in Berlin."""
    return parse_period(day, label, BERLIN)


def agreed(
    words: str, *, day: date = DAY, deal_id: str = "1", executed: str = "06:13:45", exchange: str = "exchange"
) -> Deal:
    """Return what ``"anna buys 10 MW 08-09 at 40"`` agrees."""
    match = _DEAL.fullmatch(words)
    assert match, f"not the words of a deal: {words!r}"
    trader, verb, quantity, label, price = match.groups()
    return Deal(
        exchange=exchange,
        deal_id=deal_id,
        trader_id=trader,
        direction=_DIRECTIONS[verb],
        quantity_mw=Decimal(quantity),
        price_eur_mwh=Decimal(price),
        period=period(label, day),
        executed_at=instant(executed),
    )


def receipt(original: bytes = b"{}", source: str = "exchange/1", received: str = "06:13:46") -> Receipt:
    """Return how a message came."""
    return Receipt(source=source, received_at=instant(received), original=original)


def deal(
    words: str, *, day: date = DAY, deal_id: str = "1", executed: str = "06:13:45", line: str = "exchange/1"
) -> DealConfirmed:
    """Return the confirmation of the deal that *words* say."""
    made = agreed(words, day=day, deal_id=deal_id, executed=executed)
    return DealConfirmed(deal=made, receipt=receipt(words.encode(), line))


def cancelled(made: DealConfirmed, replaces: int) -> DealCancelled:
    """Return that *made*, recorded at position *replaces*, no longer counts."""
    return DealCancelled(deal=made.deal, replaces=replaces, reason="recalled", author="desk")


def corrected(made: DealConfirmed, now: DealConfirmed, replaces: int) -> DealCorrected:
    """Return that *made*, recorded at position *replaces*, has the content of *now*."""
    return DealCorrected(before=made.deal, deal=now.deal, replaces=replaces, reason="typing error", author="desk")


def conflict(other: DealConfirmed, stands: int) -> DealConflicted:
    """Return that the deal at position *stands* came again as *other*."""
    return DealConflicted(deal=other.deal, stands=stands, receipt=other.receipt)


def reference_price(
    words: str, *, day: date = DAY, last_update: str = "09:15:45", fetched: str = "09:15:50"
) -> ReferencePriceUpdated:
    """Return the price that ``"08-09 at 28"`` or ``"08-09 undefined"`` says."""
    match = _PRICE.fullmatch(words)
    assert match, f"not the words of a reference price: {words!r}"
    return ReferencePriceUpdated(
        period=period(match[1], day),
        value=None if match[3] else Decimal(match[2]),
        last_update=instant(last_update),
        fetched_at=instant(fetched),
        original=words.encode(),
    )


def rejected(
    message: bytes, reason: str = "UNREADABLE", *, trader: str | None = None, day: date | None = None
) -> MessageRejected:
    """Return that *message* is no valid deal."""
    return MessageRejected(reason=reason, trader_id=trader, delivery_day=day, receipt=receipt(message))


def resolved(position: int, resolution: Literal["accept", "discard"] | str = "discard") -> RejectionResolved:
    """Return that the desk settled the rejection at *position*."""
    return RejectionResolved(rejection=position, resolution=resolution, reason="asked the exchange", author="desk")


def connected(line: str, at: str, connection: str = "c1") -> FeedConnected:
    """Return that *line* was opened."""
    return FeedConnected(line=line, connection=connection, connected_at=instant(at))


def lost(up: FeedConnected, at: str, last_heard: str | None = None, reason: str = "closed 1006") -> FeedDisconnected:
    """Return that the connection of *up* was lost, and when it had last been heard."""
    return FeedDisconnected(
        line=up.line,
        connection=up.connection,
        connected_at=up.connected_at,
        last_heard_at=instant(last_heard or at),
        disconnected_at=instant(at),
        reason=reason,
    )


def interrupted(up: FeedConnected, stretch: str, reason: str = "the journal lost 3 entries") -> FeedInterrupted:
    """Return that what the connection of *up* brought in a stretch is lost: ``"07:00:00 to 08:00:00"``."""
    lost_from, lost_until = map(instant, stretch.split(" to "))
    return FeedInterrupted(
        line=up.line,
        connection=connection_of(up.connection),
        lost_from=lost_from,
        lost_until=lost_until,
        reason=reason,
    )


def imported(
    told: str = "2023-02-05T23:00:00Z to 2023-02-06T23:00:00Z",
    *,
    day: date = DAY,
    sha256: str = "ab" * 32,
    extra: int = 1,
) -> DayFileImported:
    """Return that a file of *day* was imported, which tells the deals of a stretch: ``"07:00:00 to 08:00:00"``."""
    told_from, told_until = told.split(" to ")
    return DayFileImported(
        exchange="exchange",
        name=f"exchange_trades_{day:%Y%m%d}.csv",
        day=day,
        sha256=sha256,
        size_bytes=4_096,
        rows=46,
        matched=40,
        recorded=3,
        rejected=1,
        differing=2,
        extra=extra,
        differing_deals=(
            DealKey(deal_id="7", trader_id="anna", direction="buy"),
            DealKey(deal_id="7", trader_id="ben", direction="sell"),
        ),
        extra_deals=(DealKey(deal_id="9", trader_id="Çağla", direction="sell"),)[:extra],
        told_from=instant(told_from),
        told_until=instant(told_until),
        author="desk",
    )


def published(
    trader: str | None = "anna", *, day: date = DAY, position: int = 7, author: str = "auditor"
) -> ReportPublished:
    """Return that a report on *day* was published, as known at *position*."""
    performance = f'{{"deliveryDay":"{day}"}}'
    return ReportPublished(
        trader_id=trader,
        delivery_day=day,
        position=position,
        log_hash="0f" * 32,
        projection_version="1",
        performance=performance,
        digest=sha256(performance.encode()).hexdigest(),
        author=author,
    )


def sealed(first: int = 1, last: int = 7, previous: str | None = None) -> LogSealed:
    """Return that the events of a stretch were sealed."""
    return LogSealed(
        first=first,
        last=last,
        root="1a" * 32,
        log_hash="2b" * 32,
        log="3c" * 32,
        previous=previous,
        public_key="4d" * 32,
        signature="5e" * 64,
    )


def recorded(events: Iterable[Event], after: int = 0) -> list[Recorded]:
    """Return *events* in the log, one a second, in the positions just after *after*."""
    first = datetime(2023, 2, 6, 10, tzinfo=UTC)
    return [
        Recorded(position, first + timedelta(seconds=position), event)
        for position, event in enumerate(events, start=after + 1)
    ]
