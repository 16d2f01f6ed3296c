"""Every page is accessible, quiet and at home on a phone, and leads from a figure to its proof, in a real browser."""

import asyncio
import csv
import io
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.end_to_end.browser import UI, node
from tests.end_to_end.client import Client, Json
from tests.end_to_end.lines import Exchange, confirmation
from tests.end_to_end.prices import MarketData, answer
from tests.end_to_end.processes import ROLES, Wattbook

DAY = "2023-02-06"
PERIOD = "08-09"
REPORT = "query ($id: ID!) { report(id: $id) { position logHash digest performance { total { pnlEur } } } }"
EXPLAIN = """
query ($trader: String, $day: Date!, $from: AsOf!) {
  explain(traderId: $trader, deliveryDay: $day, from: $from) { steps { event { position } } }
}"""


@asynccontextmanager
async def traded(tmp_path: Path, database: str, exchange: Exchange, provider: MarketData) -> AsyncIterator[Wattbook]:
    """Run all roles until the deals of a short day are shown."""
    provider.will_say({(DAY, PERIOD): [answer(DAY, PERIOD, value=20.0, last_update=f"{DAY}T09:15:45Z")]})
    settings = {"exchange_urls": exchange.urls(), "database_url": database, "market_data_url": provider.url}
    with Wattbook(tmp_path, **settings, market_data_refresh="1") as wattbook:
        for role in ROLES:
            wattbook.start(role)
        desk = Client(wattbook.url)
        await wattbook.until(exchange.listening)
        for number, label in enumerate((PERIOD, "08:15-08:30", "09-10", "23-24")):
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
        yield wattbook


async def check(wattbook: Wattbook, script: str, *flags: str) -> tuple[list[Json], Json]:
    """Run one of the browser's checks; return what it found step by step, and its verdict."""
    process = await asyncio.create_subprocess_exec(
        node(), f"browser/{script}", "--day", DAY, "--trader", "trader_1", *flags,
        cwd=UI, env=os.environ | {"WATTBOOK_URL": wattbook.url}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    *steps, verdict = [json.loads(line) for line in out.decode().splitlines()]
    assert [step for step in steps if not step["ok"]] == []
    assert (process.returncode, verdict["ok"]) == (0, True)
    return steps, verdict


def positions_in(file: str) -> list[str]:
    """Return the log positions of the deals in an exported CSV."""
    return [row["position"] for row in csv.DictReader(io.StringIO(file, newline=""))]


@pytest.mark.timeout(600)
async def test_no_page_has_anything_that_axe_the_console_or_a_phone_objects_to(
    tmp_path: Path, database: str, exchange: Exchange, provider: MarketData
) -> None:
    async with traded(tmp_path, database, exchange, provider) as wattbook:
        visits, verdict = await check(wattbook, "check-pages.mjs")
    assert verdict["visited"] == len(visits) >= 90
    assert {visit["theme"] for visit in visits} == {"light", "dark"}
    assert "phone" in {visit["screen"] for visit in visits}


@pytest.mark.timeout(240)
async def test_the_dashboard_needs_no_mouse_and_an_auditor_gets_from_a_figure_to_its_proof_by_the_pages_alone(
    tmp_path: Path, database: str, exchange: Exchange, provider: MarketData
) -> None:
    async with traded(tmp_path, database, exchange, provider) as wattbook:
        await check(wattbook, "check-keyboard.mjs")
        steps, _ = await check(wattbook, "check-auditor.mjs", "--period", PERIOD)
        published, then, files, slid, compared, opened, evidence, row, own = [step["seen"] for step in steps]
        desk, trader = Client(wattbook.url), Client(wattbook.url, "trader_1")

        report = (await desk.ask(REPORT, id=published["id"]))["report"]
        assert (published["digest"], published["logHash"]) == (report["digest"], report["logHash"])
        assert published["command"] == f"wattbook replay --report {published['id']}"
        assert then == {"at": report["position"], "pnl": published["pnl"]}

        known = await desk.deals(int(report["position"]), filter={"traderId": "trader_1"})
        assert sorted(positions_in(files["csv"])) == sorted(deal["position"] for deal in known)
        assert files["files"] == [f"deals-at-{report['position']}.{ending}" for ending in ("csv", "parquet")]
        assert files["magic"] == ["PAR1", "PAR1"]

        explained = await desk.ask(EXPLAIN, trader="trader_1", day=DAY, **{"from": {"position": slid["at"]}})
        concerning = [step["event"]["position"] for step in explained["explain"]["steps"]]
        assert compared == {"from": slid["at"], "steps": concerning}
        assert int(slid["at"]) < int(slid["from"]) == int(report["position"])
        assert slid["report"] == f"Position {report['position']}"

        (event,) = await desk.events(filter={"after": str(int(concerning[0]) - 1), "until": concerning[0]})
        assert opened == {"events": [event["position"]], "payload": event["payload"], "hash": event["hash"]}

        deals = await desk.deals(filter={"traderId": "trader_1", "label": PERIOD})
        assert sorted(positions_in(row["csv"])) == sorted(deal["position"] for deal in deals)
        prices = [price for price in await desk.reference_prices(DAY) if price["period"]["label"] == PERIOD]
        assert {deal["position"] for deal in deals} | {price["position"] for price in prices} == set(
            evidence["positions"]
        )
        assert own["events"] == [event["position"] for event in await trader.events()][:50]
