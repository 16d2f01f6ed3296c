"""What becomes of an event that the log itself refuses, and of those beside it?"""

import logging
from collections.abc import Sequence
from typing import Final, Protocol

from eventsourcing.persistence import NotSupportedError, ProgrammingError

from adapters.exchange.messages import UNREADABLE
from domain.events import DealConfirmed, Event, MessageRejected
from domain.recording import Outcome

NOT_OF_THE_EVENT: Final = (MemoryError, NotSupportedError, ProgrammingError)
"""What is wrong with the machine or the installation: no right to write, a table or prepared statement that is gone."""

log = logging.getLogger(__name__)


class Log(Protocol):
    """Where events are appended."""

    async def append(self, events: Sequence[Event]) -> list[Outcome]:
        """Record all of *events*, or raise what is objected to in them and record none."""


async def append_or_reject(event_log: Log, events: Sequence[Event]) -> list[Outcome]:
    """Record *events* in order; a deal that the log refuses is recorded as a rejection, with its message.

    Halved until it stands alone, so that one event never blocks the others. Raises where
    it is not this event that is wrong: what is refused then is the statement, or the rejection too.
    """
    try:
        return await event_log.append(events)
    except Exception as error:
        if len(events) > 1:
            middle = len(events) // 2
            first = await append_or_reject(event_log, events[:middle])
            return first + await append_or_reject(event_log, events[middle:])
        event = events[0]
        if not isinstance(event, DealConfirmed) or isinstance(error, NOT_OF_THE_EVENT):
            raise
        # Trader and day may be what is refused, so the rejection concerns everybody until it is settled.
        outcome = await event_log.append(
            [MessageRejected(reason=UNREADABLE, trader_id=None, delivery_day=None, receipt=event.receipt)]
        )
        log.error("the log refused a deal, its message is rejected at position %d: %s", outcome[0].position, error)
        # Already told, and no deal that a line brought: to the caller it is a duplicate of its rejection.
        return [Outcome("duplicate", outcome[0].position)]
