"""Over hours of polling, no period starves another."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from adapters.market_data.client import ProviderAnswer
from domain.events import ReferencePriceUpdated
from domain.periods import DeliveryPeriod, hours_of, periods_of
from domain.polling import Asked, DueRequest, PeriodKey, RequestLimit, affordable, allowance, key_of
from tests.scripted_provider import price_body
from tests.virtual_time import run_in_virtual_time
from wattbook.poll import poll
from wattbook.polling import Polling

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
    """Answers each period with the next status of its kind, some seconds late."""

    def __init__(self, status_of: Callable[[DeliveryPeriod, float], int]) -> None:
        self._status_of = status_of
        self._rng = random.Random(1)
        self.seen: dict[DeliveryPeriod, list[float]] = {}

    async def ask(self, period: DeliveryPeriod) -> ProviderAnswer:
        asked_at = asyncio.get_running_loop().time()
        self.seen.setdefault(period, []).append(asked_at)
        await asyncio.sleep(self._rng.uniform(0.05, 3.0))
        status = self._status_of(period, asked_at)
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

    async def news(self) -> Collection[PeriodKey]:
        return [key_of(period) for period, _ in self._periods]

    async def read(self, now: datetime, periods: Collection[PeriodKey]) -> Sequence[tuple[DeliveryPeriod, bool]]:
        self.reads += 1
        await asyncio.sleep(self._read_takes_s)
        return [each for each in self._periods if each[0].end > now or key_of(each[0]) in periods]

    async def record(self, event: ReferencePriceUpdated) -> bool:
        return event.period.minutes == 60


def poll_for(seconds: float, provider: Provider, desk: Desk) -> None:
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
        )
        with suppress(TimeoutError):
            await asyncio.wait_for(poll(polling), seconds)

    run_in_virtual_time(some_hours())


@pytest.mark.parametrize("refused", [12, 96])
def test_periods_that_are_always_refused_starve_no_other_and_are_no_outage(
    refused: int, caplog: pytest.LogCaptureFixture
) -> None:
    provider = Provider(lambda period, _: 400 if period.minutes == 15 else 200)
    poll_for(2 * 3600, provider, Desk(HOURS, QUARTERS[:refused]))
    assert provider.longest_gap_s(HOURS, until=2 * 3600) <= REFRESH_S + 30
    assert all(len(provider.seen[quarter]) >= 5 for quarter in QUARTERS[:refused])
    said = [record.message for record in caplog.records]
    assert len(said) == refused
    assert all(message.startswith("no reference price for 2023-02-06") for message in said)


def test_refused_periods_do_not_hold_up_the_others_when_an_outage_ends(caplog: pytest.LogCaptureFixture) -> None:
    provider = Provider(lambda period, at: 500 if at < 1800 else 400 if period.minutes == 15 else 200)
    poll_for(2 * 3600, provider, Desk(HOURS, QUARTERS))
    assert provider.longest_gap_s(HOURS, until=2 * 3600) <= 1800 + REFRESH_S + 60
    assert [record.message for record in caplog.records if "provider" in record.message.split(":")[0]] == [
        "the market-data provider fails (the provider answered with status 500); it is asked again until it answers",
        "the market-data provider answers again",
    ]


def test_where_a_look_takes_long_most_of_the_time_is_left_to_others() -> None:
    provider, desk = Provider(lambda *_: 200), Desk((), HOURS, read_takes_s=0.5)
    poll_for(600, provider, desk)
    assert 600 / 15 <= desk.reads <= 600 / 5 + 1
    assert all(hour in provider.seen for hour in HOURS)


def test_a_normal_day_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Hours without a price yet answer 404 until their first deal, some of them for the whole time."""
    provider = Provider(lambda period, at: 404 if at < 3600 or period.start.hour % 3 == 0 else 200)
    poll_for(2 * 3600, provider, Desk(HOURS[1::3], HOURS[::3]))
    assert sum(map(len, provider.seen.values())) > 300
    assert [record.message for record in caplog.records] == []
