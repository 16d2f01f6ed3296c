"""The exchange's own example becomes the right figures in the API, in its streams and on the page."""

from pathlib import Path

import pytest

from tests.end_to_end.browser import read_dashboard
from tests.end_to_end.client import Client, Json
from tests.end_to_end.documents import DEALS_RECORDED, PERFORMANCE_CHANGED
from tests.end_to_end.lines import Exchange, confirmation
from tests.end_to_end.prices import MarketData, answer
from tests.end_to_end.processes import ROLES, Wattbook

MESSAGE = """{"deal_confirmation": {"id": "123", "price": 20.5, "quantity": 12.3, "direction": "buy",
 "delivery_day": "2023-02-06", "delivery_hour": "08-09", "trader_id": "trader_1",
 "execution_time": "2023-02-06T06:13:45Z"}}"""
DAY, LABEL = "2023-02-06", "08-09"


@pytest.mark.parametrize(
    ("reference", "light", "word", "delta"),
    [(20.0, "GREEN", "Above", "0.5"), (21.25, "RED", "Not above", "-0.75")],
)
async def test_the_exchanges_example_shows_the_right_figures_everywhere(
    reference: float,
    light: str,
    word: str,
    delta: str,
    tmp_path: Path,
    database: str,
    exchange: Exchange,
    provider: MarketData,
) -> None:
    provider.will_say({(DAY, LABEL): [answer(DAY, LABEL, value=reference, last_update="2023-02-06T09:15:45Z")]})
    settings = {"exchange_urls": exchange.urls(), "database_url": database, "market_data_url": provider.url}
    with Wattbook(tmp_path, **settings, market_data_refresh="1") as wattbook:
        for role in ROLES:
            wattbook.start(role)
        desk, trader = Client(wattbook.url), Client(wattbook.url, "trader_1")
        await wattbook.until(exchange.listening)
        await wattbook.until(desk.ready)
        async with (
            trader.follow(PERFORMANCE_CHANGED, trader="trader_1", day=DAY) as changes,
            desk.follow(DEALS_RECORDED, after="0") as deals,
            wattbook.patience(),
        ):
            assert (await changes.next())["total"]["dealCount"] == 0
            assert await exchange.say(MESSAGE, 2) == 1
            _is_the_example(await deals.next())
            while (changed := await changes.next())["total"]["light"] == "UNKNOWN":
                assert changed["total"]["lightReason"] == ("NO_REFERENCE_PRICE" if _deals(changed) else "NO_DEALS")
        _shows_the_example(changed, light, delta)
        asked = await trader.performance("trader_1", DAY)
        _shows_the_example(asked, light, delta)
        _shows_the_example(await desk.performance(None, DAY), light, delta)
        await _the_page_shows(wattbook, word)

        await exchange.say(MESSAGE.replace("deal_confirmation", "trade_confirmation"), 1)
        await exchange.say(confirmation("trade_confirmation", trader_id="trader_2", id=124), 1)
        await wattbook.until(lambda: _has_deals(desk, 2))
        assert (await desk.performance("trader_2", DAY))["total"]["pnlEur"] == "-252.15"
        assert (await trader.performance("trader_1", DAY))["total"] == asked["total"]


def _is_the_example(deal: Json) -> None:
    assert (deal["dealId"], deal["traderId"], deal["direction"]) == ("123", "trader_1", "BUY")
    assert (deal["quantityMw"], deal["energyMwh"], deal["price"]) == ("12.3", "12.3", "20.5")
    assert deal["executionTime"] == "2023-02-06T06:13:45Z"
    assert deal["period"] == {
        "day": DAY,
        "label": LABEL,
        "start": "2023-02-06T07:00:00Z",
        "end": "2023-02-06T08:00:00Z",
    }


def _shows_the_example(performance: Json, light: str, delta: str) -> None:
    (row,) = [row for row in performance["periods"] if row["figures"]["dealCount"]]
    assert row["period"]["label"] == LABEL
    for figures in (performance["total"], row["figures"]):
        assert (figures["boughtMwh"], figures["soldMwh"]) == ("12.3", "0")
        assert (figures["pnlEur"], figures["averagePrice"]) == ("-252.15", "20.5")
        assert (figures["light"], figures["lightReason"], figures["delta"]) == (light, None, delta)
    assert len(performance["periods"]) == 24
    assert performance["openRejections"] == 0


async def _the_page_shows(wattbook: Wattbook, word: str) -> None:
    seen = await read_dashboard(wattbook.url, f"/?trader=trader_1&day={DAY}", "--wait-deals", "1")
    assert seen["ok"], seen
    for place in (seen["total"], seen["rows"][LABEL]):
        assert (place["bought"], place["pnl"], place["average"]) == ("12.300", "-252.15", "20.50")
    assert seen["total"]["light"] == f"{word} reference"
    assert seen["rows"][LABEL]["light"] == word.lower()
    assert [label for label, row in seen["rows"].items() if row["bought"] != "0.000"] == [LABEL, "day"]


def _deals(performance: Json) -> int:
    count: int = performance["total"]["dealCount"]
    return count


async def _has_deals(desk: Client, number: int) -> bool:
    return _deals(await desk.performance(None, DAY)) == number
