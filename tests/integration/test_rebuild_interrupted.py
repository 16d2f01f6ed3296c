"""Wherever a rebuild is interrupted: what is in use stays whole, is fed on, and the next rebuild comes to its end."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from random import Random

import psutil  # type: ignore[import-untyped]
import psycopg

from projections import READ_MODELS
from tests.desk import busy_day, desk
from tests.notation import deal
from tests.rebuilding import begun_alone
from tests.servers import kill_backends
from tests.waiting import eventually
from wattbook.rebuild import rebuild
from wattbook.verify import verified_log

SEED = 7
ROUNDS = 12
IN_USE = {model.table for model in READ_MODELS}


def is_well(url: str) -> bool:
    return not verified_log(url, 10_000).findings


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'read_models'").fetchall()
    return {name for (name,) in rows} - {"checkpoints", "joined"}


def session_of(process: "subprocess.Popen[bytes]") -> Sequence[int]:
    """Return the processes of a session that still run."""
    found = []
    for other in psutil.process_iter():
        try:
            if os.getsid(other.pid) == process.pid and other.status() != psutil.STATUS_ZOMBIE:
                found.append(other.pid)
        except (ProcessLookupError, psutil.Error):
            continue
    return found


async def goes_on(url: str, number: int) -> None:
    """Record and project one more deal, whatever a rebuild has left behind."""
    async with desk(url) as opened:
        await opened.knows(deal("carl buys 1 MW 08-09 at 5", deal_id=f"on {number}"))


async def test_a_rebuild_that_is_interrupted_anywhere_leaves_everything_well(database: str) -> None:
    random = Random(SEED)
    async with desk(database) as opened:
        await opened.knows(*busy_day(), *(deal("dora buys 1 MW 09-10 at 5", deal_id=f"d {n}") for n in range(300)))
    started = time.monotonic()
    assert await asyncio.to_thread(begun_alone(database).wait) == 0
    whole_s = time.monotonic() - started
    interrupted = 0
    for number in range(ROUNDS):
        fault = ("kill", "interrupt", "no database")[number % 3]
        process = begun_alone(database)
        await asyncio.sleep(random.uniform(0.3, 1) * whole_s)
        if fault == "kill":
            process.kill()
        elif fault == "interrupt":
            os.killpg(process.pid, signal.SIGINT)
        else:
            kill_backends(database)
        interrupted += await asyncio.to_thread(process.wait) != 0
        # None of its processes outlives it.
        await eventually(lambda process=process: not session_of(process))  # type: ignore[misc]
        assert is_well(database), (number, fault)
        await goes_on(database, number)
        assert is_well(database), (number, fault)
    assert interrupted > ROUNDS / 3
    assert await asyncio.to_thread(rebuild, database, READ_MODELS, stretch=100) == 0
    assert tables(database) == {name + end for name in IN_USE for end in ("", "_kept")}
    assert is_well(database)
