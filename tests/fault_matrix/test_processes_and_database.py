"""Rows 12 to 17 of the fault matrix: killed processes, and a database that is slow, cut off or gone."""

import asyncio
from random import Random

import psycopg
import pytest

from tests.fault_matrix.faulted import Faulted
from tests.fault_matrix.said import trading
from tests.servers import kill_backends

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
async def test_a_burst_on_a_locked_database_waits_in_the_journals(desk: Faulted, row: str) -> None:
    """10: burst with a slow database at the same time; nothing is shed, memory bounded, drains."""
    async with trading(desk.exchange, 10) as market:
        await market.more(20)
        # Not on this loop's own time: whoever holds the lock now talks to the database through this loop's proxy.
        async with await psycopg.AsyncConnection.connect(desk.url) as connection:
            await connection.execute("SELECT 1 FROM wattbook.log_head FOR UPDATE")
            for _ in range(3_000):
                await market.say(market.next_deal())
    await desk.recovered(market)


@pytest.mark.parametrize("row", ["row_17"])
async def test_deals_are_journalled_while_the_database_is_away(desk: Faulted, row: str) -> None:
    """17: database down (here for seconds); deals keep being journalled, then drain."""
    async with trading(desk.exchange, 17) as market:
        await market.more(50)
        desk.database.close()
        await asyncio.sleep(3)
        await market.more(300)
        await desk.database.open()
        await market.more(50)
    await desk.recovered(market)
