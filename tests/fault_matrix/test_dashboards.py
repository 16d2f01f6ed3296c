"""Row 26 of the fault matrix: a thousand dashboards, and a client that asks for much and reads nothing."""

import asyncio
import json
import socket
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.end_to_end.client import Client
from tests.fault_matrix.faulted import Faulted
from tests.fault_matrix.said import DAY, trading

DASHBOARDS = 1_000
AT_ONCE = 50
MOST_SUBSCRIPTIONS = 20
DEALS_BEFORE = 1_000
TOTAL = f'subscription {{ performanceChanged(deliveryDay: "{DAY}") {{ total {{ dealCount }} }} }}'
ALL_DEALS = """
subscription {
  dealsRecorded(after: "0") {
    dealId traderId direction quantityMw price executionTime recordedAt position period { day label start end }
  }
}
"""


@pytest.mark.parametrize("row", ["row_26"])
async def test_a_thousand_dashboards_and_one_that_does_not_read_keep_no_deal_away(desk: Faulted, row: str) -> None:
    """26: 1,000 dashboard clients, slow reader, subscription flood; the slow one is dropped, ingest unaffected."""
    shown = [0] * DASHBOARDS
    room = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as stack, AsyncExitStack() as dealing:
        market = await dealing.enter_async_context(trading(desk.exchange, 26))
        for _ in range(DEALS_BEFORE):
            await market.say(market.next_deal())
        watching = [asyncio.create_task(_watch(desk.desk, room, shown, number)) for number in range(DASHBOARDS)]
        stack.callback(lambda: [each.cancel() for each in watching])
        await desk.wattbook.until(lambda: all(shown))
        await _ask_for_much(await stack.enter_async_context(_slow_client(desk.wattbook.port)))
        await market.more(100)
        await desk.wattbook.until(lambda: "cut off a client that has stopped reading" in desk.roles["serve"].text())
        await market.more(100)
        await dealing.aclose()
        await desk.recovered(market)
        await desk.wattbook.until(lambda: set(shown) == {len(market.said)})
        assert not any(each.done() for each in watching), "nobody else was cut off"
    assert desk.reasons() == [], "no line was lost meanwhile"


async def _watch(client: Client, room: asyncio.Semaphore, shown: list[int], number: int) -> None:
    """Keep in *shown* what one dashboard shows."""
    async with AsyncExitStack() as stack:
        async with room:
            changes = await stack.enter_async_context(client.follow(TOTAL))
        while True:
            shown[number] = (await changes.next())["total"]["dealCount"]


def _slow_client(port: int) -> connect:
    """Return a client that takes in little before it is read."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    narrow.connect(("127.0.0.1", port))
    return connect(
        f"ws://127.0.0.1:{port}/graphql", sock=narrow, max_queue=1, subprotocols=[Subprotocol("graphql-transport-ws")]
    )


async def _ask_for_much(connection: ClientConnection) -> None:
    """Subscribe as often as one connection may, each time to all deals there are."""
    await connection.send(json.dumps({"type": "connection_init"}))
    assert json.loads(await connection.recv())["type"] == "connection_ack"
    for number in range(MOST_SUBSCRIPTIONS):
        message = {"id": str(number), "type": "subscribe", "payload": {"query": ALL_DEALS}}
        await connection.send(json.dumps(message))
