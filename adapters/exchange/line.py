"""How is a line to the exchange held open for ever, and every byte of it noted?

Nothing happens between the socket and the journal. Whatever ends a connection, the line
opens the next one, at once and then with growing delays.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from ssl import SSLContext
from typing import Final, TypeVar
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from adapters.exchange.connection import ExchangeConnection, ending_of, failure_of
from adapters.exchange.hearing import Hearing, Journal
from domain.events import RECEIVER_ENDED

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

STOPPED: Final = "receiver stopped"

STEADY_S: Final = 1.0
"""A connection that held this long, and longer than the delay before it, starts the delays anew."""

KEPT_S: Final = 3.0
"""A connection that the exchange keeps open so long without a word is proved too."""

CATCH_UP_S: Final = 5.0
"""How long a line that is told to stop may still wait for a disk that is behind."""


@dataclass(frozen=True)
class LineOptions:
    """How a line connects, and when it counts as lost. Durations are in seconds.

    ``jitter`` is by what part of itself a delay may be shorter; none is ever longer than the last of them.
    """

    reconnect_delays_s: tuple[float, ...] = (0, 0.1, 0.25, 0.5, 1, 2, 5)
    jitter: float = 0.2
    open_timeout_s: float = 10
    close_timeout_s: float = 1
    ping_interval_s: float = 1
    silence_s: float = 20
    largest_message_bytes: int = 64 * 1024 * 1024
    most_unwritten_bytes: int = 64 * 1024 * 1024
    ssl: SSLContext | None = None
    authorization: str | None = field(default=None, repr=False)

    def delay_s(self, lost_in_a_row: int, random: Random) -> float:
        """Return how long to wait before the next attempt, after so many that failed or did not last."""
        delays = self.reconnect_delays_s
        return delays[min(lost_in_a_row, len(delays) - 1)] * random.uniform(1 - self.jitter, 1)


class Line:
    """One websocket to the exchange, held open until told to stop. ``name`` is like ``exchange/1``.

    ``proved`` is set, for a line that is asked to, while a connection is open that the exchange
    has answered on and kept.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        journal: Journal,
        clock: Callable[[], datetime],
        random: Random,
        options: LineOptions | None = None,
        proving: bool = False,
    ) -> None:
        self.name = name
        self.proved = asyncio.Event()
        self._proving = proving
        self._url = url
        self._journal = journal
        self._clock = clock
        self._random = random
        self._options = options or LineOptions()
        self._trouble = ""
        self._failed_attempts = 0

    async def hold(self, stop: asyncio.Event) -> None:
        """Keep the line open until *stop*; then close it, with everything that came in noted."""
        loop = asyncio.get_running_loop()
        lost_in_a_row = 0
        while not stop.is_set():
            delay_s = self._options.delay_s(lost_in_a_row, self._random)
            await _unless(stop, asyncio.sleep(delay_s))
            connection = await _unless(stop, self._open())
            if connection is None:
                lost_in_a_row += 1
                continue
            opened_at_s = loop.time()
            await self._listen(connection, stop)
            held_s = loop.time() - opened_at_s
            lost_in_a_row = 0 if held_s >= max(STEADY_S, delay_s) else lost_in_a_row + 1

    async def _open(self) -> ExchangeConnection | None:
        """Try once; whatever goes wrong is logged when it differs from the time before."""
        options = self._options
        address = urlsplit(self._url)
        secure = address.scheme == "wss"
        try:
            connection = await connect(
                self._url,
                # Named here, the library refuses redirects to another one.
                host=address.hostname,
                port=address.port or (443 if secure else 80),
                # One dead address among several must not eat up the whole time for opening.
                happy_eyeballs_delay=0.25,
                ssl=(options.ssl or True) if secure else None,
                additional_headers=None if options.authorization is None else {"Authorization": options.authorization},
                ssl_shutdown_timeout=options.close_timeout_s if secure else None,
                create_connection=ExchangeConnection,
                proxy=None,
                compression=None,
                open_timeout=options.open_timeout_s,
                close_timeout=options.close_timeout_s,
                ping_interval=options.ping_interval_s,
                # Whatever comes in shows that the line lives, so a missing pong alone does not end it.
                ping_timeout=None,
                max_size=options.largest_message_bytes,
            )
        except Exception as error:
            self._failed_attempts += 1
            self._report(f"it cannot be opened: {failure_of(error)}")
            return None
        assert isinstance(connection, ExchangeConnection)
        return connection

    async def _listen(self, connection: ExchangeConnection, stop: asyncio.Event) -> None:
        """Note all that comes in until the connection ends or *stop*, then note its end."""
        hearing = Hearing(
            self.name,
            uuid.uuid4().hex,
            connection,
            journal=self._journal,
            clock=self._clock,
            most_unwritten_bytes=self._options.most_unwritten_bytes,
        )
        closed = asyncio.ensure_future(connection.wait_closed())
        silent = asyncio.create_task(hearing.until_silent(self._options.silence_s))
        besides = [
            closed,
            silent,
            asyncio.create_task(_close_on(stop, hearing)),
            asyncio.create_task(hearing.look_after()),
            *([asyncio.create_task(self._prove(connection))] if self._proving else []),
        ]
        steady = asyncio.get_running_loop().call_later(STEADY_S, self._report_steady)
        reason = RECEIVER_ENDED
        try:
            await asyncio.wait({closed, silent}, return_when=asyncio.FIRST_COMPLETED)
            if closed.done():
                reason = ending_of(connection.close_exc)
            else:
                reason = f"nothing heard for {self._options.silence_s:g} s"
        finally:
            steady.cancel()
            for task in besides:
                task.cancel()
            await asyncio.gather(*besides, return_exceptions=True)
            self.proved.clear()
            if stop.is_set():
                reason = STOPPED
            else:
                self._report(f"it was lost: {reason}")
            hearing.end(reason)

    async def _prove(self, connection: ExchangeConnection) -> None:
        """Find out whether the exchange means it: one that allows no further listener often says so after opening."""
        with suppress(ConnectionClosed):
            answered = await connection.ping()
            await asyncio.sleep(STEADY_S)
            await asyncio.wait({asyncio.ensure_future(answered)}, timeout=KEPT_S - STEADY_S)
            if connection.state is State.OPEN:
                self.proved.set()

    def _report(self, trouble: str) -> None:
        """Log *trouble* once, however often it repeats itself."""
        if trouble != self._trouble:
            self._trouble = trouble
            _log.warning("Line %s is down, %s. It is tried again until it is open.", self.name, trouble)

    def _report_steady(self) -> None:
        attempts, self._failed_attempts, self._trouble = self._failed_attempts, 0, ""
        _log.info("Line %s is open%s", self.name, f", after {attempts} failed attempts" if attempts else "")


async def _close_on(stop: asyncio.Event, hearing: Hearing) -> None:
    await stop.wait()
    await hearing.let_go(CATCH_UP_S)


async def _unless(stop: asyncio.Event, work: Coroutine[object, object, _Result]) -> _Result | None:
    """Return what *work* returns, or ``None`` when *stop* comes first."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        stopping.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
