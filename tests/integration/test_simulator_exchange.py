"""Does the simulated exchange push over real sockets, and misbehave on them as told?"""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from domain.errors import CannotListenError
from simulator.exchange import ExchangeServer, Goodbye

PATIENCE_S = 10


@pytest.fixture
async def exchange() -> AsyncIterator[ExchangeServer]:
    async with ExchangeServer() as server:
        yield server


async def heard(line: ClientConnection, number: int) -> list[str | bytes]:
    async with asyncio.timeout(PATIENCE_S):
        return [await line.recv() for _ in range(number)]


async def test_every_line_hears_every_message_once_and_in_order(exchange: ExchangeServer) -> None:
    async with connect(exchange.url) as one, connect(exchange.url) as two:
        await exchange.wait_for_clients(2)
        for number in range(100):
            assert await exchange.send(f"deal {number}") == 2
        expected = [f"deal {number}" for number in range(100)]
        assert await heard(one, 100) == expected
        assert await heard(two, 100) == expected


async def test_what_is_said_while_nobody_listens_is_gone(exchange: ExchangeServer) -> None:
    assert await exchange.send("lost") == 0
    async with connect(exchange.url) as line:
        await exchange.wait_for_clients()
        await exchange.send("heard")
        assert await heard(line, 1) == ["heard"]


@pytest.mark.parametrize("how", ["abort", 1000, 1001, 1011, 1012])
async def test_connections_end_in_the_way_asked_for(exchange: ExchangeServer, how: Goodbye) -> None:
    async with connect(exchange.url) as line:
        await exchange.wait_for_clients()
        assert await exchange.drop(how) == 1
        with pytest.raises(ConnectionClosed) as closed:
            await heard(line, 1)
        assert (closed.value.rcvd and closed.value.rcvd.code) == (None if how == "abort" else how)
        assert exchange.clients == ()


async def test_one_of_two_lines_can_be_dropped(exchange: ExchangeServer) -> None:
    async with connect(exchange.url) as one, connect(exchange.url) as two:
        await exchange.wait_for_clients(2)
        await exchange.drop("abort", exchange.clients[0])
        assert await exchange.send("deal") == 1
        results = await asyncio.gather(heard(one, 1), heard(two, 1), return_exceptions=True)
        assert ["deal"] in results


async def test_a_silent_exchange_answers_pings_and_what_it_did_not_say_is_gone(exchange: ExchangeServer) -> None:
    async with connect(exchange.url) as line:
        await exchange.wait_for_clients()
        exchange.silence()
        assert await exchange.send("lost") == 0
        async with asyncio.timeout(PATIENCE_S):
            await (await line.ping())
        exchange.speak()
        await exchange.send("heard")
        assert await heard(line, 1) == ["heard"]


async def test_connections_are_refused_while_the_exchange_is_out(exchange: ExchangeServer) -> None:
    exchange.refuse(HTTPStatus.TOO_MANY_REQUESTS)
    with pytest.raises(InvalidStatus) as refused:
        await connect(exchange.url)
    assert refused.value.response.status_code == 429
    exchange.refuse(None)
    async with connect(exchange.url):
        await exchange.wait_for_clients()


async def test_the_latest_messages_are_repeated_to_who_connects() -> None:
    async with ExchangeServer(repeat_on_connect=2) as exchange:
        async with connect(exchange.url) as line:
            await exchange.wait_for_clients()
            for number in range(3):
                await exchange.send(f"deal {number}")
            await heard(line, 3)
        async with connect(exchange.url) as line:
            assert await heard(line, 2) == ["deal 1", "deal 2"]


async def test_in_turn_each_message_goes_to_one_line_only(exchange: ExchangeServer) -> None:
    async with connect(exchange.url) as one, connect(exchange.url) as two:
        await exchange.wait_for_clients(2)
        for number in range(10):
            assert await exchange.send_in_turn(str(number)) == 1
        both = await heard(one, 5) + await heard(two, 5)
        assert set(both) == {str(number) for number in range(10)}


async def test_bytes_travel_in_binary_frames_or_as_text_that_is_no_utf8(exchange: ExchangeServer) -> None:
    async with connect(exchange.url, max_size=None) as line:
        await exchange.wait_for_clients()
        await exchange.send(b"\x00\xff")
        await exchange.send(b"caf\xff", text=True)
        await exchange.send("0" * 5_000_000)
        async with asyncio.timeout(PATIENCE_S):
            assert await line.recv() == b"\x00\xff"
            assert await line.recv(decode=False) == b"caf\xff"
            assert len(await line.recv()) == 5_000_000


async def test_a_taken_port_is_a_clear_error(exchange: ExchangeServer) -> None:
    port = int(exchange.url.rsplit(":", 1)[1])
    with pytest.raises(CannotListenError, match=f"cannot listen on 127.0.0.1:{port}"):
        async with ExchangeServer(port=port):
            pass
