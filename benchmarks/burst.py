"""How long until a burst of deals is durable as events, is any lost or doubled, and how much memory does it take?"""

import asyncio
import time
from pathlib import Path

import psycopg
import websockets

from adapters.postgres.embedded import SERVICE_ROLE, EmbeddedPostgres
from adapters.postgres.installation import install
from benchmarks.deals import deals, message
from benchmarks.roles import CONNECTED, PROJECTED, RECORDED, cpu_s, head_of, peak_mb, running_roles, until
from projections import READ_MODELS

DEALS = 100_000


def burst(postgres: EmbeddedPostgres, folder: Path) -> None:
    """100,000 deals in one go, by one line and by two: socket to durable event, all roles on this machine."""
    install(postgres.url, READ_MODELS, service_role=SERVICE_ROLE)
    print(f"  {'':<12}{'deals/s':>10}{'drained s':>11}{'projected s':>13}{'lost':>6}{'doubled':>9}   peak MB, CPU s")
    for lines in (1, 2):
        asyncio.run(_burst(postgres, folder / f"lines-{lines}", lines))


async def _burst(postgres: EmbeddedPostgres, folder: Path, lines: int) -> None:
    first = lines * 10_000_000
    frames = [message(each.deal) for each in deals(DEALS, first_id=first)]
    go = asyncio.Event()

    async def send(client: websockets.ServerConnection) -> None:
        await go.wait()
        for frame in frames:
            await client.send(frame)
        await client.wait_closed()

    async with websockets.serve(send, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with running_roles(postgres, folder, [url] * lines) as roles:
            async with await psycopg.AsyncConnection.connect(postgres.url, autocommit=True) as connection:
                await until(connection, CONNECTED, (lines,))
                head = await head_of(connection)
                go.set()
                started = time.perf_counter()
                await until(connection, RECORDED, (head + DEALS,))
                drained_s = time.perf_counter() - started
                await until(connection, PROJECTED, ())
                projected_s = time.perf_counter() - started
                cursor = await connection.execute(_COUNTED.encode(), (first, first + DEALS))
                recorded, distinct = await cursor.fetchone() or (0, 0)
            peaks = [f"{role} {peak_mb(process):.0f}, {cpu_s(process):.1f}" for role, process in roles.items()]
            print(
                f"  {f'{lines} line(s)':<12}{DEALS / drained_s:>10,.0f}{drained_s:>11.1f}{projected_s:>13.1f}"
                f"{DEALS - distinct:>6}{recorded - distinct:>9}   {'; '.join(peaks)}",
                flush=True,
            )


_DEALS = (
    "FROM wattbook.events WHERE topic = 'deal.confirmed.v1'"
    " AND split_part(originator_id, ':', 3)::bigint >= %s AND split_part(originator_id, ':', 3)::bigint < %s"
)
_COUNTED = f"SELECT count(*), count(DISTINCT originator_id) {_DEALS}"
