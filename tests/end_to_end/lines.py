"""Which exchange do the end-to-end tests listen to? One of a dozen lines, that knows nothing of Wattbook."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Said = Mapping[str, object] | str | bytes


@dataclass
class Session:
    """One connection as the exchange saw it: ``path`` names its line, ``closed_at`` is ``None`` while it is open."""

    path: str
    opened_at: datetime
    closed_at: datetime | None = None


class Exchange:
    """Pushes what it is told to whoever listens on a line, and forgets it: no acknowledgement, no replay."""

    def __init__(self) -> None:
        self.port = 0
        self.listeners: dict[str, list[ServerConnection]] = {}
        self.sessions: list[Session] = []

    def urls(self, lines: int = 2) -> str:
        """Return the setting that opens so many lines."""
        return ",".join(f"ws://127.0.0.1:{self.port}/{number}" for number in range(1, lines + 1))

    def listening(self, *lines: int) -> bool:
        """Tell whether each of *lines* is open, by default the first two."""
        return all(self.listeners.get(f"/{line}") for line in lines or (1, 2))

    async def say(self, said: Said, *lines: int) -> int:
        """Send one message over each of *lines*, by default the first; return how many were there to hear it."""
        raw = said if isinstance(said, str | bytes) else json.dumps(said)
        heard = 0
        for line in lines or (1,):
            for connection in list(self.listeners.get(f"/{line}", ())):
                with suppress(ConnectionClosed):
                    await connection.send(raw)
                    heard += 1
        return heard

    async def drop(self, line: int, code: int = 1000) -> None:
        """Close a line with a close code."""
        for connection in self.listeners.pop(f"/{line}", []):
            await connection.close(code, "as told")

    def cut(self, line: int) -> None:
        """Cut a line without a word."""
        for connection in self.listeners.pop(f"/{line}", []):
            connection.transport.abort()

    async def listened(self, connection: ServerConnection) -> None:
        """Serve one connection, on whatever socket it came."""
        assert connection.request is not None
        there = self.listeners.setdefault(connection.request.path, [])
        there.append(connection)
        session = Session(connection.request.path, datetime.now(UTC))
        self.sessions.append(session)
        try:
            await connection.wait_closed()
        finally:
            session.closed_at = datetime.now(UTC)
            # A line that was closed here is listened to no more from that moment on.
            if connection in there:
                there.remove(connection)


@asynccontextmanager
async def exchange_lines() -> AsyncIterator[Exchange]:
    """Yield an exchange that listens on loopback."""
    exchange = Exchange()
    async with serve(exchange.listened, "127.0.0.1", 0, max_size=None, compression=None) as server:
        exchange.port = server.sockets[0].getsockname()[1]
        yield exchange


def confirmation(envelope: str = "deal_confirmation", /, **fields: object) -> dict[str, object]:
    """Return the confirmation of the mission's example, with *fields* changed."""
    example: dict[str, object] = {
        "id": "123",
        "price": 20.5,
        "quantity": 12.3,
        "direction": "buy",
        "delivery_day": "2023-02-06",
        "delivery_hour": "08-09",
        "trader_id": "trader_1",
        "execution_time": "2023-02-06T06:13:45Z",
    }
    return {envelope: example | fields}
