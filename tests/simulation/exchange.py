"""What does the exchange of a simulated day do? It speaks the protocol, and every way of ending it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

PORTS = {1: 9001, 2: 9002}
HOST = "exchange"


@dataclass
class Sent:
    """A message, when it was sent, and on which lines it was meant to go."""

    at_s: float
    raw: bytes
    lines: tuple[int, ...]


@dataclass
class Exchange:
    """Both ends of its lines, what it said, and whether it lets anybody in."""

    sent: list[Sent] = field(default_factory=list)
    sessions: dict[int, list["Session"]] = field(default_factory=lambda: {line: [] for line in PORTS})
    farewells: list[tuple[int, float]] = field(default_factory=list)
    """On which line it hung up in order, and when."""
    refuses: bool = False

    async def listen(self) -> None:
        """Listen on every line's port."""
        loop = asyncio.get_running_loop()
        for line, port in PORTS.items():
            await loop.create_server(self._factory(line), HOST, port)

    def _factory(self, line: int) -> Callable[[], asyncio.Protocol]:
        return lambda: Session(self, line)

    def say(self, number: int, lines: tuple[int, ...]) -> None:
        """Send the message with this *number* on *lines*, to whoever is there; every seventh is no deal."""
        raw = confirmation(number) if number % 7 else b"no deal %d" % number
        self.sent.append(Sent(asyncio.get_running_loop().time(), raw, lines))
        self.repeat(raw, lines)

    def repeat(self, raw: bytes, lines: tuple[int, ...]) -> None:
        """Send *raw* again, as exchanges do."""
        for line in lines:
            for session in list(self.sessions[line]):
                session.say(raw)


class Session(asyncio.Protocol):
    """The exchange's end of one connection."""

    def __init__(self, exchange: Exchange, line: int) -> None:
        self._exchange, self._line = exchange, line
        self._wire = ServerProtocol(max_size=None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._wire.receive_data(data)
        for event in self._wire.events_received():
            if isinstance(event, Request):
                if self._exchange.refuses:
                    self._wire.send_response(self._wire.reject(503, "later\n"))
                else:
                    self._wire.send_response(self._wire.accept(event))
                    self._exchange.sessions[self._line].append(self)
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self._exchange.sessions[self._line]:
            self._exchange.sessions[self._line].remove(self)

    def say(self, raw: bytes) -> None:
        if self._wire.state is State.OPEN:
            self._wire.send_text(raw)
            self._flush()

    def close(self, code: int) -> None:
        """End the connection as the protocol wants it."""
        if self._wire.state is State.OPEN:
            self._exchange.farewells.append((self._line, asyncio.get_running_loop().time()))
            self._wire.send_close(code)
            self._flush()

    def cut(self) -> None:
        """Reset the connection in the middle of a frame."""
        self._transport.write(b"\x81\x7e\x01")
        self._transport.abort()

    def _flush(self) -> None:
        for data in self._wire.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()


@cache
def confirmation(number: int) -> bytes:
    """Return the confirmation of the deal with this *number*."""
    fields = {
        "id": str(number),
        "price": 20.5,
        "quantity": 1,
        "direction": "buy",
        "delivery_day": "2023-02-06",
        "delivery_hour": "12-13",
        "trader_id": "anna",
        "execution_time": "2023-02-06T06:13:45Z",
    }
    return json.dumps({"deal_confirmation": fields}).encode()
