"""Row 21 of the fault matrix: another server takes the database's place, and at first takes nothing."""

import asyncio
import signal
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.end_to_end.client import Json
from tests.end_to_end.documents import DEALS_RECORDED
from tests.fault_matrix.faulted import Faulted, faulted
from tests.fault_matrix.invariants import stored_log
from tests.fault_matrix.said import trading
from tests.servers import server_of_its_own, standby_of


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
                with psycopg.connect(desk.url, autocommit=True) as connection:
                    connection.execute("SELECT pg_promote()")
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


async def _follow(desk: Faulted, shown: list[Json]) -> None:
    async with desk.desk.follow(DEALS_RECORDED, after="0") as deals:
        while True:
            shown.append(await deals.next())


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
