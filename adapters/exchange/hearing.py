"""What does one connection bring, and what if the journal cannot keep up with it?

All of it is noted as it comes. When the disk takes less than the exchange sends, the socket
is left unread until the journal has caught up: the kernel and the exchange hold the rest.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from websockets.protocol import State

from adapters.exchange.connection import ExchangeConnection
from adapters.exchange.signs_of_life import SignsOfLife
from adapters.journal.entries import LineConnected, LineDisconnected, MessageHeard, Noted

_log = logging.getLogger(__name__)

LOOK_AFTER_S: Final = 0.25
"""How often a connection is looked after; a process that does not come to it was held up."""

LOOK_S: Final = 0.02
"""How often a line that is left unread looks whether the journal has caught up."""

LAST_CHANCE_S: Final = 0.1
"""A line that seems silent is given this long to be read before it is given up."""


class Journal(Protocol):
    """Where a line notes what it hears; must never block."""

    @property
    def unwritten_bytes(self) -> int:
        """About how much memory is taken by what is not yet on disk."""

    def append(self, noted: Noted) -> None:
        """Take *noted* for the next commit."""

    def append_many(self, noted: Sequence[Noted]) -> None:
        """Take all that came at once for the next commit."""

    def heard(self, connection: str, at: datetime) -> None:
        """Note that *connection* worked *at* this instant: its end, were this process killed now."""


class Hearing:
    """One connection of a line, from its opening to its end, noted in the journal. ``name`` is the connection's."""

    def __init__(
        self,
        line: str,
        name: str,
        connection: ExchangeConnection,
        *,
        journal: Journal,
        clock: Callable[[], datetime],
        most_unwritten_bytes: int,
    ) -> None:
        self._line = line
        self._name = name
        self._connection = connection
        self._journal = journal
        self._clock = clock
        self._most_unwritten_bytes = most_unwritten_bytes
        self._connected_at = clock()
        self._life = SignsOfLife(self._connected_at, connection.ping_interval or 0.0)
        self._catching_up: asyncio.Task[None] | None = None
        journal.append(LineConnected(line, name, self._connected_at))
        connection.listen(self)

    def heard(self, messages: Sequence[bytes]) -> None:
        """Note that the connection works, and *messages*."""
        at = self._clock()
        if messages:
            self._journal.append_many([MessageHeard(self._line, self._name, at, each) for each in messages])
            if self._journal.unwritten_bytes > self._most_unwritten_bytes and self._catching_up is None:
                self._connection.transport.pause_reading()
                self._catching_up = asyncio.create_task(self._leave_unread())
        # After the messages: a sign of life says that nothing before it is missing.
        if self._life.heard(at, farewell=self._connection.state is not State.OPEN):
            self._journal.heard(self._name, at)

    def hung_up(self) -> None:
        """Take in that the exchange hung up, in order."""
        self._life.hung_up(self._clock())

    async def let_go(self, within_s: float) -> None:
        """Close the connection, with all noted that it brought; what waits unread is given *within_s* for that."""
        if self._catching_up is not None:
            await asyncio.wait({self._catching_up}, timeout=within_s)
        await self._connection.close()

    async def until_silent(self, silence_s: float) -> None:
        """Return when nothing was heard for so long on a connection that was read all the time."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._connection.heard_at_s + silence_s - loop.time())
            # A process that was itself held up finds its timers due before it has read what came meanwhile.
            await asyncio.sleep(LAST_CHANCE_S)
            if self._catching_up is not None:
                await asyncio.wait({self._catching_up})
            elif loop.time() >= self._connection.heard_at_s + silence_s:
                return

    async def look_after(self) -> None:
        """Notice when this process is held up, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_AFTER_S)
            self._life.looked_at(self._clock())

    def end(self, reason: str) -> None:
        """Note that the connection is over; it brings nothing any more."""
        if self._catching_up is not None:
            self._catching_up.cancel()
        self._connection.transport.abort()
        lost_at, worked_until = self._clock(), self._life.worked_until
        self._journal.append(
            LineDisconnected(self._line, self._name, lost_at, self._connected_at, worked_until, reason)
        )

    async def _leave_unread(self) -> None:
        """Read on only when the journal has most of what was heard; no message is ever dropped for want of room."""
        megabytes = self._most_unwritten_bytes / 2**20
        _log.error(
            "Line %s is left unread: the disk takes less than the exchange sends, and %.0f MB wait in memory. "
            "It is read on as soon as they are written; until then the exchange and the network hold its messages.",
            self._line,
            megabytes,
        )
        try:
            while self._journal.unwritten_bytes > self._most_unwritten_bytes // 4:  # noqa: ASYNC110 - a thread writes
                await asyncio.sleep(LOOK_S)
        finally:
            self._catching_up = None
        self._connection.heard_at_s = asyncio.get_running_loop().time()
        if not self._connection.transport.is_closing():
            self._connection.transport.resume_reading()
            _log.warning("Line %s is read on; nothing was lost.", self._line)
