"""Rows 4 and 6 of the fault matrix: no line is left, and what was not heard lies inside a recorded outage."""

import pytest

from tests.fault_matrix.faulted import Faulted
from tests.fault_matrix.said import trading


@pytest.mark.parametrize("row", ["row_04"])
async def test_what_both_lost_lines_missed_is_inside_a_recorded_outage(desk: Faulted, row: str) -> None:
    """4: both legs dropped; every interval without a leg is an outage fact, and holds all that is missing."""
    async with trading(desk.exchange, 4) as market:
        await market.more(100)
        for proxy in desk.lines:
            proxy.down.swallows = True
        await market.more(200)
        for proxy in desk.lines:
            proxy.close()
        await desk.wattbook.until(lambda: not desk.exchange.listening(1) and not desk.exchange.listening(2))
        for proxy in desk.lines:
            proxy.down.flow()
            await proxy.open()
        await desk.listens()
        await market.more(100)
    await desk.recovered(market)


@pytest.mark.parametrize("row", ["row_06"])
async def test_an_exchange_that_refuses_is_not_stormed_and_found_when_it_is_back(desk: Faulted, row: str) -> None:
    """6: reconnect storm; attempts bounded by back-off, first success soon after the return."""
    async with trading(desk.exchange, 6) as market:
        await market.more(50)
        address, before = desk.lines[0].to, desk.lines[0].connections_seen
        for proxy in desk.lines:
            proxy.to = "127.0.0.1:1"
            proxy.reset()
        await desk.wattbook.until(lambda: desk.lines[0].connections_seen >= before + 5)
        for proxy in desk.lines:
            proxy.to = address
        await desk.listens()
        assert desk.lines[0].connections_seen <= before + 12
        await market.more(50)
    await desk.recovered(market)
