"""Every page is accessible, quiet and at home on a phone, opened by a real browser from the real server."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from tests.end_to_end.browser import UI, node
from tests.end_to_end.client import Client
from tests.end_to_end.lines import Exchange, confirmation
from tests.end_to_end.prices import MarketData, answer
from tests.end_to_end.processes import ROLES, Wattbook

DAY = "2023-02-06"


@pytest.mark.timeout(240)
async def test_no_page_has_anything_that_axe_the_console_or_a_phone_objects_to(
    tmp_path: Path, database: str, exchange: Exchange, provider: MarketData
) -> None:
    provider.will_say({(DAY, "08-09"): [answer(DAY, "08-09", value=20.0, last_update=f"{DAY}T09:15:45Z")]})
    settings = {"exchange_urls": exchange.urls(), "database_url": database, "market_data_url": provider.url}
    with Wattbook(tmp_path, **settings, market_data_refresh="1") as wattbook:
        for role in ROLES:
            wattbook.start(role)
        desk = Client(wattbook.url)
        await wattbook.until(exchange.listening)
        for number, label in enumerate(("08-09", "08:15-08:30", "09-10", "23-24")):
            for direction in ("buy", "sell"):
                await exchange.say(
                    confirmation(id=number, delivery_hour=label, direction=direction, price=number - 1.5)
                )
        await exchange.say("no deal at all")
        await wattbook.until(desk.ready)

        async def is_shown() -> bool:
            total = (await desk.performance("trader_1", DAY))["total"]
            return bool(total["dealCount"] == 8 and total["light"] != "UNKNOWN")

        await wattbook.until(is_shown)
        process = await asyncio.create_subprocess_exec(
            node(), "browser/check-pages.mjs", "--day", DAY, "--trader", "trader_1",
            cwd=UI, env=os.environ | {"WATTBOOK_URL": wattbook.url}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await process.communicate()
    *visits, verdict = [json.loads(line) for line in out.decode().splitlines()]
    assert [visit for visit in visits if not visit["ok"]] == []
    assert (process.returncode, verdict["ok"]) == (0, True)
    assert verdict["visited"] == len(visits) >= 66
    assert {visit["theme"] for visit in visits} == {"light", "dark"}
    assert "phone" in {visit["screen"] for visit in visits}
