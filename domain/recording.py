"""What does a new fact mean beside what its stream already holds: news, a duplicate or a conflict?"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date
from hashlib import sha256
from typing import Final, Literal

from domain.events import (
    IN_DOUBT,
    RECEIVER_ENDED,
    UNREADABLE_JOURNAL,
    UNVOUCHED,
    DayFileImported,
    Deal,
    DealCancelled,
    DealConfirmed,
    DealConflicted,
    DealCorrected,
    Event,
    FeedConnected,
    FeedDisconnected,
    FeedInterrupted,
    MessageRejected,
    Recorded,
    ReferencePriceUpdated,
    RejectionResolved,
    connection_of,
)
from domain.periods import DeliveryPeriod
from domain.proofs import LogSealed, ReportPublished

_DURATION: Final = {60: "PT1H", 30: "PT30M", 15: "PT15M"}


@dataclass(frozen=True)
class Append:
    """Record ``event``; where it conflicts with what stands, ``conflicts_with`` is that position."""

    event: Event
    conflicts_with: int | None = None


@dataclass(frozen=True)
class AlreadyRecorded:
    """The log says this already, at ``position``; ``brought_by`` is the source of a deal recorded there."""

    position: int
    brought_by: str | None = field(default=None, compare=False)


Decision = Append | AlreadyRecorded


@dataclass(frozen=True)
class Outcome:
    """What became of one event: recorded at ``position``, a duplicate of it, or a conflict with it.

    ``brought_by`` is which source brought first what a deal is a duplicate of.
    """

    kind: Literal["recorded", "duplicate", "conflict"]
    position: int
    brought_by: str | None = field(default=None, compare=False)


def stream_of(event: Event) -> str:
    """Return the name of the stream that *event* belongs to, as an auditor can read it.

    A deal's identity is (exchange, id, trader, direction): a cross trade shows both legs
    under one id.
    """
    match event:
        case DealConfirmed(deal=deal) | DealCancelled(deal=deal) | DealCorrected(deal=deal) | DealConflicted(deal=deal):
            return deal_stream(deal)
        case ReferencePriceUpdated(period=period):
            return reference_price_stream(period)
        case MessageRejected(receipt=receipt):
            return f"rejection:{sha256(receipt.original).hexdigest()}"
        case RejectionResolved(rejection=position):
            return f"resolution:{position}"
        case FeedConnected() | FeedDisconnected() | FeedInterrupted():
            return f"feed:{event.line}:{connection_of(event.connection)}"
        case DayFileImported():
            return day_file_stream(event.exchange, event.day, event.sha256)
        case LogSealed():
            return f"seal:{event.first}"
        case ReportPublished():
            return report_stream(event.trader_id, event.delivery_day, event.position)


def deal_stream(deal: Deal) -> str:
    """Return the stream of a deal: ``deal:<exchange>:<id>:<trader>:<direction>``.

    A colon within a part is written ``%3A`` and a percent sign ``%25``. All else stays as
    it is: readable, and short enough for an index of the database in any script.
    """
    stream = f"deal:{deal.exchange}:{deal.deal_id}:{deal.trader_id}:{deal.direction}"
    if "%" not in stream and stream.count(":") == 4:
        return stream  # as nearly all are
    parts = (deal.exchange, deal.deal_id, deal.trader_id, deal.direction)
    return ":".join(["deal", *map(_part, parts)])


def deal_streams(exchange: str, deal_id: str) -> str:
    """Return how the streams of all deals with an id begin; what follows in each is trader and direction."""
    return f"deal:{_part(exchange)}:{_part(deal_id)}:"


def deal_parts(stream: str) -> tuple[str, ...]:
    """Return exchange, id, trader and direction of a deal's stream."""
    return tuple(part.replace("%3A", ":").replace("%25", "%") for part in stream.split(":")[1:])


def day_file_stream(exchange: str, day: date, sha256_hex: str) -> str:
    """Return the stream of a day file: ``day-file:<exchange>:<day>:<sha256>``; other bytes are another file."""
    return f"day-file:{exchange}:{day}:{sha256_hex}"


