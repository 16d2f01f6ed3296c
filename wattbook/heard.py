"""Which fact does a journal's entry hold, and what of it does an operator want to hear?"""

import logging
from zoneinfo import ZoneInfo

from adapters.exchange.messages import UNREADABLE, Unreadable, read_message
from adapters.journal.entries import Entry, LineConnected, LineDisconnected, LineInterrupted, MessageHeard
from domain.events import (
    DealConfirmed,
    Event,
    FeedConnected,
    FeedDisconnected,
    FeedInterrupted,
    MessageRejected,
    Receipt,
)
from domain.recording import Outcome

log = logging.getLogger(__name__)


def event_of(entry: Entry, exchange: str, zone: ZoneInfo) -> Event:
    """Return the fact that a journal's entry holds. Every message is a deal or a rejection; none is lost."""
    match entry.noted:
        case MessageHeard() as heard:
            receipt = Receipt(source=heard.line, received_at=heard.at, original=heard.payload)
            if not entry.intact:
                # What the disk made of a message must never pass for a deal; whoever settles it decides.
                return MessageRejected(reason=UNREADABLE, trader_id=None, delivery_day=None, receipt=receipt)
            read = read_message(heard.payload, exchange=exchange, zone=zone)
            if isinstance(read, Unreadable):
                return MessageRejected(
                    reason=read.reason, trader_id=read.trader_id, delivery_day=read.delivery_day, receipt=receipt
                )
            return DealConfirmed(deal=read, receipt=receipt)
        case LineConnected() as up:
            return FeedConnected(line=up.line, connection=up.connection, connected_at=up.at)
        case LineDisconnected() as down:
            return FeedDisconnected(
                line=down.line,
                connection=down.connection,
                connected_at=down.connected_at,
                last_heard_at=down.last_heard_at,
                disconnected_at=down.at,
                reason=down.reason,
            )
        case LineInterrupted() as gap:
            return FeedInterrupted(
                line=gap.line,
                connection=gap.connection,
                lost_from=gap.lost_from,
                lost_until=gap.at,
                reason=gap.reason,
            )


def tell(event: Event, outcome: Outcome) -> None:
    """Log what an operator wants to know of: trouble with a message, a line opened or lost."""
    match event:
        case DealConfirmed(deal=deal):
            told = "deal %s of %s came again with other content; the one recorded at position %d stands"
            log.warning(told, deal.deal_id, deal.trader_id, outcome.position)
        case MessageRejected(reason=reason, trader_id=trader_id):
            log.warning(
                "rejected a message of %s: %s, position %d", trader_id or "nobody known", reason, outcome.position
            )
        case FeedConnected(line=line):
            log.info("%s connected, position %d", line, outcome.position)
        case FeedDisconnected(line=line, reason=reason):
            log.info("%s lost: %s, position %d", line, reason, outcome.position)
        case FeedInterrupted(line=line, lost_from=start, lost_until=end, reason=reason):
            told = "what %s brought from %s to %s is lost: %s, position %d"
            log.error(told, line, start.isoformat(), end.isoformat(), reason, outcome.position)
