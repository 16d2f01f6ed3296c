"""Are the read models brought up to the log before a command answers, by whoever is there to do it?"""

import asyncio

from projections.reading import Scope
from tests.desk import desk
from tests.notation import DAY, deal, rejected
from wattbook.catching_up import CatchingUp


async def test_where_no_projector_runs_the_command_is_one_and_again_when_more_is_recorded(database: str) -> None:
    async with desk(database) as trading, trading.store() as store, CatchingUp(store, database) as catching_up:
        await catching_up.to_head()
        for message in (b"one", b"two"):
            trading.records(rejected(message))
            await catching_up.to_head()
            async with store.snapshot() as snapshot:
                assert (await snapshot.health(Scope())).open_rejections == snapshot.head


async def test_a_projector_that_comes_meanwhile_and_the_command_apply_each_event_once(database: str) -> None:
    async with desk(database) as trading, trading.store() as store, CatchingUp(store, database) as catching_up:
        trading.records(deal("anna buys 1 MW 08-09 at 1", deal_id="0"))
        await catching_up.to_head()
        for number in range(1, 20):
            trading.records(deal("anna buys 1 MW 08-09 at 1", deal_id=str(number)))
            await asyncio.gather(catching_up.to_head(), trading.runner.step(), return_exceptions=True)
        at = await store.positions()
        assert (at.head, at.projected) == (20, 20)
        async with store.snapshot() as snapshot:
            assert (await snapshot.performance(Scope(), None, DAY, 20)).total.totals.deals == 20
