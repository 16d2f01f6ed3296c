"""How are the roles run under a load, and what does each of them take?"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg

from adapters.postgres.embedded import EmbeddedPostgres

ROLES = ("receive", "record", "project")
WITHIN_S = 180.0

CONNECTED = """
    SELECT count(*) = %s FROM wattbook.events AS e WHERE topic = 'feed.connected.v1' AND NOT EXISTS (
        SELECT 1 FROM wattbook.events AS d WHERE d.originator_id = e.originator_id AND d.originator_version = 2)
"""
RECORDED = "SELECT position >= %s FROM wattbook.log_head"
PROJECTED = "SELECT min(position) >= (SELECT position FROM wattbook.log_head) FROM read_models.checkpoints"


@asynccontextmanager
async def running_roles(postgres: EmbeddedPostgres, folder: Path, urls: Sequence[str]) -> AsyncIterator[dict[str, int]]:
    """Run the roles on lines to *urls*, yield their process ids, and end them."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WATTBOOK_")},
        "WATTBOOK_DATA_DIR": str(folder),
        "WATTBOOK_DATABASE_URL": postgres.url,
        "WATTBOOK_EXCHANGE_URLS": ",".join(urls),
    }
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "wattbook", role), env=environment, stderr=asyncio.subprocess.DEVNULL
        )
        for role in ROLES
    ]
    try:
        yield {role: process.pid for role, process in zip(ROLES, processes, strict=True)}
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            await process.wait()


async def until(connection: psycopg.AsyncConnection, question: str, values: Sequence[object]) -> None:
    """Return when the database answers *question* with yes."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            row = await (await connection.execute(question.encode(), values)).fetchone()
            if row and row[0]:
                return
            await asyncio.sleep(0.1)


async def head_of(connection: psycopg.AsyncConnection) -> int:
    """Return the last position of the log."""
    row = await (await connection.execute("SELECT position FROM wattbook.log_head")).fetchone()
    assert row is not None
    return int(row[0])


def peak_mb(process: int) -> float:
    """Return how much memory a process has had at the most."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_s(process: int) -> float:
    """Return the CPU time of a process and of its children, those that have ended too."""
    _, *times = _times(process)
    children = [number for number, parent, *_ in map(_with_number, _processes()) if parent == process]
    return (sum(times) + sum(sum(_times(child)[1:]) for child in children)) / os.sysconf("SC_CLK_TCK")


def _processes() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]


def _with_number(process: int) -> tuple[int, ...]:
    return (process, *_times(process))


def _times(process: int) -> tuple[int, ...]:
    """Return parent, user, system, and ended children's user and system ticks; zeros for a process that has ended."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return (0, 0, 0, 0, 0)
    return (int(stat[1]), *map(int, stat[11:15]))
