"""Rows 12 to 17 of the fault matrix: killed processes, and a database that is slow, cut off or gone."""

import json
from functools import partial
from random import Random

import psycopg
import pytest

from tests.fault_matrix.faulted import Faulted
from tests.fault_matrix.invariants import stored_log
from tests.fault_matrix.said import trading
from tests.servers import kill_backends

BURST = 5_000
"""Fifty times the usual 100 deals a minute, for a minute."""

HALF_AN_HOUR = 3_000
"""What the desk deals while the database is away for 30 minutes."""

BACKLOG = "What was heard waits for more than"
"""How the warning JOURNAL_BACKLOG begins."""

KILLED = {
    "row_12 receive": ("receive 1", "receive 2"),
    "row_13 record": ("record",),
    "row_14 project": ("project",),
}


@pytest.mark.parametrize("row", KILLED)
async def test_a_killed_role_loses_and_doubles_nothing(desk: Faulted, row: str) -> None:
    """12-14: kill -9 of receiver, writer, projector at any moment; I1, once, I3."""
    random = Random(row)
    async with trading(desk.exchange, 12) as market:
        for turn in range(4):
            names = KILLED[row]
            role = desk.roles[names[turn % len(names)]]
            await market.more(random.randint(20, 150))
            role.kill()
            await market.more(random.choice((1, 60)))
            role.start()
            await desk.listens()
            # A killed receiver last wrote a second ago that its line worked: the other one must be back before that.
            await market.more(500 if "receive" in row else 1)
    await desk.recovered(market)


@pytest.mark.parametrize("row", ["row_15 and row_16"])
async def test_killed_connections_of_the_database_lose_nothing(desk: Faulted, row: str) -> None:
    """15, 16: kill of backends, the LISTEN connection included; reconnect, I1-I4, events still delivered."""
    async with trading(desk.exchange, 15) as market:
        for _ in range(3):
            await market.more(50)
            assert kill_backends(desk.url)
            await market.more(50)
            desk.database.reset()
        await market.more(50)
    await desk.recovered(market)


@pytest.mark.parametrize("row", ["row_16 half-open"])
async def test_a_database_path_that_swallows_every_answer_is_left_when_it_ends(desk: Faulted, row: str) -> None:
    """16: LISTEN connection half-open; delivered once the path is back, the outcome of cut commits read back."""
    async with trading(desk.exchange, 16) as market:
        await market.more(50)
        desk.database.down.swallows = True
        await market.more(300)
        desk.database.reset()
        desk.database.down.flow()
        await market.more(50)
    await desk.recovered(market)


@pytest.mark.parametrize("row", ["row_10"])
async def test_a_burst_on_a_slow_and_locked_database_waits_in_the_journals(desk: Faulted, row: str) -> None:
    """10: burst 50x for 60 s, told at once, slow database at the same time; nothing shed, lag alarm, I8, drains."""
    async with trading(desk.exchange, 10) as market:
        await market.more(20)
        for way in (desk.database.up, desk.database.down):
            way.latency_s = 0.02
        desk.database.up.bytes_per_s = 4_000_000
        # Not on this loop's own time: whoever holds the lock now talks to the database through this loop's proxy.
        async with await psycopg.AsyncConnection.connect(desk.url) as connection:
            await connection.execute("SELECT 1 FROM wattbook.log_head FOR UPDATE")
            for _ in range(BURST):
                await market.say(market.next_deal())
            await desk.wattbook.until(lambda: BACKLOG in _logged(desk))
        await market.more(50)
    await desk.recovered(market)
    await desk.wattbook.until(partial(_is_over, desk))


@pytest.mark.parametrize("row", ["row_17"])
async def test_deals_of_half_an_hour_are_journalled_while_the_database_is_away(desk: Faulted, row: str) -> None:
    """17: database down 30 min, here as many deals as come meanwhile; journalled, told, drained, told to be over."""
    async with trading(desk.exchange, 17) as market:
        await market.more(50)
        before = len(stored_log(desk.url))
        desk.database.close()
        for _ in range(HALF_AN_HOUR):
            await market.say(market.next_deal())
        await desk.wattbook.until(lambda: BACKLOG in _logged(desk))
        status, told = await desk.desk.get("/readyz")
        assert status == 503
        assert {check["name"]: check["ok"] for check in json.loads(told)}["database"] is False
        assert len(stored_log(desk.url)) < before + HALF_AN_HOUR
        await desk.database.open()
        await market.more(50)
    counted = await desk.recovered(market)
    assert counted.inside_outages == 0
    await desk.wattbook.until(partial(_is_over, desk))


def _logged(desk: Faulted) -> str:
    return desk.roles["record"].text(1 << 20)


async def _is_over(desk: Faulted) -> bool:
    """Tell whether the warning was withdrawn, in the log and from the API."""
    async with desk.desk.follow("subscription { health { warnings { code } } }") as health:
        standing = (await health.next())["warnings"]
    return standing == [] and f"No longer so: {BACKLOG}" in _logged(desk)
