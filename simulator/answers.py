"""What does the market-data provider answer?"""

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol

from domain.decimals import plain, rounded
from domain.errors import UnknownPeriodError
from domain.periods import DeliveryPeriod, parse_period
from simulator.clock import MarketClock, WallClock
from simulator.deals import rfc3339
from simulator.market import Market

Undefined = Literal["null", "missing", "404"]
"""How the provider says that a period has no deals yet."""

UNITS = ("euro", "euro/mwh")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. ``delay_s`` is how long the provider takes; ``cut`` breaks it off half-way."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0
    content_type: str = "application/json"
    cut: bool = False

    def after(self, seconds: float) -> "Answer":
        """Return this answer, *seconds* later."""
        return replace(self, delay_s=self.delay_s + seconds)


class Answers(Protocol):
    """Where answers come from: a market, a script, or either with faults."""

    async def answer(self, day: str, label: str) -> Answer:
        """Return the answer to a request for the period *label* of *day*, both as asked."""
        ...


def price_body(day: str, label: str, value: Decimal | None, last_update: datetime, unit: str = "euro") -> str:
    """Return the body of a well-behaved answer; *value* in EUR/MWh, None for undefined."""
    said = "null" if value is None else plain(value)
    return (
        f'{{"delivery_day": {json.dumps(day)}, "delivery_hour": {json.dumps(label)}, "value": {said}, '
        f'"unit": {json.dumps(unit)}, "last_update": "{rfc3339(last_update)}"}}'
    )


def refused(status: int, reason: str, **headers: str) -> Answer:
    """Return an error as JSON."""
    return Answer(json.dumps({"error": reason}), status, dict(headers))


class MarketAnswers:
    """Answers with the average price of a market's deals, published in steps of market time."""

    def __init__(
        self,
        market: Market,
        clock: MarketClock,
        wall: WallClock,
        publish_every: timedelta = timedelta(minutes=10),
        unit: str = "euro",
        undefined: Undefined = "null",
    ) -> None:
        self._market, self._clock, self._wall = market, clock, wall
        self._publish_every, self._unit, self._undefined = publish_every, unit, undefined
        self._computing = asyncio.Lock()

    async def answer(self, day: str, label: str) -> Answer:
        """Return the newest published price, 400 for what is no period."""
        try:
            period = parse_period(date.fromisoformat(day), label, self._market.parameters.zone)
        except UnknownPeriodError as error:
            return refused(400, str(error))
        except ValueError:
            return refused(400, f"not a day: {day!r}")
        async with self._computing:
            value, published_at = await asyncio.to_thread(self.published, period)
        if value is None and self._undefined == "404":
            return refused(404, "no deals yet")
        body = price_body(day, label, value, published_at, self._unit)
        if value is None and self._undefined == "missing":
            body = body.replace('"value": null, ', "")
        return Answer(body)

    def published(self, period: DeliveryPeriod) -> tuple[Decimal | None, datetime]:
        """Return the value in EUR/MWh to 6 decimals, None before the first deal, and when it was published."""
        at = publication_time(self._clock.at(self._wall()), period, self._publish_every)
        value: Fraction | None = self._market.reference_price(period, at)
        return (None if value is None else rounded(value)), at


def publication_time(now: datetime, period: DeliveryPeriod, every: timedelta) -> datetime:
    """Return when the price that is known at *now* was published; the last time is when trading closes."""
    if now >= period.start:
        return period.start
    since_midnight = now - now.replace(hour=0, minute=0, second=0, microsecond=0)
    return now - since_midnight % every


class ScriptedAnswers:
    """Answers as a script says, for tests: by day and label, one after the other, the last for ever."""

    def __init__(self, script: dict[tuple[str, str], list[Answer]] | None = None) -> None:
        self.script = script or {}

    async def answer(self, day: str, label: str) -> Answer:
        """Return the next answer of the script, 404 without one."""
        answers = self.script.get((day, label))
        if not answers:
            return refused(404, "not in the script")
        return answers.pop(0) if len(answers) > 1 else answers[0]
