"""How many deals a second go from the websocket into durable events, minute after minute, and what does it take?"""

import asyncio
import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import websockets

from adapters.postgres.embedded import SERVICE_ROLE, EmbeddedPostgres
from adapters.postgres.installation import install
from benchmarks.deals import deals, message
from benchmarks.roles import CONNECTED, PROJECTED, RECORDED, cpu_s, head_of, running_roles, until
from projections import READ_MODELS

PER_SECOND = 21_000
"""A little more than the 20,000 that are to become durable: what is sent late must not count as recorded late."""

SECONDS = 60
TICK_S = 0.01
UNSENT_BYTES = 1 << 20
"""Beyond this the exchange waits for a line that does not keep up, as a socket makes it wait."""


def sustained(postgres: EmbeddedPostgres, folder: Path) -> None:
    """21,000 deals a second for a minute, by one line and by two: those durable by the time the last one is; CPU."""
    install(postgres.url, READ_MODELS, service_role=SERVICE_ROLE)
    print(f"  {'':<12}{'sent/s':>9}{'events/s':>10}{'behind s':>10}{'projected s':>13}   CPU us a deal; load")
    for lines in (1, 2):
        asyncio.run(_sustained(postgres, folder, lines))


async def _sustained(postgres: EmbeddedPostgres, folder: Path, lines: int) -> None:
    go = asyncio.Event()
    total, sent_s = PER_SECOND * SECONDS, []

    async def send(client: websockets.ServerConnection) -> None:
        frames = _frames(lines * 200_000_000)
        await go.wait()
        started, sent = time.perf_counter(), 0
        while sent < total:
            due = min(total, int((time.perf_counter() - started) * PER_SECOND)) - sent
            if due > 0 and client.transport.get_write_buffer_size() < UNSENT_BYTES:
                due = min(due, PER_SECOND // 10)
                client.transport.write(b"".join(next(frames) for _ in range(due)))
                sent += due
            await asyncio.sleep(TICK_S)
        sent_s.append(time.perf_counter() - started)
        await client.wait_closed()

    async with websockets.serve(send, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with (
            running_roles(postgres, folder / f"lines-{lines}", [url] * lines) as roles,
            await psycopg.AsyncConnection.connect(postgres.url, autocommit=True) as connection,
        ):
            await until(connection, CONNECTED, (lines,))
            head = await head_of(connection)
            watched = {**roles, "PostgreSQL": _postmaster(postgres)}
            sending_s = time.process_time()
            before = {name: cpu_s(process) for name, process in watched.items()}
            go.set()
            started = time.perf_counter()
            while len(sent_s) < lines:  # noqa: ASYNC110 - a benchmark may poll
                await asyncio.sleep(0.1)
            await until(connection, RECORDED, (head + total,))
            recorded_s = time.perf_counter() - started
            await until(connection, PROJECTED, ())
            projected_s = time.perf_counter() - started
            taken = "; ".join(
                f"{name} {(cpu_s(process) - before[name]) / total * 1e6:.1f}" for name, process in watched.items()
            )
            sent = f"exchange {(time.process_time() - sending_s) / total * 1e6:.1f}"
            print(
                f"  {f'{lines} line(s)':<12}{total / max(sent_s):>9,.0f}{total / recorded_s:>10,.0f}"
                f"{recorded_s - max(sent_s):>10.1f}{projected_s:>13.1f}   {taken}; {sent}; {os.getloadavg()[0]:.1f}",
                flush=True,
            )


def _frames(first_id: int) -> Iterator[bytes]:
    """Yield websocket frames of independent deals without end, at next to no cost: only their ids are new."""
    parts = []
    for each in deals(1_000, first_id=first_id):
        text = message(each.deal).encode()
        head, tail = text.split(str(each.deal.deal_id).encode(), 1)
        assert 125 < len(text) < 65_536
        parts.append((b"\x81\x7e" + len(text).to_bytes(2) + head, tail))
    for number in count(first_id):
        before, after = parts[number % len(parts)]
        yield b"%b%d%b" % (before, number, after)


def _postmaster(postgres: EmbeddedPostgres) -> int:
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
        assert row is not None
        return int(row[0].split()[0])
