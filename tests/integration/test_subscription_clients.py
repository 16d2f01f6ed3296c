"""Is nothing left behind by clients that misbehave, stall, vanish or are many?"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.desk import Api, Desk, Socket, desk, serving, settings_for
from tests.notation import deal
from tests.subscribers import DEALS, HEALTH, PERFORMANCE, bought, changes, subscriptions
from tests.waiting import eventually


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(deal("anna buys 10 MW 08-09 at 20", deal_id="first"))
        yield opened


@pytest.fixture
async def api(trading: Desk, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(trading, settings_for(tmp_path, ["ws://127.0.0.1:1/a"])) as served:
        yield served


async def _has_subscriptions(api: Api, number: int) -> bool:
    return await subscriptions(api) == number


async def test_a_connection_has_twenty_subscriptions_at_most(api: Api) -> None:
    async with api.follows() as opened:
        socket = await opened.begins()
        for number in range(20):
            await socket.subscribes(DEALS, str(number))
        await socket.subscribes(DEALS, "one more")
        message = await socket.hears()
        assert (message["id"], message["payload"][0]["extensions"]["code"]) == ("one more", "LIMIT_EXCEEDED")
        await socket.websocket.send_json({"id": "0", "type": "complete"})
        await eventually(lambda: _has_subscriptions(api, 19))
        await socket.subscribes(HEALTH, "one more")
        assert "health" in await socket.next()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"type": "subscribe", "id": "1", "payload": {"query": "{ traders }"}}', 4401),
        ("no json", 4400),
        ("[]", 4400),
        ('{"type": "surprise"}', 4400),
        ('{"type": "subscribe", "id": 1, "payload": {"query": "{ traders }"}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": []}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": 1}}', 4400),
    ],
)
async def test_messages_against_the_protocol_close_the_connection(api: Api, message: str, code: int) -> None:
    async with api.follows() as opened:
        await opened.websocket.send_str(message)
        closing = await opened.websocket.receive(timeout=10)
        assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, code)


async def test_close_codes_are_those_of_the_protocol(api: Api) -> None:
    async with api.follows() as opened:
        await opened.begins()
        await opened.websocket.send_json({"type": "connection_init"})
        assert (await opened.websocket.receive(timeout=10)).data == 4429
    async with api.follows() as opened:
        socket = await opened.begins()
        for _ in range(2):
            await socket.subscribes(DEALS, "same")
        assert (await opened.websocket.receive(timeout=10)).data == 4409
    async with api.follows() as opened:
        await opened.websocket.send_bytes(b"{}")
        assert (await opened.websocket.receive(timeout=10)).data == 4400
    async with api.follows("x" * 129) as opened:
        await opened.websocket.send_json({"type": "connection_init"})
        assert (await opened.websocket.receive(timeout=10)).data == 4403
    async with api.follows() as opened:
        assert (await opened.websocket.receive(timeout=10)).data == 4408


async def test_pages_of_other_origins_and_other_protocols_are_kept_out(api: Api) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with api.follows(origin="https://elsewhere.example"):
            pass
    assert refused.value.status == 403
    async with api.follows(origin=api.address) as opened:
        await opened.begins()
    async with api.session.ws_connect(f"{api.address}/graphql", protocols=("graphql-ws",)) as legacy:
        assert (await legacy.receive(timeout=10)).data == 4406


async def test_nothing_is_left_of_clients_that_vanish(trading: Desk, api: Api) -> None:
    clients = []
    for _ in range(20):
        opened = await api.session.ws_connect(f"{api.address}/graphql", protocols=("graphql-transport-ws",))
        client = await Socket(opened).begins()
        await client.subscribes(PERFORMANCE, "1", day="2023-02-06")
        await client.subscribes(DEALS, "2")
        await client.subscribes(HEALTH, "3")
        clients.append(client)
    await eventually(lambda: _has_subscriptions(api, 60))
    for client in clients:
        # Lingering for no time makes the system send a reset instead of a goodbye.
        connection = client.websocket.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.websocket._writer.transport.abort()
    await eventually(lambda: _has_subscriptions(api, 0))
    async with api.follows() as another:
        still_fine = await another.begins()
        await still_fine.subscribes(PERFORMANCE, day="2023-02-06")
        assert (await still_fine.next())["performanceChanged"]["total"]["dealCount"] == 1


async def test_a_client_that_stops_reading_is_cut_off_and_delays_nobody(trading: Desk, api: Api) -> None:
    address = urlsplit(api.address)
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stalled.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(stalled, (address.hostname, address.port))
    await loop.sock_sendall(
        stalled,
        b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
    )
    assert b" 101 " in await loop.sock_recv(stalled, 4096)
    await loop.sock_sendall(stalled, _frame('{"type":"connection_init"}'))
    wide = 'subscription { dealsRecorded(after: \\"0\\") { dealId traderId direction quantityMw price executionTime recordedAt position period { day label start end } } }'  # noqa: E501
    await loop.sock_sendall(stalled, _frame(f'{{"id":"1","type":"subscribe","payload":{{"query":"{wide}"}}}}'))
    try:
        await eventually(lambda: _has_subscriptions(api, 1))
        async with api.follows() as opened:
            reader = await opened.begins()
            await reader.subscribes(PERFORMANCE, day="2023-02-06")
            await trading.knows(*(bought(number) for number in range(12_000)))
            assert (await changes(reader, 12_001))[-1] == 12_001
        await eventually(lambda: _has_subscriptions(api, 0), within_s=40)
    finally:
        stalled.close()


def _frame(text: str) -> bytes:
    """Return a masked websocket text frame, with a mask of zeros."""
    data = text.encode()
    length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack("!H", len(data))
    return b"\x81" + length + bytes(4) + data


async def test_many_clients_all_hear_the_same(trading: Desk, api: Api) -> None:
    opened = [
        await api.session.ws_connect(f"{api.address}/graphql", protocols=("graphql-transport-ws",)) for _ in range(100)
    ]
    clients = [await Socket(each).begins() for each in opened]
    for client in clients:
        await client.subscribes(PERFORMANCE, trader="anna", day="2023-02-06")
    for client in clients:
        await client.next()
    await trading.knows(bought(1))
    answers = [await client.next() for client in clients]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["performanceChanged"]["total"]["dealCount"] == 2
    for each in opened:
        await each.close()
    await eventually(lambda: _has_subscriptions(api, 0))


async def test_stopping_closes_open_connections_and_leaves_no_task(trading: Desk, tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with aiohttp.ClientSession() as session:
        async with serving(trading, settings_for(tmp_path)) as api:
            websocket = await session.ws_connect(f"{api.address}/graphql", protocols=("graphql-transport-ws",))
            client = await Socket(websocket).begins()
            await client.subscribes(PERFORMANCE, "1", day="2023-02-06")
            await client.next()
            await client.subscribes(DEALS, "2")
            await client.subscribes(HEALTH, "3")
            await client.next()
        closing = await websocket.receive(timeout=10)
        while closing.type == aiohttp.WSMsgType.TEXT:
            closing = await websocket.receive(timeout=10)
        assert closing.type == aiohttp.WSMsgType.CLOSE
        assert closing.data in (1001, 1012)
        await websocket.close()
    left = [task for task in asyncio.all_tasks() - before if not task.done()]
    assert left == []
