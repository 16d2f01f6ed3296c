"""How long does a deal take from the exchange's socket to a GraphQL subscriber?"""

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import websockets

from adapters.postgres.embedded import EmbeddedPostgres
from benchmarks.deals import DAY, deals, message
from benchmarks.shown import percentile

DEALS = 100
PER_MINUTE = 100
WARM_UP = 5
READY_WITHIN_S = 30.0

DEAL = "subscription { dealsRecorded { dealId } }"
PERFORMANCE = f'subscription {{ performanceChanged(deliveryDay: "{DAY}") {{ total {{ dealCount pnlEur light }} }} }}'


def latency(postgres: EmbeddedPostgres, folder: Path) -> None:
    """From the exchange's socket to the subscriber at 100 deals a minute, with full durability, in milliseconds."""
    bare = asyncio.run(_bare(postgres))
    by_deal, by_performance = asyncio.run(_wattbook(folder))
    rows = [
        ("Wattbook, dealsRecorded", by_deal),
        ("Wattbook, performanceChanged", by_performance),
        ("bare script: parse, INSERT, push", bare),
    ]
    print(f"  {'':<34}{'median':>9}{'p99':>9}{'max':>9}{'median ratio':>14}")
    for name, seconds in rows:
        median, p99, most = percentile(seconds, 0.5), percentile(seconds, 0.99), max(seconds)
        ratio = percentile(by_deal, 0.5) / median
        print(f"  {name:<34}{median * 1e3:>9.1f}{p99 * 1e3:>9.1f}{most * 1e3:>9.1f}{ratio:>12.2f} x")


class _Exchange:
    """An exchange of a few lines, and the instants at which it sent each deal."""

    def __init__(self) -> None:
        self._clients: set[websockets.ServerConnection] = set()
        self.sent_at: dict[str, float] = {}

    async def serve(self, client: websockets.ServerConnection) -> None:
        self._clients.add(client)
        try:
            await client.wait_closed()
        finally:
            self._clients.discard(client)

    async def wait_for_clients(self, count: int) -> None:
        async with asyncio.timeout(READY_WITHIN_S):
            while len(self._clients) < count:  # noqa: ASYNC110 - a benchmark may poll
                await asyncio.sleep(0.05)

    async def deal(self) -> None:
        """Send the deals at an even pace."""
        for event in deals(WARM_UP + DEALS):
            started = time.monotonic()
            self.sent_at[event.deal.deal_id] = time.perf_counter()
            for client in tuple(self._clients):
                await client.send(message(event.deal))
            await asyncio.sleep(60 / PER_MINUTE - (time.monotonic() - started))


async def _wattbook(folder: Path) -> tuple[list[float], list[float]]:
    exchange = _Exchange()
    async with websockets.serve(exchange.serve, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        api_port = free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WATTBOOK_")},
            "WATTBOOK_DATA_DIR": str(folder / "data"),
            "WATTBOOK_EXCHANGE_URLS": f"ws://127.0.0.1:{port},ws://127.0.0.1:{port}",
            "WATTBOOK_PORT": str(api_port),
        }
        async with running(environment, f"http://127.0.0.1:{api_port}/readyz"):
            await exchange.wait_for_clients(2)
            url = f"ws://127.0.0.1:{api_port}/graphql"
            async with asyncio.TaskGroup() as tasks:
                deal = tasks.create_task(_deal_times(url))
                performance = tasks.create_task(_performance_times(url))
                await asyncio.sleep(1)
                await exchange.deal()
            heard, shown = deal.result(), performance.result()
    sent = list(exchange.sent_at.items())
    by_deal = [heard[deal_id] - at for deal_id, at in sent[WARM_UP:]]
    by_performance = [shown[number] - at for number, (_, at) in enumerate(sent, start=1) if number in shown]
    return by_deal, by_performance[WARM_UP:]


@asynccontextmanager
async def running(environment: Mapping[str, str], ready_url: str) -> AsyncIterator[None]:
    """Run all roles until the end of the context."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wattbook", "run"),
        env=dict(environment),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(READY_WITHIN_S):
            while not await _ready(session, ready_url):  # noqa: ASYNC110 - a benchmark may poll
                await asyncio.sleep(0.1)
        yield
    finally:
        process.terminate()
        await process.wait()


async def _ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def subscribed(url: str, query: str) -> AsyncIterator[tuple[float, Any]]:
    """Yield each result with the instant of its arrival."""
    async with websockets.connect(url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]) as socket_:
        await socket_.send('{"type": "connection_init"}')
        await socket_.recv()
        await socket_.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}))
        async for text in socket_:
            at = time.perf_counter()
            got = json.loads(text)
            if got["type"] == "next":
                yield at, got["payload"]["data"]


async def _deal_times(url: str) -> dict[str, float]:
    times: dict[str, float] = {}
    async for at, data in subscribed(url, DEAL):
        times[data["dealsRecorded"]["dealId"]] = at
        if len(times) == WARM_UP + DEALS:
            break
    return times


async def _performance_times(url: str) -> dict[int, float]:
    """Return when each count of deals was first shown."""
    times: dict[int, float] = {}
    async for at, data in subscribed(url, PERFORMANCE):
        count = data["performanceChanged"]["total"]["dealCount"]
        times.setdefault(count, at)
        if count == WARM_UP + DEALS:
            break
    return times


async def _bare(postgres: EmbeddedPostgres) -> list[float]:
    """The least that one could do: a script that parses, inserts a row, commits and pushes it on."""
    exchange = _Exchange()
    port = free_port()
    async with websockets.serve(exchange.serve, "127.0.0.1", 0, compression=None) as server:
        source = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.bare_script", source, str(port), postgres.url)
        )
        try:
            await exchange.wait_for_clients(1)
            times: dict[str, float] = {}
            async with websockets.connect(f"ws://127.0.0.1:{port}", compression=None) as subscriber:
                sending = asyncio.create_task(exchange.deal())
                while len(times) < WARM_UP + DEALS:
                    text = await subscriber.recv()
                    times[json.loads(text)["id"]] = time.perf_counter()
                await sending
        finally:
            process.terminate()
            await process.wait()
    return [times[deal_id] - at for deal_id, at in list(exchange.sent_at.items())[WARM_UP:]]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
