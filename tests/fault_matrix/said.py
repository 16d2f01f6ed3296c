"""What did the exchange say, when and over which lines; and what may be missing because a line was lost?"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from tests.end_to_end.lines import Exchange, confirmation
from tests.waiting import eventually

PACE_S = 0.004
DAY = "2023-02-06"


@dataclass(frozen=True)
class Said:
    """One message that somebody listened to: its bytes, when it had been said, and over which lines."""

    raw: bytes
    at: datetime
    lines: tuple[int, ...]

    @property
    def fields(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.raw)["deal_confirmation"]
        return found


class Market:
    """Says one deal after the other over every line, as long as it runs; keeps what was said."""

    def __init__(self, exchange: Exchange, seed: int, lines: tuple[int, ...] = (1, 2)) -> None:
        self._exchange = exchange
        self._random = Random(seed)
        self._lines = lines
        self._number = 0
        self.said: list[Said] = []
        self.unheard: list[bytes] = []

    async def say(self, raw: bytes, *lines: int) -> None:
        """Say one message, whatever it is, over *lines*, or all."""
        wanted = lines or self._lines
        at = datetime.now(UTC)
        there = tuple(line for line in wanted if self._exchange.listening(line))
        if await self._exchange.say(raw.decode(), *there) if there else 0:
            self.said.append(Said(raw, at, there))
        else:
            self.unheard.append(raw)

    async def more(self, deals: int, within_s: float = 30) -> None:
        """Return when so many more deals have been said to somebody."""
        goal = len(self.said) + deals
        await eventually(lambda: len(self.said) >= goal, within_s)

    def next_deal(self) -> bytes:
        """Return a deal that was not said yet."""
        random = self._random
        self._number += 1
        hour = random.randint(0, 23)
        return json.dumps(
            confirmation(
                id=f"d{self._number}",
                price=random.randint(-500, 20_000) / 100,
                quantity=random.randint(1, 500) / 10,
                direction=random.choice(("buy", "sell")),
                trader_id=random.choice(("anna", "ben", "carla", "dora")),
                delivery_day=DAY,
                delivery_hour=f"{hour:02}-{hour + 1:02}",
                execution_time=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            )
        ).encode()

    async def run(self) -> None:
        while True:
            await self.say(self.next_deal())
            await asyncio.sleep(PACE_S)


@asynccontextmanager
async def trading(exchange: Exchange, seed: int) -> AsyncIterator[Market]:
    """Yield a market that trades until the end of the block."""
    market = Market(exchange, seed)
    running = asyncio.create_task(market.run())
    try:
        yield market
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if not running.cancelled() and (error := running.exception()):
            raise error
