"""Row 21 of the fault matrix: another server takes the database's place, and at first takes nothing."""

import asyncio
import signal
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.chaos.told import everything_is_stored_after_the_day_files
from tests.end_to_end.client import Json
from tests.end_to_end.documents import DEALS_RECORDED
from tests.fault_matrix.faulted import Faulted, faulted
from tests.fault_matrix.invariants import stored_log
from tests.fault_matrix.said import Said, trading
from tests.servers import (
    WAITING_COMMITS,
    control,
    kill_backends,
    server_of_its_own,
    standby_of,
    wait_for_standby,
)
from wattbook.set_back import LOG_SET_BACK


@pytest.mark.parametrize("row", ["row_21"])
async def test_a_fail_over_is_waited_for_and_rejects_no_deal(tmp_path: Path, row: str) -> None:
    """21: the leader is gone, its standby is read-only until it is promoted; 0 acked lost, no role ends."""
    with server_of_its_own() as server, standby_of(server) as standby:
        async with faulted(tmp_path, server.get_uri()) as desk:
            shown: list[Json] = []
            following = asyncio.create_task(_follow(desk, shown))
            async with trading(desk.exchange, 21) as market:
                # What the projector has not yet seen is what it will want to write while nothing is taken.
                desk.roles["project"].process.send_signal(signal.SIGSTOP)
                await desk.wattbook.until(partial(_is_behind, desk.url))
                desk.database.to = f"{standby}/.s.PGSQL.5432"
                desk.database.reset()
                desk.roles["project"].process.send_signal(signal.SIGCONT)
                await desk.wattbook.until(partial(_refused, standby, "SELECT FOR UPDATE", "INSERT", "UPDATE", "LISTEN"))
                await market.more(300)
                desk.url = f"postgresql://postgres@/postgres?host={standby}"
                _promote(desk.url)
                await market.more(50)
            await desk.recovered(market)
            await desk.wattbook.until(lambda: following.done() or len(shown) == len(market.said))
            assert not following.done(), "who looks on is shown the deals over the same connection"
            following.cancel()
            assert [name for name, role in desk.roles.items() if "Traceback" in role.text(1 << 20)] == []
            assert {row.topic for row in stored_log(desk.url)} == {
                "deal.confirmed.v1",
                "feed.connected.v1",
            }


@pytest.mark.parametrize("row", ["row_21 old leader, synchronous", "row_21 old leader, asynchronous"])
async def test_an_old_leader_that_is_back_takes_nothing_or_what_it_took_is_told(tmp_path: Path, row: str) -> None:
    """21: the old leader is writable again beside the new one; with a synchronous standby it acknowledges nothing.

    Without one it takes deals, as nothing that a client can ask says which of two leaders is the right one. When it
    is gone, what only it has is a recorded loss, which the day file restores.
    """
    synchronous = not row.endswith("asynchronous")
    with server_of_its_own() as old, standby_of(old) as standby:
        there, new = old.get_uri(), f"postgresql://postgres@/postgres?host={standby}"
        (folder,) = parse_qs(urlsplit(there).query)["host"]
        both = f"postgresql://postgres@/postgres?host={folder},{standby}&target_session_attrs=read-write"
        async with faulted(tmp_path, there, {"WATTBOOK_DATABASE_URL": both}) as desk:
            async with trading(desk.exchange, 21) as market:
                await market.more(50)
                if not synchronous:
                    wait_for_standby(there, "")
                control(old, "stop", "-m", "immediate")
                _promote(new)
                await market.more(50)
                await desk.wattbook.until(partial(_has, new, market.said[-1]))
                await asyncio.to_thread(old.ensure_postgres_running)
                kill_backends(new)
                await market.more(50)
                if synchronous:
                    await desk.wattbook.until(partial(_waits_for_a_standby, there))
                    await market.more(100)
                    assert not _has(there, market.said[-100])
                else:
                    await desk.wattbook.until(partial(_has, there, market.said[-1]))
                control(old, "stop", "-m", "immediate")
                await market.more(50)
            desk.url = new
            counted = await desk.recovered(market)
            told = {row.fields["reason"] for row in stored_log(new) if row.topic == "feed.interrupted.v1"}
            if synchronous:
                assert (counted.inside_outages, told) == (0, set())
            else:
                assert counted.inside_outages > 0
                assert told == {LOG_SET_BACK}
                await everything_is_stored_after_the_day_files(desk, market)
            assert [name for name, role in desk.roles.items() if "Traceback" in role.text(1 << 20)] == []


async def _follow(desk: Faulted, shown: list[Json]) -> None:
    async with desk.desk.follow(DEALS_RECORDED, after="0") as deals:
        while True:
            shown.append(await deals.next())


def _promote(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_promote()")


def _has(url: str, said: Said) -> bool:
    """Tell whether the log at *url* holds a message."""
    return any(row.original == said.raw for row in stored_log(url) if "receipt" in row.fields)


def _waits_for_a_standby(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute(WAITING_COMMITS).fetchone() is not None


def _is_behind(url: str) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT (SELECT position FROM wattbook.log_head) > (SELECT min(position) FROM read_models.checkpoints) + 50"
        ).fetchone()
    return bool(row and row[0])


def _refused(standby: Path, *commands: str) -> bool:
    """Tell whether the standby has been asked for each of *commands*, and has refused it."""
    log = (standby / "log").read_text()
    return all(f"ERROR:  cannot execute {command} " in log for command in commands)
