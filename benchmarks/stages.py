"""When is a deal on disk, when an event, when in the read models, and when with a subscriber?"""

import asyncio
import os
import sqlite3
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import websockets

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.read_models.tables import CHANNEL
from benchmarks.deals import deals, message
from benchmarks.latency import DEAL, READY_WITHIN_S, free_port, running, subscribed
from benchmarks.roles import PROJECTED, until
from benchmarks.shown import percentile

PACES = ((100 / 60, 300), (1_000.0, 20_000))
"""Deals a second, and how many."""

LOOK_S = 0.001
"""How often it is looked what is in the journal: so exact is that stage."""

WARM_UP = 5
_RECORDED = """
    SELECT split_part(originator_id, ':', 3), notification_id, extract(epoch FROM recorded_at)::float
    FROM wattbook.events WHERE topic = 'deal.confirmed.v1' AND split_part(originator_id, ':', 3)::bigint >= %s
"""

Instants = list[tuple[int, float]]
"""How far something had come, and when that was seen."""


@dataclass
class _Seen:
    """What was seen of one run, in seconds since 1970."""

    sent: dict[str, float] = field(default_factory=dict)
    journal: Instants = field(default_factory=list)
    recorded: dict[str, tuple[int, float]] = field(default_factory=dict)
    projected: Instants = field(default_factory=list)
    heard: dict[str, float] = field(default_factory=dict)

    def stages(self) -> list[tuple[str, list[float]]]:
        """Return what each deal took up to each stage, without those of the warm-up."""
        first = self.journal[0][0]
        measured = list(self.sent.items())[WARM_UP:]
        positions = [(deal_id, self.recorded[deal_id][0]) for deal_id, _ in measured]
        return [
            ("journal", [_reached(self.journal, first + n + WARM_UP) - at for n, (_, at) in enumerate(measured, 1)]),
            ("event", [self.recorded[deal_id][1] - at for deal_id, at in measured]),
            (
                "read models",
                [_reached(self.projected, position) - self.sent[deal_id] for deal_id, position in positions],
            ),
            ("subscriber", [self.heard[deal_id] - at for deal_id, at in measured if deal_id in self.heard]),
        ]


def stages(postgres: EmbeddedPostgres, folder: Path) -> None:
    """From the exchange's socket to each stage, in ms, at 100 deals a minute and at 1,000 a second; full durability."""
    print(f"  {'':<30}{'median':>9}{'p99':>9}{'max':>9}{'deals':>9}{'load':>7}")
    for number, (per_second, count) in enumerate(PACES, start=1):
        seen = asyncio.run(_run(postgres, folder / str(number), per_second, count, number * 10_000_000))
        for name, seconds in seen.stages():
            shown = "".join(f"{value * 1e3:>9.1f}" for value in _figures(seconds))
            pace = f"{per_second * 60:,.0f} a minute" if per_second < 10 else f"{per_second:,.0f} a second"
            print(f"  {f'{pace}, {name}':<30}{shown}{len(seconds):>9,}{os.getloadavg()[0]:>7.1f}", flush=True)


def _figures(seconds: Sequence[float]) -> tuple[float, float, float]:
    return percentile(seconds, 0.5), percentile(seconds, 0.99), max(seconds)


async def _run(postgres: EmbeddedPostgres, folder: Path, per_second: float, count: int, first_id: int) -> _Seen:
    seen, connected = _Seen(), asyncio.Event()
    clients: list[websockets.ServerConnection] = []

    async def serve(client: websockets.ServerConnection) -> None:
        clients.append(client)
        connected.set()
        await client.wait_closed()

    async with websockets.serve(serve, "127.0.0.1", 0, compression=None) as server:
        api_port = free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WATTBOOK_")},
            "WATTBOOK_DATA_DIR": str(folder),
            "WATTBOOK_DATABASE_URL": postgres.url,
            "WATTBOOK_EXCHANGE_URLS": f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            "WATTBOOK_PORT": str(api_port),
        }
        async with (
            running(environment, f"http://127.0.0.1:{api_port}/readyz"),
            await psycopg.AsyncConnection.connect(postgres.url, autocommit=True) as connection,
        ):
            await asyncio.wait_for(connected.wait(), READY_WITHIN_S)
            async with _watching(seen, folder, postgres.url, f"ws://127.0.0.1:{api_port}/graphql"):
                await asyncio.sleep(1)
                frames = [(each.deal.deal_id, message(each.deal)) for each in deals(WARM_UP + count, first_id=first_id)]
                started = time.perf_counter()
                for number, (deal_id, frame) in enumerate(frames):
                    await asyncio.sleep(max(0.0, started + number / per_second - time.perf_counter()))
                    seen.sent[deal_id] = time.time()
                    await clients[0].send(frame)
                async with asyncio.timeout(READY_WITHIN_S):
                    while len(seen.recorded) < len(frames):
                        await asyncio.sleep(0.5)
                        rows = await (await connection.execute(_RECORDED, (first_id,))).fetchall()
                        seen.recorded = {deal_id: (position, at) for deal_id, position, at in rows}
                await until(connection, PROJECTED, ())
                await asyncio.sleep(1)
    return seen


@asynccontextmanager
async def _watching(seen: _Seen, folder: Path, database_url: str, api_url: str) -> AsyncIterator[None]:
    watching = [
        asyncio.create_task(_watch_journal(seen, folder)),
        asyncio.create_task(_watch_read_models(seen, database_url)),
        asyncio.create_task(_watch_subscription(seen, api_url)),
    ]
    try:
        yield
    finally:
        for task in watching:
            if task.done():
                task.result()
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


async def _watch_journal(seen: _Seen, folder: Path) -> None:
    """Look at the number of the newest entry: what a commit has synced can be seen."""
    (path,) = await asyncio.to_thread(lambda: list(folder.glob("journal/*.sqlite")))
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    last = -1
    while True:
        (newest,) = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
        if newest != last:
            seen.journal.append((newest, time.time()))
            last = newest
        await asyncio.sleep(LOOK_S)


async def _watch_read_models(seen: _Seen, database_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute(f"LISTEN {CHANNEL}".encode())
        async for notice in connection.notifies():
            seen.projected.append((int(notice.payload), time.time()))


async def _watch_subscription(seen: _Seen, api_url: str) -> None:
    with suppress(websockets.ConnectionClosed):
        async for _, data in subscribed(api_url, DEAL):
            seen.heard[data["dealsRecorded"]["dealId"]] = time.time()


def _reached(instants: Instants, wanted: int) -> float:
    return instants[bisect_left(instants, wanted, key=lambda instant: instant[0])][1]