def report_stream(trader_id: str | None, day: date, position: int) -> str:
    """Return the stream of reports on the same figures: ``report:<delivery day>:<position>:<trader>``.

    Without a trader it is the desk's. It holds one event an author, however many reports are published.
    """
    return f"report:{day}:{position}" if trader_id is None else f"report:{day}:{position}:{_part(trader_id)}"


def reference_price_stream(period: DeliveryPeriod) -> str:
    """Return the stream of a period's price: ``reference-price:<start UTC>/<duration>``."""
    return f"reference-price:{period.start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}/{_DURATION[period.minutes]}"


def decide(event: Event, past: Sequence[Recorded]) -> Decision:
    """Return what recording *event* means, *past* being all that its stream holds, in order."""
    match event:
        case DealConfirmed():
            return _decide_deal(event, past)
        case ReferencePriceUpdated():
            return _decide_price(event, past)
        case DealCancelled(replaces=replaced) | DealCorrected(replaces=replaced):
            return _decide_taking_back(event, replaced, past)
        case DealConflicted(deal=deal):
            seen = _seen(deal, past)
            return Append(event) if seen is None else AlreadyRecorded(seen.position)
        case DayFileImported():
            return _decide_day_file(event, past)
        case FeedConnected():
            return _decide_connected(event, past)
        case FeedDisconnected():
            return _decide_disconnected(event, past)
        case FeedInterrupted(reason=reason) if reason.startswith(UNREADABLE_JOURNAL):
            # How much of a file was recorded may be known to one recorder and not to the next: the first word stands.
            known = next((r.position for r in past if getattr(r.event, "reason", None) == reason), None)
            return Append(event) if known is None else AlreadyRecorded(known)
        case FeedInterrupted() | ReportPublished() | LogSealed():
            # A seal that nobody may believe must not keep the place of a good one.
            known = next((recorded.position for recorded in past if recorded.event == event), None)
            return Append(event) if known is None else AlreadyRecorded(known)
        case _:
            same = (recorded.position for recorded in past if type(recorded.event) is type(event))
            known = next(same, None)
            return Append(event) if known is None else AlreadyRecorded(known)


def _decide_deal(event: DealConfirmed, past: Sequence[Recorded]) -> Decision:
    """Any content already seen for an identity is a duplicate; other content conflicts with what stands."""
    if not past:
        return Append(event)
    seen = _seen(event.deal, past)
    if seen is not None:
        brought_by = seen.event.receipt.source if isinstance(seen.event, DealConfirmed) else None
        return AlreadyRecorded(seen.position, brought_by)
    stands = _standing(past)
    conflict = DealConflicted(deal=event.deal, stands=stands, receipt=event.receipt)
    return Append(conflict, conflicts_with=stands)


def _decide_taking_back(event: Event, replaced: int, past: Sequence[Recorded]) -> Decision:
    """What an event recorded counts once, so it can be taken back once, by whoever came first."""
    for recorded in past:
        match recorded.event:
            case DealCancelled(replaces=before) | DealCorrected(replaces=before) if before == replaced:
                return AlreadyRecorded(recorded.position)
    return Append(event)


def _seen(deal: Deal, past: Sequence[Recorded]) -> Recorded | None:
    """Return the first event that holds the content of *deal*."""
    content = deal.content
    for recorded in past:
        if content in [known.content for known in _deals_in(recorded.event)]:
            return recorded
    return None


def _deals_in(event: Event) -> tuple[Deal, ...]:
    match event:
        case DealCorrected(before=before, deal=deal):
            return (before, deal)
        case DealConfirmed(deal=deal) | DealConflicted(deal=deal) | DealCancelled(deal=deal):
            return (deal,)
        case _:
            return ()


def _standing(past: Sequence[Recorded]) -> int:
    """Return the position of the event whose content counts."""
    standing = [r.position for r in past if isinstance(r.event, DealConfirmed | DealCorrected)]
    return standing[-1] if standing else past[0].position


