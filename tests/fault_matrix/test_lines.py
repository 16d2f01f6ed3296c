"""Rows 1, 2, 7, 8 and 11 of the fault matrix: what happens to a line while the other one listens."""

import asyncio
import json
import signal

import pytest

from tests.fault_matrix.faulted import Faulted
from tests.fault_matrix.invariants import stored_log
from tests.fault_matrix.said import trading


@pytest.mark.parametrize("row", ["row_01"])
async def test_a_line_that_the_exchange_closes_costs_nothing(desk: Faulted, row: str) -> None:
    """1: exchange closes 1000/1001/1011/1012; the other leg covers, no loss, leg outage fact."""
    async with trading(desk.exchange, 1) as market:
        for code in (1000, 1001, 1011, 1012):
            await market.more(30)
            await desk.exchange.drop(1, code)
            await market.more(30)
            await desk.listens()
        await market.more(30)
    counted = await desk.recovered(market)
    assert counted.inside_outages == 0
    assert desk.reasons() == [f"the exchange closed it: {code} as told" for code in (1000, 1001, 1011, 1012)]


@pytest.mark.parametrize("row", ["row_02"])
async def test_a_reset_in_the_midst_of_a_frame_costs_nothing(desk: Faulted, row: str) -> None:
    """2: TCP RST, cut mid-frame; the other leg covers, the half frame is discarded, no crash."""
    async with trading(desk.exchange, 2) as market:
        for bytes_more in (1, 100, 333):
            await market.more(30)
            desk.lines[0].down.cut_after(bytes_more)
            await desk.wattbook.until(lambda: not desk.exchange.listening(1))
            await desk.listens()
        await market.more(30)
    counted = await desk.recovered(market)
    assert counted.inside_outages == 0
    assert desk.reasons() == ["cut: Connection reset by peer"] * 3


@pytest.mark.parametrize("row", ["row_07"])
async def test_lines_seconds_apart_and_repetitions_store_each_deal_once(desk: Faulted, row: str) -> None:
    """7: duplicates, reordering, legs skewed; stored once."""
    desk.lines[1].down.latency_s = 2
    async with trading(desk.exchange, 7) as market:
        await market.more(200)
        for each in list(market.said[:50]):
            await market.say(each.raw)
        await market.more(50)
    # The last word of the late line: when it is recorded, so is all that it said before.
    await market.say(market.next_deal(), 2)
    counted = await desk.recovered(market)
    assert counted.inside_outages == 0


@pytest.mark.parametrize("row", ["row_08"])
async def test_another_content_for_a_known_deal_is_kept_beside_it(desk: Faulted, row: str) -> None:
    """8: same id, different content; conflict event, first kept."""
    async with trading(desk.exchange, 8) as market:
        await market.more(20)
        first = market.said[0]
        await desk.wattbook.until(lambda: _is_stored(desk, first.raw))
        await market.say(json.dumps({"deal_confirmation": first.fields | {"price": 9_999}}).encode())
        await market.more(20)
    await desk.recovered(market)
    topics = [row.topic for row in stored_log(desk.url) if row.topic.startswith("deal.conf")]
    assert topics.count("deal.conflicted.v1") == 1


@pytest.mark.parametrize("row", ["row_11"])
async def test_a_receiver_that_is_held_up_loses_no_line(desk: Faulted, row: str) -> None:
    """11: receiver loop blocked 5 s; no self-inflicted close, else the other leg covers."""
    receiver = desk.roles["receive 1"].process
    async with trading(desk.exchange, 11) as market:
        await market.more(30)
        receiver.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(5)
        finally:
            receiver.send_signal(signal.SIGCONT)
        await market.more(30)
    await desk.recovered(market)
    assert desk.reasons() == []


def _is_stored(desk: Faulted, raw: bytes) -> bool:
    return any(row.original == raw for row in stored_log(desk.url) if "receipt" in row.fields)
