"""Which exchanges do the tests of a line talk to: well-behaved ones, and ones that break every rule?"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode
from websockets.utils import accept_key

Wire = Callable[["RawLine"], Awaitable[None]]


class RawLine:
    """The exchange's end of a line, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def shake_hands(self) -> None:
        """Answer the opening request as a websocket does."""
        request = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        key = next(
            line.split(": ")[1] for line in request.split("\r\n") if line.lower().startswith("sec-websocket-key")
        )
        self.writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
        )

    def send(self, opcode: Opcode, data: bytes, fin: bool = True) -> None:
        """Send one frame."""
        self.writer.write(Frame(opcode, data, fin).serialize(mask=False))

    def cut(self) -> None:
        """Reset the connection, what is still unsent included."""
        line: socket.socket = self.writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def until_hung_up(self) -> None:
        """Listen, and answer nothing, until the other end hangs up."""
        while await self.reader.read(65_536):
            pass


@asynccontextmanager
async def exchange(talk: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """Yield the URL of an exchange that keeps to the protocol and says what *talk* says."""
    async with serve(talk, "127.0.0.1", 0, max_size=None) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/deals"


@asynccontextmanager
async def raw_exchange(*talks: Wire) -> AsyncIterator[str]:
    """Yield the URL of an exchange that does as *talks*, one a connection, then the last for ever."""
    connections = 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        talk = talks[min(connections, len(talks) - 1)]
        connections += 1
        try:
            await talk(RawLine(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/deals"


async def say(line: RawLine, *messages: bytes) -> None:
    """Shake hands and send *messages* as text."""
    await line.shake_hands()
    for message in messages:
        line.send(Opcode.TEXT, message)
    await line.writer.drain()


async def stay(line: RawLine) -> None:
    """Shake hands, say ``still here`` and stay."""
    await say(line, b"still here")
    await line.until_hung_up()
