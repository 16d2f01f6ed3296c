"""Does anybody who reads or projects notice that read models are made again?"""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest

from graphql_api.readiness import checks
from projections import READ_MODELS
from projections.reading import DealFilter, DealOrder, Page, Scope
from tests.desk import Desk, desk
from tests.notation import DAY, deal
from tests.rebuilding import asked, done, is_well, many_deals, rebuilds, rolls_back
from tests.waiting import eventually
from wattbook.project import project
from wattbook.rebuild import fill_new


async def test_a_server_is_not_ready_while_a_read_model_of_its_code_is_still_to_be_filled(trading: Desk) -> None:
    async with trading.store() as store:
        assert all(check["ok"] for check in await checks(store))
        done(trading.url, "UPDATE read_models.checkpoints SET position = 0 WHERE table_name = 'positions_v1'")
        told = (await checks(store))[-1]
        assert not told["ok"]
        assert told["detail"] == "being filled from the log, without a figure yet: positions_v1"


EMPTIED = (
    "TRUNCATE read_models.positions_v1",
    "UPDATE read_models.checkpoints SET position = 0 WHERE table_name = 'positions_v1'",
)
LOST = ("DELETE FROM read_models.checkpoints WHERE table_name = 'positions_v1'",)


@pytest.mark.parametrize("statements", [EMPTIED, LOST])
@pytest.mark.parametrize("many", [10, 1_000])
async def test_a_projector_leaves_new_read_models_of_a_long_log_to_a_rebuild_and_feeds_the_others(
    trading: Desk, monkeypatch: pytest.MonkeyPatch, many: int, statements: Sequence[str]
) -> None:
    monkeypatch.setattr("wattbook.project.MANY", many)
    done(trading.url, *statements)
    stop, may_fill, asked_for = asyncio.Event(), asyncio.Event(), 0

    async def fill() -> int:
        nonlocal asked_for
        asked_for += 1
        await may_fill.wait()
        return await asyncio.to_thread(fill_new, trading.url, READ_MODELS)

    def reached() -> tuple[int, int]:
        positions = dict(asked(trading.url, "SELECT table_name, position FROM read_models.checkpoints"))
        return positions["deals_v1"], positions.get("positions_v1", 0)

    projecting = asyncio.create_task(project(trading.url, stop, fill))
    try:
        trading.records(*many_deals(2))
        if many == 10:
            await eventually(lambda: reached() == (14, 0))
        may_fill.set()
        await eventually(lambda: reached() == (14, 14))
    finally:
        stop.set()
        assert await projecting == 0
    assert asked_for == (1 if many == 10 else 0)
    assert is_well(trading.url)


async def test_nothing_is_switched_while_somebody_reads_from_before_the_tables_were_alike(trading: Desk) -> None:
    async with trading.store() as store:
        async with store.snapshot() as snapshot:
            rebuilding = asyncio.create_task(rebuilds(trading))
            await eventually(lambda: bool(asked(trading.url, "SELECT * FROM read_models.joined")))
            await trading.knows(*many_deals(3))
            await asyncio.sleep(0.3)
            assert not rebuilding.done()
            seen = await snapshot.deals(Scope(), DealFilter(), DealOrder(), Page(10), snapshot.projected)
            assert len(seen.rows) == 3
        assert await rebuilding == 0
    assert is_well(trading.url)


async def test_whoever_reads_while_tables_are_switched_sees_every_deal_and_no_error(database: str) -> None:
    stop = asyncio.Event()
    async with desk(database) as opened, opened.store() as store:
        await opened.knows(deal("anna buys 1 MW 08-09 at 1", deal_id="first"))

        async def trades() -> None:
            while not stop.is_set():
                await opened.knows(*many_deals(7))
                await asyncio.sleep(0.01)

        async def polls() -> int:
            count = 0
            while not stop.is_set():
                async with store.snapshot() as snapshot:
                    await asyncio.sleep(0.002 * (count % 3))
                    position = snapshot.projected
                    shown = await snapshot.performance(Scope(), None, DAY, position)
                    assert shown.total.totals.bought_mwh == Decimal(position)
                    ledger = await snapshot.performance(Scope(), None, DAY, position - 1)
                    assert ledger.total.totals.bought_mwh == Decimal(position - 1)
                assert await store.recorded_deals(Scope(), None, position - 1, position, 10)
                count += 1
            return count

        trading = asyncio.create_task(trades())
        polling = [asyncio.create_task(polls()) for _ in range(6)]
        for _ in range(3):
            assert await rebuilds(opened, stretch=100_000) == 0
            assert await rolls_back(opened) == 0
        stop.set()
        await trading
        assert min(await asyncio.gather(*polling)) > 10
    assert is_well(database)
