"""How is polling run in a test? For a desk in memory, by the real loop on a real schedule."""

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg

from adapters.market_data.client import open_market_data
from adapters.market_data.schedule import open_schedule
from domain.events import ReferencePriceUpdated
from domain.periods import DeliveryPeriod
from domain.polling import PeriodKey, key_of
from domain.request_limits import RequestLimit
from wattbook.poll import poll
from wattbook.polling import Polling

BERLIN = ZoneInfo("Europe/Berlin")
MANY = (RequestLimit(10_000, 60),)


class Desk:
    """Periods with deals, and a log that knows duplicates; ``broken`` is what the log fails with."""

    def __init__(self, *periods: DeliveryPeriod) -> None:
        self.periods = periods
        self.recorded: list[ReferencePriceUpdated] = []
        self.broken: Exception | None = None
        self.refused = 0

    async def news(self) -> Collection[PeriodKey]:
        return [key_of(period) for period in self.periods]

    async def read(self, now: datetime, periods: Collection[PeriodKey]) -> Sequence[tuple[DeliveryPeriod, bool]]:
        priced = {event.period for event in self.recorded if event.value is not None}
        wanted = [period for period in self.periods if period.end > now or key_of(period) in periods]
        return [(period, period in priced) for period in wanted]

    async def record(self, event: ReferencePriceUpdated) -> bool:
        if self.broken:
            self.refused += 1
            raise self.broken
        if any((event.period, event.value) == (known.period, known.value) for known in self.recorded):
            return False
        self.recorded.append(event)
        return True

    def has(self, period: DeliveryPeriod) -> bool:
        return any(event.period == period for event in self.recorded)


@asynccontextmanager
async def polling(
    url: str, base_url: str, desk: Desk, limits: tuple[RequestLimit, ...] = MANY, refresh_s: int = 1
) -> AsyncIterator[asyncio.Task[None]]:
    def clock() -> datetime:
        return datetime.now(UTC)

    async with open_market_data(base_url, clock) as client:
        wanted = Polling(
            provider=client,
            open_schedule=lambda: open_schedule(url),
            with_deals=desk,
            record=desk.record,
            zone=BERLIN,
            limits=limits,
            refresh_s=refresh_s,
            clock=clock,
            rng=random.Random(1),
            look_every_s=0.05,
        )
        task: asyncio.Task[None] = asyncio.create_task(poll(wanted))
        try:
            yield task
            assert not task.done()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def paused(url: str) -> bool:
    return await found(url, "SELECT 1 FROM wattbook_state.market_data_provider WHERE paused_until > now()")


async def leader_is_polling(url: str) -> bool:
    """Whether the one that leads has come past the question how many requests it may make."""
    query = (
        "SELECT 1 FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE datname = current_database()"
        " AND locktype = 'advisory' AND objsubid = 1 AND state = 'idle' AND query = 'COMMIT'"
    )
    return await found(url, query)


async def connections(url: str, number: int) -> bool:
    query = (
        f"SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        f" AND backend_type = 'client backend' HAVING count(*) = {number}"
    )
    return await found(url, query)


async def found(url: str, query: str) -> bool:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute(query.encode())
        return await cursor.fetchone() is not None
