"""How are hours of polling run in a test? By the real loop in virtual time, all else in memory."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from adapters.market_data.client import ProviderAnswer
from domain.errors import ProviderUnreachableError
from domain.events import ReferencePriceUpdated
from domain.periods import DeliveryPeriod, hours_of, periods_of
from domain.polling import Asked, DueRequest, PeriodKey, affordable, key_of
from domain.request_limits import RequestLimit, allowance
from tests.scripted_provider import price_body
from tests.virtual_time import run_in_virtual_time
from wattbook.poll import poll
from wattbook.polling import Polling
from wattbook.warnings import Warnings

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2023, 2, 5, 11, tzinfo=UTC)
TOMORROW = date(2023, 2, 6)
HOURS = hours_of(TOMORROW, BERLIN)
QUARTERS = [period for period in periods_of(TOMORROW, BERLIN) if period.minutes == 15]
LIMITS = (RequestLimit(50, 60), RequestLimit(1000, 3600))
REFRESH_S = 600


def now() -> datetime:
    return START + timedelta(seconds=asyncio.get_running_loop().time())


class MemorySchedule:
    """The schedule of one process that never stops."""

    def __init__(self) -> None:
        self.made: list[datetime] = []
        self.noted: dict[PeriodKey, Asked] = {}
        self.paused_until: datetime | None = None

    async def lead(self) -> bool:
        return True

    async def asked(self) -> dict[PeriodKey, Asked]:
        return dict(self.noted)

    async def take_permits(
        self, limits: Sequence[RequestLimit], due: Sequence[DueRequest], *, at_most: int, made_before: int = 0
    ) -> tuple[DueRequest, ...]:
        allowed = allowance(now(), self.made[-1000:], limits, self.paused_until)
        chosen = affordable(due, allowed, at_most=at_most, made_before=made_before)
        self.made += [now()] * len(chosen)
        return chosen

    async def pause(self, seconds: float) -> None:
        self.paused_until = now() + timedelta(seconds=seconds)

    async def note(self, period: DeliveryPeriod, asked: Asked) -> None:
        self.noted[key_of(period)] = asked

    async def note_fetched(self, now: datetime) -> None:
        pass

    async def forgive(self) -> None:
        for key, asked in self.noted.items():
            self.noted[key] = Asked(asked.asked_at, asked.answered_at, min(asked.unanswered, 1), asked.without_news)


class Provider:
    """Answers each period with the next status of its kind, some seconds late; with 0, not at all."""

    def __init__(self, status_of: Callable[[DeliveryPeriod, float], int]) -> None:
        self._status_of = status_of
        self._rng = random.Random(1)
        self.seen: dict[DeliveryPeriod, list[float]] = {}
        self.asked: list[tuple[float, DeliveryPeriod, int]] = []
        """Each request: when, for what, and how many were under way with it."""
        self._under_way = 0

    async def ask(self, period: DeliveryPeriod) -> ProviderAnswer:
        asked_at = asyncio.get_running_loop().time()
        self.seen.setdefault(period, []).append(asked_at)
        self._under_way += 1
        self.asked.append((asked_at, period, self._under_way))
        try:
            await asyncio.sleep(self._rng.uniform(0.05, 3.0))
        finally:
            self._under_way -= 1
        status = self._status_of(period, asked_at)
        if not status:
            raise ProviderUnreachableError("no answer from 127.0.0.1 in time")
        return ProviderAnswer(status, price_body(period.day.isoformat(), period.label), now(), None, None)

    def longest_gap_s(self, periods: Sequence[DeliveryPeriod], until: float) -> float:
        """The longest time for which one of *periods* was not asked for."""
        gaps = [later - earlier for each in periods for earlier, later in pairwise([0.0, *self.seen[each], until])]
        return max(gaps)


class Desk:
    """Periods with deals: those in *priced* have a price, and no others get one."""

    def __init__(
        self, priced: Sequence[DeliveryPeriod], unpriced: Sequence[DeliveryPeriod], *, read_takes_s: float = 0
    ) -> None:
        self._periods = [*((each, True) for each in priced), *((each, False) for each in unpriced)]
        self._read_takes_s = read_takes_s
        self.reads = 0
        self.told: list[tuple[float, ReferencePriceUpdated]] = []

    async def news(self) -> Collection[PeriodKey]:
        return [key_of(period) for period, _ in self._periods]

    async def read(self, now: datetime, periods: Collection[PeriodKey]) -> Sequence[tuple[DeliveryPeriod, bool]]:
        self.reads += 1
        await asyncio.sleep(self._read_takes_s)
        return [each for each in self._periods if each[0].end > now or key_of(each[0]) in periods]

    async def record(self, event: ReferencePriceUpdated) -> bool:
        self.told.append((asyncio.get_running_loop().time(), event))
        return event.period.minutes == 60


def never(_: float) -> bool:
    return False


def poll_for(
    seconds: float, provider: Provider, desk: Desk, *, deals_are_late: Callable[[float], bool] = never
) -> Warnings:
    """Poll for so long; return what is warned of at the end."""
    warnings = Warnings()
    schedule = MemorySchedule()

    @asynccontextmanager
    async def open_schedule() -> AsyncIterator[MemorySchedule]:
        yield schedule

    async def some_hours() -> None:
        polling = Polling(
            provider=provider,
            open_schedule=open_schedule,
            with_deals=desk,
            record=desk.record,
            zone=BERLIN,
            limits=LIMITS,
            refresh_s=REFRESH_S,
            clock=now,
            rng=random.Random(1),
            look_every_s=10,
            warnings=warnings,
            deals_are_late=lambda: deals_are_late(asyncio.get_running_loop().time()),
        )
        with suppress(TimeoutError):
            await asyncio.wait_for(poll(polling), seconds)

    run_in_virtual_time(some_hours())
    return warnings
