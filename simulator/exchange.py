"""How does the exchange push messages to whoever listens? Once, to every line, and never again."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Final, Literal

from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from domain.errors import CannotListenError

Goodbye = Literal["abort", 1000, 1001, 1011, 1012]
"""How a connection ends: cut without a word, or closed with a code."""

_BUFFERED_BYTES: Final = 16 << 20
"""A client that leaves more than this unread is waited for, then cut, as an exchange cuts slow consumers."""

_PATIENCE_S: Final = 10.0

log = logging.getLogger(__name__)


class ExchangeServer:
    """A websocket server that says what it is told to, and misbehaves on demand.

    It knows nothing of deals: :mod:`simulator.trading` plays a market on it, a test plays
    its own script. ``port`` 0 takes a free one; :attr:`url` says which.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, repeat_on_connect: int = 0) -> None:
        self._host, self._port = host, port
        self._recent: deque[str | bytes] = deque(maxlen=repeat_on_connect)
        self._server: Server | None = None
        self._refusal: HTTPStatus | None = None
        self._silent: set[ServerConnection] | None = set()
        self._connected = asyncio.Condition()
        self._clients: list[ServerConnection] = []
        self._turn = 0
        self.connections_seen = 0

    async def __aenter__(self) -> "ExchangeServer":
        """Listen; raise :class:`CannotListenError` where the address cannot be had."""
        try:
            self._server = await serve(
                self._hold,
                self._host,
                self._port,
                process_request=self._admit,
                compression=None,
                close_timeout=1,
                logger=logging.getLogger("simulator.websockets"),
            )
        except OSError as error:
            raise CannotListenError(self._host, self._port, error) from error
        self._port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection and stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where to connect to."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"ws://{host}:{self._port}"

    @property
    def clients(self) -> tuple[ServerConnection, ...]:
        """Who listens now, in the order in which they came."""
        return tuple(self._clients)

    async def wait_for_clients(self, number: int = 1) -> None:
        """Return as soon as at least *number* clients listen."""
        async with self._connected:
            await self._connected.wait_for(lambda: len(self._clients) >= number)

    async def wait_for(self, condition: Callable[["ExchangeServer"], bool]) -> None:
        """Return as soon as *condition* holds; it is looked at whenever a client comes or goes."""
        async with self._connected:
            await self._connected.wait_for(lambda: condition(self))

    async def send(self, message: str | bytes, *, to: ServerConnection | None = None, text: bool | None = None) -> int:
        """Push *message* to every client, or to one, and return how many got it.

        A ``str`` goes as a text frame and ``bytes`` as a binary one, unless *text* says
        otherwise: bytes in a text frame need not be UTF-8. A client that has gone silent
        gets nothing, now or later. Waits for slow clients, then cuts them.
        """
        hearing = [one for one in ([to] if to else self._clients) if not self._is_silent(one)]
        if hearing and text is None:
            self._recent.append(message)
        broadcast(hearing, message, text=text)
        for client in hearing:
            if client.transport.get_write_buffer_size() > _BUFFERED_BYTES:
                await self._wait_for_reader(client)
        return len(hearing)

    async def send_in_turn(self, message: str | bytes, *, text: bool | None = None) -> int:
        """Push *message* to one client only, the next in turn: so no line hears all."""
        if not self._clients:
            return 0
        self._turn += 1
        return await self.send(message, to=self._clients[self._turn % len(self._clients)], text=text)

    def silence(self, *clients: ServerConnection) -> None:
        """Say nothing more to *clients*, or to anybody where none is named; pings are still answered."""
        if not clients:
            self._silent = None
        elif self._silent is not None:
            self._silent.update(clients)

    def speak(self) -> None:
        """End every silence. What was not said meanwhile is never said."""
        self._silent = set()

    def refuse(self, status: HTTPStatus | None = HTTPStatus.SERVICE_UNAVAILABLE) -> None:
        """Refuse new connections with *status* from now on; None admits them again."""
        self._refusal = status

    async def drop(self, how: Goodbye = "abort", *clients: ServerConnection) -> int:
        """End the connections of *clients*, or all, and return how many there were."""
        ending = clients or self.clients
        for client in ending:
            if how == "abort":
                client.transport.abort()
        if how != "abort":
            await asyncio.gather(*(client.close(how) for client in ending))
        await self.wait_for(lambda server: not set(ending) & set(server.clients))
        return len(ending)

    def _is_silent(self, client: ServerConnection) -> bool:
        return self._silent is None or client in self._silent

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if self._refusal is None:
            return None
        return connection.respond(self._refusal, "the exchange takes no connections now\n")

    async def _hold(self, connection: ServerConnection) -> None:
        self.connections_seen += 1
        if not self._is_silent(connection) and self._recent:
            for message in tuple(self._recent):
                broadcast([connection], message)
        async with self._connected:
            self._clients.append(connection)
            self._connected.notify_all()
        log.info("line %d connected", self.connections_seen)
        try:
            with suppress(ConnectionClosed):
                async for _ in connection:
                    pass  # the exchange does not listen
        finally:
            self._clients.remove(connection)
            if self._silent is not None:
                self._silent.discard(connection)
            async with self._connected:
                self._connected.notify_all()

    async def _wait_for_reader(self, client: ServerConnection) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await client.drain()
        except TimeoutError:
            log.warning("a client reads too slowly and is cut off")
            client.transport.abort()
