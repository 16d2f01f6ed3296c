"""Row 28 of the fault matrix: the database is gone, and an older backup of it stands on another host."""

import asyncio
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.told import everything_is_stored_after_the_day_files
from tests.fault_matrix.faulted import Faulted, faulted
from tests.fault_matrix.invariants import stored_log
from tests.fault_matrix.said import Market, trading
from tests.servers import control, copy_of, server_of_its_own, started
from wattbook.set_back import LOG_SET_BACK

OF_THE_DATABASE = ("record", "project", "serve")


@pytest.mark.parametrize("row", ["row_28"])
async def test_a_restored_backup_gets_what_waits_in_the_journals_and_tells_what_is_gone(
    tmp_path: Path, row: str
) -> None:
    """28: backup restored to new host, journal re-driven; I3, no duplicate; what the old log alone had is an outage."""
    with ExitStack() as stack:
        server = stack.enter_context(server_of_its_own())
        async with faulted(tmp_path, server.get_uri()) as desk:
            async with trading(desk.exchange, 28) as market:
                await market.more(100)
                backup = await asyncio.to_thread(stack.enter_context, copy_of(server))
                await market.more(100)
                gone = market.said[-1].raw
                for _ in range(2):  # then both journals have forgotten what was said before
                    await market.more(100)
                    await desk.wattbook.until(partial(_is_recorded, desk, market.said[-1].raw))
                control(server, "stop", "-m", "immediate")
                for name in OF_THE_DATABASE:
                    desk.roles[name].kill()
                waiting = await _say_what_waits(market)
                desk.url = await asyncio.to_thread(stack.enter_context, started(server, backup))
                desk.database.to = f"{backup}/.s.PGSQL.5432"
                for name in OF_THE_DATABASE:
                    desk.roles[name].start()
                await market.more(50)
            counted = await desk.recovered(market)

            log = stored_log(desk.url)
            recorded = {row.original for row in log if "receipt" in row.fields}
            assert waiting <= recorded, "what waited in the journals has come"
            assert gone not in recorded
            assert counted.inside_outages >= 1
            lost = [row.fields for row in log if row.topic == "feed.interrupted.v1"]
            assert {each["line"] for each in lost} == {"exchange/1", "exchange/2"}
            assert {each["reason"] for each in lost} == {LOG_SET_BACK}
            (outage,) = (await desk.desk.ask("{ outages { start end lines { reason } } }"))["outages"]
            assert {line["reason"] for line in outage["lines"]} == {LOG_SET_BACK}
            knowledge = (await desk.desk.performance(None, "2023-02-06"))["knowledge"]
            assert knowledge["completeUpTo"] == outage["start"] < knowledge["recordedAt"]

            await everything_is_stored_after_the_day_files(desk, market)


async def _say_what_waits(market: Market) -> set[bytes]:
    """Return what was said while there was no database."""
    before = len(market.said)
    await market.more(300)
    return {each.raw for each in market.said[before:]}


def _is_recorded(desk: Faulted, raw: bytes) -> bool:
    return any(row.original == raw for row in stored_log(desk.url, 500) if "receipt" in row.fields)