def _decide_price(event: ReferencePriceUpdated, past: Sequence[Recorded]) -> Decision:
    """A price is news when it was never seen, or when it changes the one that stands.

    A provider whose caches flap between an old and a new answer makes no events; one that
    goes back to an earlier value under the same ``last_update`` does.
    """
    observations = [(r, r.event) for r in past if isinstance(r.event, ReferencePriceUpdated)]
    if not observations:
        return Append(event)
    standing = max(observations, key=lambda pair: (pair[1].last_update, pair[0].position))
    if standing[1].last_update == event.last_update:
        return AlreadyRecorded(standing[0].position) if standing[1].value == event.value else Append(event)
    for recorded, known in observations:
        if (known.last_update, known.value) == (event.last_update, event.value):
            return AlreadyRecorded(recorded.position)
    return Append(event)


def _decide_connected(event: FeedConnected, past: Sequence[Recorded]) -> Decision:
    """A connection is opened once; one whose end is in doubt goes on where somebody vouches for it again."""
    known = [recorded for recorded in past if isinstance(recorded.event, FeedConnected)]
    if not known:
        return Append(event)
    end = _end_in_doubt(past)
    if end is None or event.connected_at < end[1].last_heard_at:
        return AlreadyRecorded(known[0].position)
    if end[1].reason == RECEIVER_ENDED and event.connected_at == end[1].connected_at:
        # The journal that told of this end had told of the opening before: drained twice, it is no news.
        return AlreadyRecorded(known[0].position)
    return Append(replace(event, connection=f"{connection_of(event.connection)}~{end[0]}"))


def _decide_disconnected(event: FeedDisconnected, past: Sequence[Recorded]) -> Decision:
    """A connection ends once; where its end is in doubt, what its receiver tells later counts too."""
    ended = [recorded for recorded in past if isinstance(recorded.event, FeedDisconnected)]
    up = _open_stretch(past)
    if up is not None:
        if event.connection != up.connection and _was_passed(event, up, past):
            return AlreadyRecorded(ended[-1].position)
        same = up.connection == event.connection
        return Append(event if same else replace(event, connection=up.connection, connected_at=up.connected_at))
    if not ended:
        return Append(event)
    end = _end_in_doubt(past)
    if end is None or event.reason == UNVOUCHED or event.last_heard_at <= end[1].last_heard_at:
        return AlreadyRecorded(ended[-1].position)
    return Append(
        replace(event, connection=f"{connection_of(event.connection)}~{end[0]}", connected_at=end[1].last_heard_at)
    )


def _was_passed(event: FeedDisconnected, up: FeedConnected, past: Sequence[Recorded]) -> bool:
    """Return whether a connection has gone on since, as *up*, from after an end that is in doubt."""
    if event.reason == RECEIVER_ENDED:
        ends = [r.event for r in past if isinstance(r.event, FeedDisconnected) and r.event.reason == RECEIVER_ENDED]
        return event.last_heard_at < up.connected_at or event.last_heard_at in {end.last_heard_at for end in ends}
    return event.reason == UNVOUCHED


def _open_stretch(past: Sequence[Recorded]) -> FeedConnected | None:
    ended = {recorded.event.connection for recorded in past if isinstance(recorded.event, FeedDisconnected)}
    found = [each.event for each in past if isinstance(each.event, FeedConnected)]
    return next((up for up in reversed(found) if up.connection not in ended), None)


def _end_in_doubt(past: Sequence[Recorded]) -> tuple[int, FeedDisconnected] | None:
    """Return the position of the end that stands, and it, where nobody noted it when it came."""
    if _open_stretch(past) is None:
        for recorded in reversed(past):
            if isinstance(recorded.event, FeedDisconnected):
                return (recorded.position, recorded.event) if recorded.event.reason in IN_DOUBT else None
    return None


def _decide_day_file(event: DayFileImported, past: Sequence[Recorded]) -> Decision:
    """The same file is news where it tells more, or where it was found since to lack deals.

    A quiet day is written again, later, in equal bytes; a copy that seems older unsays nothing.
    """
    for recorded in reversed(past):
        if isinstance(before := recorded.event, DayFileImported):
            tells_less = event.told_until < before.told_until and event.extra > 0
            is_news = event.told_until > before.told_until or tells_less
            return Append(event) if is_news else AlreadyRecorded(recorded.position)
    return Append(event)


def _part(text: str) -> str:
    return text.replace("%", "%25").replace(":", "%3A")
