"""Does the fault proxy carry everything unchanged, except for the faults that it is told to make?"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from domain.errors import CannotListenError
from simulator.fault_proxy import FaultProxy
from tests.waiting import eventually

SAID = bytes(range(256)) * 1_000


class Echo:
    """A server that says back what it hears."""

    def __init__(self) -> None:
        self.endings: list[str] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while said := await reader.read(65_536):
                writer.write(said)
                await writer.drain()
            self.endings.append("end")
        except ConnectionResetError:
            self.endings.append("reset")
        finally:
            writer.close()


@asynccontextmanager
async def proxied() -> AsyncIterator[tuple[FaultProxy, Echo]]:
    echo = Echo()
    async with await asyncio.start_server(echo.talk, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        async with FaultProxy(f"{host}:{port}") as proxy:
            yield proxy, echo


class Caller:
    """A program that connects through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def says(self, said: bytes) -> None:
        self.writer.write(said)
        await self.writer.drain()

    async def hears(self, count: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(count), 10)

    async def hears_to_the_end(self) -> bytes:
        """Return all that comes; raise where it ends in a reset."""
        return await asyncio.wait_for(self.reader.read(), 10)

    async def hears_nothing(self) -> bool:
        try:
            await asyncio.wait_for(self.reader.readexactly(1), 0.1)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def calling(proxy: FaultProxy) -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()


async def test_without_a_fault_every_byte_passes_and_so_does_the_end() -> None:
    async with proxied() as (proxy, echo), calling(proxy) as caller:
        await caller.says(SAID)
        assert await caller.hears(len(SAID)) == SAID
        caller.writer.write_eof()
        assert await caller.hears_to_the_end() == b""
        await eventually(lambda: echo.endings == ["end"])


async def test_late_bytes_come_late_and_in_order() -> None:
    async with proxied() as (proxy, _), calling(proxy) as caller:
        proxy.down.latency_s = 0.2
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await caller.says(SAID)
        assert await caller.hears(len(SAID)) == SAID
        assert loop.time() - begun >= 0.2


async def test_a_narrow_way_lets_no_more_through_than_it_is_wide() -> None:
    async with proxied() as (proxy, _), calling(proxy) as caller:
        proxy.down.bytes_per_s = 100_000
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await caller.says(SAID[:50_000])
        assert await caller.hears(50_000) == SAID[:50_000]
        assert loop.time() - begun >= 0.4


async def test_what_is_held_in_a_stall_comes_when_it_is_over() -> None:
    async with proxied() as (proxy, _), calling(proxy) as caller:
        proxy.down.stall()
        await caller.says(b"held")
        assert await caller.hears_nothing()
        proxy.down.flow()
        assert await caller.hears(4) == b"held"


async def test_each_way_has_faults_of_its_own() -> None:
    async with proxied() as (proxy, _), calling(proxy) as caller:
        proxy.up.stall()
        await caller.says(b"held")
        assert await caller.hears_nothing()
        assert proxy.down.delivered == 0
        proxy.up.flow()
        assert await caller.hears(4) == b"held"


async def test_a_cut_comes_after_the_byte_it_was_told_and_both_sides_see_a_reset() -> None:
    async with proxied() as (proxy, echo), calling(proxy) as caller:
        proxy.down.cut_after(10)
        await caller.says(b"0123456789abcdef")
        with pytest.raises(ConnectionResetError):
            await caller.hears_to_the_end()
        assert proxy.down.delivered == 10
        await eventually(lambda: echo.endings == ["reset"])
    async with proxied() as (proxy, _), calling(proxy) as caller:
        proxy.down.cut_after(10)
        await caller.says(b"0123456789")
        assert await caller.hears(10) == b"0123456789"


async def test_a_flip_inverts_one_bit_and_all_else_passes() -> None:
    async with proxied() as (proxy, _), calling(proxy) as caller:
        proxy.down.flip_after(3)
        await caller.says(b"aaaaaa")
        assert await caller.hears(6) == b"aaaqaa"
        await caller.says(b"aaaaaa")
        assert await caller.hears(6) == b"aaaaaa"


async def test_what_is_swallowed_never_comes_though_the_connection_looks_alive() -> None:
    async with proxied() as (proxy, echo), calling(proxy) as caller:
        proxy.down.swallows = True
        await caller.says(b"lost")
        assert await caller.hears_nothing()
        proxy.down.flow()
        await caller.says(b"told")
        assert await caller.hears(4) == b"told"
        assert echo.endings == []


async def test_a_reset_ends_every_connection_at_once_and_new_ones_are_taken() -> None:
    async with proxied() as (proxy, echo):
        async with calling(proxy) as one, calling(proxy) as other:
            for caller in (one, other):
                await caller.says(b"x")
                await caller.hears(1)
            assert proxy.reset() == 2
            for caller in (one, other):
                with pytest.raises(ConnectionResetError):
                    await caller.hears_to_the_end()
            await eventually(lambda: echo.endings == ["reset"] * 2)
        async with calling(proxy) as caller:
            await caller.says(b"x")
            assert await caller.hears(1) == b"x"


async def test_a_connection_that_is_hung_up_ends_in_order() -> None:
    async with proxied() as (proxy, _), calling(proxy) as caller:
        await caller.says(b"x")
        await caller.hears(1)
        proxy.hang_up()
        assert await caller.hears_to_the_end() == b""


async def test_half_open_connections_are_taken_and_nobody_is_behind_them() -> None:
    async with proxied() as (proxy, echo):
        proxy.answers = False
        async with calling(proxy) as caller:
            await caller.says(b"hello?")
            assert await caller.hears_nothing()
        assert (proxy.connections_seen, proxy.up.delivered, echo.endings) == (1, 0, [])


async def test_a_closed_proxy_refuses_until_it_is_opened_again() -> None:
    async with proxied() as (proxy, _):
        proxy.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", proxy.port)
        await proxy.open()
        async with calling(proxy) as caller:
            await caller.says(b"x")
            assert await caller.hears(1) == b"x"


async def test_nobody_behind_the_proxy_is_a_reset_in_front_of_it() -> None:
    async with FaultProxy("127.0.0.1:1") as proxy, calling(proxy) as caller:
        with pytest.raises(ConnectionResetError):
            await caller.hears_to_the_end()


async def test_it_reaches_a_database_by_the_path_of_its_socket(tmp_path: Path) -> None:
    echo = Echo()
    behind = await asyncio.start_unix_server(echo.talk, tmp_path / "s")
    async with behind, FaultProxy(str(tmp_path / "s")) as proxy, calling(proxy) as caller:
        await caller.says(SAID)
        assert await caller.hears(len(SAID)) == SAID


async def test_a_taken_port_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListenError, match=str(port)):
            await FaultProxy("127.0.0.1:1", port=port).open()
