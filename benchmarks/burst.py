"""How long until a burst of deals is durable as events, is any lost or doubled, and how much memory does it take?"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
import websockets

from adapters.postgres.embedded import SERVICE_ROLE, EmbeddedPostgres
from adapters.postgres.installation import install
from benchmarks.deals import deals, message
from projections import READ_MODELS

DEALS = 100_000
WITHIN_S = 180.0
ROLES = ("receive", "record", "project")


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
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WATTBOOK_")},
            "WATTBOOK_DATA_DIR": str(folder),
            "WATTBOOK_DATABASE_URL": postgres.url,
            "WATTBOOK_EXCHANGE_URLS": ",".join([url] * lines),
        }
        roles = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "wattbook", role), env=environment, stderr=asyncio.subprocess.DEVNULL
            )
            for role in ROLES
        ]
        try:
            async with await psycopg.AsyncConnection.connect(postgres.url, autocommit=True) as connection:
                await _until(connection, _CONNECTED, (lines,))
                (head,) = await (await connection.execute(_HEAD)).fetchone() or (0,)
                go.set()
                started = time.perf_counter()
                await _until(connection, _RECORDED, (head + DEALS,))
                drained_s = time.perf_counter() - started
                await _until(connection, _PROJECTED, ())
                projected_s = time.perf_counter() - started
                cursor = await connection.execute(_COUNTED.encode(), (first, first + DEALS))
                recorded, distinct = await cursor.fetchone() or (0, 0)
            peaks = [
                f"{role} {_peak_mb(process.pid):.0f}, {_cpu_s(process.pid):.1f}"
                for role, process in zip(ROLES, roles, strict=True)
            ]
            print(
                f"  {f'{lines} line(s)':<12}{DEALS / drained_s:>10,.0f}{drained_s:>11.1f}{projected_s:>13.1f}"
                f"{DEALS - distinct:>6}{recorded - distinct:>9}   {'; '.join(peaks)}",
                flush=True,
            )
        finally:
            for process in roles:
                process.terminate()
            for process in roles:
                await process.wait()


_CONNECTED = """
    SELECT count(*) = %s FROM wattbook.events AS e WHERE topic = 'feed.connected.v1' AND NOT EXISTS (
        SELECT 1 FROM wattbook.events AS d WHERE d.originator_id = e.originator_id AND d.originator_version = 2)
"""
_DEALS = (
    "FROM wattbook.events WHERE topic = 'deal.confirmed.v1'"
    " AND split_part(originator_id, ':', 3)::bigint >= %s AND split_part(originator_id, ':', 3)::bigint < %s"
)
_HEAD = "SELECT position FROM wattbook.log_head"
_RECORDED = "SELECT position >= %s FROM wattbook.log_head"
_PROJECTED = "SELECT min(position) >= (SELECT position FROM wattbook.log_head) FROM read_models.checkpoints"
_COUNTED = f"SELECT count(*), count(DISTINCT originator_id) {_DEALS}"


async def _until(connection: psycopg.AsyncConnection, question: str, values: Sequence[object]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            row = await (await connection.execute(question.encode(), values)).fetchone()
            if row and row[0]:
                return
            await asyncio.sleep(0.1)


def _peak_mb(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _cpu_s(process: int) -> float:
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
