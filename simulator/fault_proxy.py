"""What can go wrong on the way between two programs? A TCP proxy that is slow, stalls, cuts or garbles as told.

It stands in front of the exchange, of PostgreSQL or of the market-data provider, and knows
no protocol. Each way has faults of its own; its owner sets them while bytes flow.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from domain.errors import CannotListenError

_CHUNK_BYTES: Final = 64 * 1024
_CHUNKS_HELD: Final = 64
"""What a stalled way holds before the sender feels it, as a network's buffers do."""

_AT_ONCE: Final = 16
"""Parts a second into which a narrow way cuts what it lets through."""


class Way:
    """One direction of every connection: what is late, held, cut, garbled or swallowed in it from now on.

    ``latency_s`` delays all bytes; ``bytes_per_s`` narrows the way, 0 is as wide as there
    is; what comes while ``swallows`` is set is read and never delivered. ``watched`` sees each
    piece before it goes on, so that a fault can be made at what is said, not at a time.
    """

    def __init__(self) -> None:
        self.latency_s = 0.0
        self.bytes_per_s = 0
        self.swallows = False
        self.watched: Callable[[bytes], None] = lambda _: None
        self.delivered = 0
        self._cut_at: int | None = None
        self._flip_at: int | None = None
        self._flows = asyncio.Event()
        self._flows.set()

    @property
    def stalls(self) -> bool:
        """Whether bytes are held back now."""
        return not self._flows.is_set()

    def stall(self) -> None:
        """Hold every byte back until :meth:`flow`."""
        self._flows.clear()

    def flow(self) -> None:
        """End a stall and a swallowing, and forget a cut or a flip that is still to come."""
        self.swallows = False
        self._cut_at = self._flip_at = None
        self._flows.set()

    def cut_after(self, count: int) -> None:
        """Reset the connection that carries the byte after *count* more, in the midst of whatever it says."""
        self._cut_at = self.delivered + count

    def flip_after(self, count: int) -> None:
        """Invert one bit of the byte after *count* more."""
        self._flip_at = self.delivered + count

    async def carry(self, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        """Write *chunk* as this way lets it through; raise ``ConnectionResetError`` where it is to be cut."""
        await self._flows.wait()
        self.watched(chunk)
        while chunk and not self.swallows:
            part = chunk[: max(1, self.bytes_per_s // _AT_ONCE)] if self.bytes_per_s else chunk
            chunk = chunk[len(part) :]
            cut_at = self._cut_at
            whole = len(part)
            if cut_at is not None and cut_at < self.delivered + whole:
                part = part[: max(0, cut_at - self.delivered)]
            writer.write(self._garbled(part))
            self.delivered += len(part)
            await writer.drain()
            if len(part) < whole:
                self._cut_at = None
                raise ConnectionResetError("cut as told")
            if self.bytes_per_s:
                await asyncio.sleep(len(part) / self.bytes_per_s)
                await self._flows.wait()

    def _garbled(self, part: bytes) -> bytes:
        at = None if self._flip_at is None else self._flip_at - self.delivered
        if at is None or not 0 <= at < len(part):
            return part
        self._flip_at = None
        return part[:at] + bytes([part[at] ^ 0x10]) + part[at + 1 :]


class FaultProxy:
    """Listens on ``port`` and carries every connection on to ``to``: ``HOST:PORT``, or the path of a socket.

    ``down`` is the way from there to whoever connects here, ``up`` the other one. While
    ``answers`` is unset, connections are taken and nobody is ever behind them.
    """

    def __init__(self, to: str, host: str = "127.0.0.1", port: int = 0) -> None:
        self.to = to
        self.host, self.port = host, port
        self.up, self.down = Way(), Way()
        self.answers = True
        self.connections_seen = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen; raise :class:`CannotListenError` where the address cannot be had."""
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Reset every connection and stop listening."""
        self.close()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def open(self) -> None:
        """Take connections, from now on or again."""
        try:
            self._server = await asyncio.start_server(self._taken, self.host, self.port)
        except OSError as error:
            raise CannotListenError(self.host, self.port, error) from error
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Reset every connection and refuse new ones until :meth:`open`."""
        if self._server is not None:
            self._server.close()
        self.reset()

    def reset(self) -> int:
        """Reset every connection on both sides; return how many there were. New ones are taken."""
        count = len(self._writers)
        for writer in list(self._writers):
            _reset(writer)
        return -(-count // 2)

    def hang_up(self) -> None:
        """End every connection in order, on both sides, after what was carried so far."""
        for writer in list(self._writers):
            writer.close()

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections_seen += 1
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        self._writers.add(writer)
        try:
            if not self.answers:
                while await reader.read(_CHUNK_BYTES):
                    pass
                return
            await self._carry_on(reader, writer)
        except (OSError, asyncio.CancelledError):
            # Cancelled only when the proxy ends; asyncio's own callback takes a cancelled handler for a failed one.
            _reset(writer)
        finally:
            writer.close()
            self._writers.discard(writer)
            self._carrying.discard(task)

    async def _carry_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await self._reach()
        self._writers.add(there_writer)
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(_pump(reader, there_writer, self.up))
                ways.create_task(_pump(there_reader, writer, self.down))
        except* OSError:
            # What is reset on one side is reset on the other.
            _reset(writer)
            _reset(there_writer)
        finally:
            there_writer.close()
            self._writers.discard(there_writer)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.to.startswith("/"):
            return await asyncio.open_unix_connection(Path(self.to))
        host, _, port = self.to.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
    """Carry all that comes, each chunk when it is due, then the end; raise ``OSError`` where either side is gone."""
    loop = asyncio.get_running_loop()
    held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_CHUNKS_HELD)

    async def take() -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            await held.put((loop.time() + way.latency_s, chunk))
        await held.put((loop.time() + way.latency_s, b""))

    async with asyncio.TaskGroup() as both:
        both.create_task(take())
        while True:
            due, chunk = await held.get()
            await asyncio.sleep(due - loop.time())
            if not chunk:
                break
            await way.carry(chunk, writer)
    with suppress(OSError):
        writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Let the other side see a reset, what is still unsent included."""
    line: socket.socket | None = writer.get_extra_info("socket")
    if line is not None and not writer.transport.is_closing():
        with suppress(OSError):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
