"""How is a scripted day told to a whole installation, and what must it then answer?"""

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests import oracle
from tests.end_to_end.client import Client, Json
from tests.end_to_end.lines import exchange_lines
from tests.end_to_end.prices import Answer, MarketData, market_data
from tests.end_to_end.processes import ROLES, Wattbook
from tests.end_to_end.scripted_day import BERLIN, DAYS, Script, script
from tests.end_to_end.scripted_prices import observations, price_script
from tests.oracle_reading import Trade, book, slots_of

SEED = 20260206
DEALS_A_DAY = 110
PRICED_PERIODS_A_DAY = 26


@dataclass
class Told:
    """What was sent and answered, and the installation that heard all of it."""

    wattbook: Wattbook
    desk: Client
    script: Script
    provider: MarketData
    trades: Sequence[Trade]
    events: list[Json]

    @property
    def head(self) -> int:
        return int(self.events[-1]["position"])

    def trader(self, name: str) -> Client:
        return Client(self.wattbook.url, name)

    def expected(self, trader: str | None, day: str, knowledge: Json) -> Json:
        """Return what the definitions say of everything that was sent and answered."""
        return oracle.performance(
            trader=trader,
            day=day,
            messages=self.script.messages,
            answers=observations(self.provider.given),
            knowledge=knowledge,
        )

    def expected_at(self, position: int, trader: str | None, day: str, knowledge: Json) -> Json:
        """Return what the definitions say of the exchange's and the provider's own words up to *position*."""
        known = [json.loads(event["payload"]) for event in self.events if int(event["position"]) <= position]
        return expected_from(known, trader, day, knowledge)


def expected_from(payloads: Sequence[Json], trader: str | None, day: str, knowledge: Json) -> Json:
    """Return what the definitions say of the exchange's and the provider's own words in stored *payloads*."""
    return oracle.performance(
        trader=trader,
        day=day,
        messages=[verbatim(each["receipt"]["original"]) for each in payloads if "receipt" in each],
        answers=[json.loads(verbatim(each["original"]), parse_float=str) for each in payloads if "original" in each],
        knowledge=knowledge,
    )


@asynccontextmanager
async def tell(folder: Path, database_url: str) -> AsyncIterator[Told]:
    """Run everything, send the script, and yield when all of it has become figures."""
    made = script(SEED, DEALS_A_DAY)
    trades, _ = book(made.messages, BERLIN)
    async with exchange_lines() as exchange, market_data() as provider:
        provider.will_say(prices_for(trades))
        settings = {
            "exchange_urls": exchange.urls(),
            "database_url": database_url,
            "market_data_url": provider.url,
            "market_data_refresh": "1",
            "market_data_limits": "100000/minute",
        }
        with Wattbook(folder, **settings) as wattbook:
            for role in ROLES:
                wattbook.start(role)
            desk = Client(wattbook.url)
            await wattbook.until(exchange.listening)
            await wattbook.until(desk.ready)
            for part in (made.first, made.then):
                for sent in part:
                    assert await exchange.say(sent.raw, *sent.lines) == len(sent.lines)
                # Which of two contents came first must not hang on a race between the lines.
                await wattbook.until(lambda: _all_deals(desk, len(trades)))
            await wattbook.until(lambda: _all_rejections(desk, len(made.rejected)))
            await wattbook.until(lambda: provider.finished)
            await wattbook.until(lambda: _all_prices(desk, made, provider))
            yield Told(wattbook, desk, made, provider, trades, await desk.events())


def prices_for(trades: Sequence[Trade], seed: int = SEED) -> dict[tuple[str, str], list[Answer]]:
    """Return what the provider will say of some periods with deals of each day."""
    random = Random(seed)
    found: dict[tuple[str, str], list[Answer]] = {}
    for day in DAYS:
        with_deals = {trade.slot for trade in trades if trade.day == day}
        slots = [slot for slot in slots_of(day, BERLIN) if slot in with_deals]
        found |= price_script(random, day, random.sample(slots, PRICED_PERIODS_A_DAY))
    return found


async def _all_deals(desk: Client, number: int) -> bool:
    counts: list[int] = [(await desk.performance(None, day))["total"]["dealCount"] for day in DAYS]
    return sum(counts) == number


async def _all_rejections(desk: Client, number: int) -> bool:
    return len(await desk.rejections()) == number


async def _all_prices(desk: Client, made: Script, provider: MarketData) -> bool:
    answers = observations(provider.given)
    for day in DAYS:
        known = oracle.performance(trader=None, day=day, messages=made.messages, answers=answers)
        wanted = {row["period"]["label"]: (row["referenceLastUpdate"], _reference(row)) for row in known["periods"]}
        for row in (await desk.performance(None, day))["periods"]:
            label = row["period"]["label"]
            if label in wanted and (row["referenceLastUpdate"], _reference(row)) != wanted[label]:
                return False
    return True


def _reference(row: Json) -> str | None:
    price: str | None = row["figures"]["referencePrice"]
    return price


def verbatim(stored: Mapping[str, str]) -> str | bytes:
    return stored["text"] if "text" in stored else base64.b64decode(stored["base64"])
