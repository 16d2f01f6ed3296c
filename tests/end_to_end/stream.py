"""Which steady stream of deals runs while processes are killed, and what was said when?"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from tests.end_to_end.lines import Exchange, confirmation
from tests.waiting import eventually

DAY = "2023-02-06"
TRADERS = ("anna", "ben", "carla", "dora")
PACE_S = 0.004


@dataclass(frozen=True)
class Spoken:
    """A deal that somebody listened to, with the second of a steady clock at which it had been said."""

    message: dict[str, object]
    identity: tuple[str, str, str]
    at: float


class DealStream:
    """Says one deal after the other, over one line or both, as long as it runs."""

    def __init__(self, exchange: Exchange, random: Random, both_lines: bool) -> None:
        self._exchange = exchange
        self._random = random
        self._both_lines = both_lines
        self.spoken: list[Spoken] = []

    @property
    def messages(self) -> list[dict[str, object]]:
        return [spoken.message for spoken in self.spoken]

    @property
    def identities(self) -> list[tuple[str, str, str]]:
        return [spoken.identity for spoken in self.spoken]

    @staticmethod
    def now() -> float:
        """Return the second of the clock that says when something was said."""
        return time.monotonic()

    async def more(self, deals: int) -> None:
        """Return when so many more deals have been said."""
        goal = len(self.spoken) + deals
        await eventually(lambda: len(self.spoken) >= goal)

    async def until(self, second: float) -> None:
        """Return when a deal has been said after *second*."""
        await eventually(lambda: bool(self.spoken) and self.spoken[-1].at > second)

    async def speak(self) -> None:
        """Say one deal."""
        number, random = len(self.spoken), self._random
        trader, direction = random.choice(TRADERS), random.choice(("buy", "sell"))
        hour = random.randint(0, 23)
        message = confirmation(
            id=number,
            price=random.randint(-500, 20_000) / 100,
            quantity=random.randint(1, 500) / 10,
            direction=direction,
            trader_id=trader,
            delivery_day=DAY,
            delivery_hour=f"{hour:02}-{hour + 1:02}",
            execution_time="2023-02-05T12:00:00Z",
        )
        lines = (1, 2) if self._both_lines else random.choice(((1,), (2,), (1, 2)))
        if await self._exchange.say(message, *lines):
            self.spoken.append(Spoken(message, (str(number), trader, direction.upper()), self.now()))

    async def run(self) -> None:
        while True:
            await self.speak()
            await asyncio.sleep(PACE_S)


@asynccontextmanager
async def deal_stream(exchange: Exchange, seed: int, *, both_lines: bool = False) -> AsyncIterator[DealStream]:
    """Yield a stream that runs until the end of the block."""
    stream = DealStream(exchange, Random(seed), both_lines)
    running = asyncio.create_task(stream.run())
    try:
        yield stream
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if not running.cancelled() and (error := running.exception()):
            raise error
