"""How is an event stored, and read back for ever after?

The stored form is JSON under an explicit, versioned topic, separate from the domain's
classes: those may be renamed, a stored form never changes. A form that was once written
stays here with a pure function that reads it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from eventsourcing.persistence import Mapper, StoredEvent

from adapters.event_log.stored_forms import (
    DayFileImportedV1,
    DealCancelledV1,
    DealConfirmedV1,
    DealConflictedV1,
    DealCorrectedV1,
    FeedConnectedV1,
    FeedDisconnectedV1,
    FeedInterruptedV1,
    LogSealedV1,
    MessageRejectedV1,
    ReferencePriceUpdatedV1,
    RejectionResolvedV1,
    ReportPublishedV1,
    Stored,
)
from adapters.event_log.stored_parts import (
    finite,
    read_bytes,
    read_deal,
    read_deal_keys,
    read_period,
    read_receipt,
    stored_bytes,
    stored_deal,
    stored_deal_keys,
    stored_period,
    stored_receipt,
)
from domain.decimals import plain
from domain.errors import LogDamagedError
from domain.events import (
    DayFileImported,
    DealCancelled,
    DealConfirmed,
    DealConflicted,
    DealCorrected,
    Event,
    FeedConnected,
    FeedDisconnected,
    FeedInterrupted,
    MessageRejected,
    ReferencePriceUpdated,
    RejectionResolved,
)
from domain.proofs import LogSealed, ReportPublished

_encode = msgspec.json.Encoder().encode


def state_of(event: Event) -> bytes:
    """Return the bytes that *event* is stored as, under its ``TOPIC``."""
    return _encode(_stored(event))


def read_event(topic: str, state: bytes) -> Event:
    """Return the event stored as *state* under *topic*, of whatever version.

    Raises :class:`LogDamagedError` for a topic that is not known here or bytes that are not its form.
    """
    form = _FORMS.get(topic)
    if form is None:
        raise LogDamagedError(f"the event log has the topic {topic!r}, which this version of Wattbook does not know")
    try:
        return form.read(form.decode(state))
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
        raise LogDamagedError(f"the event log has bytes that are no {topic}: {error}") from error


@dataclass(frozen=True)
class LogEntry:
    """An event with its place in its stream: what the eventsourcing library calls a domain event."""

    originator_id: str
    originator_version: int
    event: Event


class EventMapper(Mapper[str]):
    """Lets the eventsourcing library read and write events in their stored form."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Return the stored form of a :class:`LogEntry`."""
        entry: LogEntry = domain_event
        return StoredEvent(
            entry.originator_id, entry.originator_version, entry.event.TOPIC, state_of(entry.event)
        )  # fmt: skip

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Return the :class:`LogEntry` of a stored event."""
        event = read_event(stored_event.topic, stored_event.state)
        return LogEntry(str(stored_event.originator_id), stored_event.originator_version, event)


@dataclass(frozen=True)
class _Form:
    decode: Callable[[bytes], Any]
    read: Callable[[Any], Event]


def _stored(event: Event) -> Stored:
    match event:
        case DealConfirmed():
            return DealConfirmedV1(stored_deal(event.deal), stored_receipt(event.receipt))
        case DealCancelled():
            return DealCancelledV1(stored_deal(event.deal), event.replaces, event.reason, event.author)
        case DealCorrected():
            return DealCorrectedV1(
                stored_deal(event.before), stored_deal(event.deal), event.replaces, event.reason, event.author
            )
        case DealConflicted():
            return DealConflictedV1(stored_deal(event.deal), event.stands, stored_receipt(event.receipt))
        case ReferencePriceUpdated():
            value = None if event.value is None else plain(event.value)
            return ReferencePriceUpdatedV1(
                stored_period(event.period), value, event.last_update, event.fetched_at, stored_bytes(event.original)
            )
        case MessageRejected():
            return MessageRejectedV1(event.reason, stored_receipt(event.receipt), event.trader_id, event.delivery_day)
        case RejectionResolved():
            return RejectionResolvedV1(event.rejection, event.resolution, event.reason, event.author)
        case FeedConnected():
            return FeedConnectedV1(event.line, event.connection, event.connected_at)
        case FeedDisconnected():
            return FeedDisconnectedV1(
                event.line, event.connection, event.connected_at, event.last_heard_at, event.disconnected_at,
                event.reason,
            )  # fmt: skip
        case FeedInterrupted():
            return FeedInterruptedV1(event.line, event.connection, event.lost_from, event.lost_until, event.reason)
        case DayFileImported():
            return DayFileImportedV1(
                event.exchange, event.name, event.day, event.sha256, event.size_bytes, event.rows,
                event.matched, event.recorded, event.rejected, event.differing, event.extra,
                stored_deal_keys(event.differing_deals), stored_deal_keys(event.extra_deals),
                event.told_from, event.told_until, event.author,
            )  # fmt: skip
        case LogSealed():
            return LogSealedV1(
                event.first, event.last, event.root, event.log_hash, event.log, event.public_key, event.signature,
                event.previous,
            )  # fmt: skip
        case ReportPublished():
            return ReportPublishedV1(
                event.delivery_day, event.position, event.log_hash, event.projection_version, event.performance,
                event.digest, event.author, event.trader_id,
            )  # fmt: skip


def _read_deal_confirmed(s: DealConfirmedV1) -> Event:
    return DealConfirmed(deal=read_deal(s.deal), receipt=read_receipt(s.receipt))


def _read_deal_cancelled(s: DealCancelledV1) -> Event:
    return DealCancelled(deal=read_deal(s.deal), replaces=s.replaces, reason=s.reason, author=s.author)


def _read_deal_corrected(s: DealCorrectedV1) -> Event:
    before, deal = read_deal(s.before), read_deal(s.deal)
    return DealCorrected(before=before, deal=deal, replaces=s.replaces, reason=s.reason, author=s.author)


def _read_deal_conflicted(s: DealConflictedV1) -> Event:
    return DealConflicted(deal=read_deal(s.deal), stands=s.stands, receipt=read_receipt(s.receipt))


def _read_reference_price(s: ReferencePriceUpdatedV1) -> Event:
    return ReferencePriceUpdated(
        period=read_period(s.period),
        value=None if s.value is None else finite(s.value),
        last_update=s.last_update,
        fetched_at=s.fetched_at,
        original=read_bytes(s.original),
    )


def _read_message_rejected(s: MessageRejectedV1) -> Event:
    receipt = read_receipt(s.receipt)
    return MessageRejected(reason=s.reason, trader_id=s.trader_id, delivery_day=s.delivery_day, receipt=receipt)


def _read_rejection_resolved(s: RejectionResolvedV1) -> Event:
    return RejectionResolved(rejection=s.rejection, resolution=s.resolution, reason=s.reason, author=s.author)


def _read_feed_connected(s: FeedConnectedV1) -> Event:
    return FeedConnected(line=s.line, connection=s.connection, connected_at=s.connected_at)


def _read_feed_disconnected(s: FeedDisconnectedV1) -> Event:
    return FeedDisconnected(
        line=s.line, connection=s.connection, connected_at=s.connected_at, last_heard_at=s.last_heard_at,
        disconnected_at=s.disconnected_at, reason=s.reason,
    )  # fmt: skip


def _read_feed_interrupted(s: FeedInterruptedV1) -> Event:
    return FeedInterrupted(
        line=s.line, connection=s.connection, lost_from=s.lost_from, lost_until=s.lost_until, reason=s.reason
    )


def _read_day_file(s: DayFileImportedV1) -> Event:
    return DayFileImported(
        exchange=s.exchange, name=s.name, day=s.day, sha256=s.sha256, size_bytes=s.size_bytes, rows=s.rows,
        matched=s.matched, recorded=s.recorded, rejected=s.rejected, differing=s.differing, extra=s.extra,
        differing_deals=read_deal_keys(s.differing_deals), extra_deals=read_deal_keys(s.extra_deals),
        told_from=s.told_from, told_until=s.told_until, author=s.author,
    )  # fmt: skip


def _read_report(s: ReportPublishedV1) -> Event:
    return ReportPublished(
        trader_id=s.trader_id, delivery_day=s.delivery_day, position=s.position, log_hash=s.log_hash,
        projection_version=s.projection_version, performance=s.performance, digest=s.digest, author=s.author,
    )  # fmt: skip


def _read_log_sealed(s: LogSealedV1) -> Event:
    return LogSealed(
        first=s.first, last=s.last, root=s.root, log_hash=s.log_hash, log=s.log, previous=s.previous,
        public_key=s.public_key, signature=s.signature,
    )  # fmt: skip


def _form(stored: type[Stored], read: Callable[[Any], Event]) -> _Form:
    return _Form(msgspec.json.Decoder(stored).decode, read)


_FORMS: Final[dict[str, _Form]] = {
    "deal.confirmed.v1": _form(DealConfirmedV1, _read_deal_confirmed),
    "deal.cancelled.v1": _form(DealCancelledV1, _read_deal_cancelled),
    "deal.corrected.v1": _form(DealCorrectedV1, _read_deal_corrected),
    "deal.conflicted.v1": _form(DealConflictedV1, _read_deal_conflicted),
    "reference-price.updated.v1": _form(ReferencePriceUpdatedV1, _read_reference_price),
    "message.rejected.v1": _form(MessageRejectedV1, _read_message_rejected),
    "rejection.resolved.v1": _form(RejectionResolvedV1, _read_rejection_resolved),
    "feed.connected.v1": _form(FeedConnectedV1, _read_feed_connected),
    "feed.disconnected.v1": _form(FeedDisconnectedV1, _read_feed_disconnected),
    "feed.interrupted.v1": _form(FeedInterruptedV1, _read_feed_interrupted),
    "day-file.imported.v1": _form(DayFileImportedV1, _read_day_file),
    "report.published.v1": _form(ReportPublishedV1, _read_report),
    "log.sealed.v1": _form(LogSealedV1, _read_log_sealed),
}
