"""How do reference prices come in? The loop that asks the market-data provider, run by one recorder at a time."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn

from adapters.market_data.answers import Observation, read_answer
from adapters.market_data.client import ProviderAnswer, open_market_data
from adapters.market_data.schedule import open_schedule
from domain.agenda import Agenda
from domain.errors import OddAnswerError, ProviderUnreachableError, UnusableAnswerError
from domain.events import ReferencePriceUpdated
from domain.periods import DeliveryPeriod
from domain.polling import Asked, PeriodKey, key_of
from domain.turns import Look, Room, Turns
from wattbook.patience import SLOW_S, Failure, Patience, failure_of
from wattbook.polling import PeriodsWithDeals, Polling, RecordPrice, Schedule
from wattbook.polling_complaints import PollingComplaints
from wattbook.process import utc_now
from wattbook.settings import Settings
from wattbook.warnings import Warnings

IN_FLIGHT: Final = 16
"""Requests under way at once: answers come up to 30 s late and must not hold up each other."""

KEPT_FREE: Final = 4
"""Of these, so many are kept for periods with deals that need a price soon."""

LONGEST_DATABASE_WAIT_S: Final = 15.0

RESTS: Final = 9
"""After a look the loop rests so many times as long as it took: it shares its process with the journals' recorder."""

LONGEST_REST_S: Final = 10.0

_LOG: Final = logging.getLogger(__name__)


async def poll_market_data(
    settings: Settings,
    market_data_url: str,
    database_url: str,
    with_deals: PeriodsWithDeals,
    record: RecordPrice,
    deals_are_late: Callable[[], bool],
    warnings: Warnings,
) -> NoReturn:
    """Poll the provider at *market_data_url* until cancelled, with the schedule kept in the database."""
    async with open_market_data(market_data_url, utc_now) as provider:
        await poll(
            Polling(
                provider=provider,
                open_schedule=lambda: open_schedule(database_url),
                with_deals=with_deals,
                record=record,
                zone=settings.timezone,
                limits=settings.market_data_limits,
                refresh_s=settings.market_data_refresh_s,
                clock=utc_now,
                rng=random.SystemRandom(),
                deals_are_late=deals_are_late,
                warnings=warnings,
            )
        )


async def poll(polling: Polling) -> NoReturn:
    """Ask, read, record and remember until cancelled; no failure of provider or database ends it.

    Several may run, in any processes: one leads, the others wait to take over.
    """
    await _Poller(polling).run()


@dataclass(frozen=True)
class _Outcome:
    period: DeliveryPeriod
    came: ProviderAnswer | ProviderUnreachableError


class _Poller:
    def __init__(self, polling: Polling) -> None:
        self._polling = polling
        self._patience = Patience(polling.rng)
        self._agenda = Agenda(polling.refresh_s)
        self._in_flight: dict[PeriodKey, asyncio.Task[_Outcome]] = {}
        self._sent_at: dict[PeriodKey, float] = {}
        self._turns = Turns(polling.zone, polling.refresh_s)
        self._gives_way, self._late_until = False, 0.0
        self._outcomes: list[_Outcome] = []
        self._leads = False
        self._made = 0
        self._complaints = PollingComplaints(polling.warnings)
        self._paused_until = 0.0
        self._rests_until = 0.0
        self._look_in_s = polling.look_every_s

    async def run(self) -> NoReturn:
        failures, polling = 0, self._polling
        try:
            while True:
                try:
                    async with polling.open_schedule() as schedule:
                        while not await schedule.lead():
                            self._complaints.provider_is_not_down()  # the one that leads knows
                            await self._settle(schedule)
                        self._agenda.load(await schedule.asked(), polling.clock())
                        self._patience.begin()
                        self._turns.catch_up(polling.clock())
                        self._leads = True
                        while True:
                            await self._ask(schedule)
                            await self._settle(schedule)
                            failures = 0
                            self._complaints.went_on()
                except Exception as error:
                    self._leads = False
                    # Whatever the database or a port does, polling goes on when it can again.
                    failures += 1
                    self._complaints.stopped(error)
                    wait_s = min(2.0 ** min(failures - 1, 16), LONGEST_DATABASE_WAIT_S)
                    await asyncio.sleep(wait_s * polling.rng.uniform(0.5, 1.0))
        finally:
            tasks = list(self._in_flight.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, schedule: Schedule) -> None:
        """Send what is due and allowed; a request leaves at once when its permit is taken."""
        polling = self._polling
        slots = self._patience.at_most(_steady(), len(self._in_flight), IN_FLIGHT, slow=self._slow())
        self._look_in_s = min(polling.look_every_s, max(self._rests_until - _steady(), 0.0)) or polling.look_every_s
        if self._gives_way_to_deals() or not slots or _steady() < self._rests_until:
            return
        now, began = polling.clock(), _steady()
        with_deals = await self._with_deals(now)
        asked = self._agenda.asked
        look = Look(now, self._room(slots), with_deals, asked, besides=self._in_flight)
        if self._patience.down_as:
            due = self._turns.usual(look)
        else:
            due = self._turns.next(look, answers_may_come=self._slow() < len(self._in_flight))
        self._rests_until = _steady() + min(RESTS * (_steady() - began), LONGEST_REST_S)
        if not due:
            return
        granted = await schedule.take_permits(polling.limits, due, at_most=slots, made_before=self._made)
        self._made += len(granted)
        for request in granted:
            key = key_of(request.period)
            self._in_flight[key] = asyncio.create_task(self._request(request.period))
            self._sent_at[key] = _steady()
            known = asked.get(key)
            self._agenda.note(request.period, known.asked_again(now) if known else Asked(now), now)
        for request in granted:
            await schedule.note(request.period, asked[key_of(request.period)])

    def _room(self, slots: int) -> Room:
        kept_free = 0 if self._patience.down_as else KEPT_FREE
        return Room(slots, max(min(slots, IN_FLIGHT - len(self._in_flight) - kept_free), 0))

    def _slow(self) -> int:
        """Return how many requests have been under way for so long that they say nothing about the others."""
        return sum(_steady() - self._sent_at[key] >= SLOW_S for key in self._in_flight)

    def _gives_way_to_deals(self) -> bool:
        """Return whether deals wait too long for the log: then it is theirs alone."""
        if self._polling.deals_are_late():
            self._late_until = _steady() + LONGEST_REST_S  # of several journals one may be late and the next not
        late = _steady() < self._late_until
        if late != self._gives_way:
            self._gives_way = late
            goes = "stops until deals that wait are recorded" if late else "goes on: the deals that waited are recorded"
            _LOG.warning("polling reference prices %s", goes)
        return late

    async def _with_deals(self, now: datetime) -> Sequence[tuple[DeliveryPeriod, bool]]:
        """Return the periods with deals that may be due."""
        self._agenda.add(await self._polling.with_deals.news(), now)
        looked_at = self._agenda.look_at(now)
        with_deals = await self._polling.with_deals.read(now, looked_at)
        self._agenda.drop(set(looked_at).difference(key_of(period) for period, _ in with_deals))
        return with_deals

    async def _request(self, period: DeliveryPeriod) -> _Outcome:
        try:
            return _Outcome(period, await self._polling.provider.ask(period))
        except ProviderUnreachableError as error:
            return _Outcome(period, error)

    async def _settle(self, schedule: Schedule) -> None:
        """Wait for answers, a second at most, and deal with them; what cannot be recorded yet stays."""
        if not self._in_flight:
            await asyncio.sleep(self._look_in_s)
        else:
            await asyncio.wait(self._in_flight.values(), timeout=self._look_in_s, return_when=asyncio.FIRST_COMPLETED)
        for key in [key for key, task in self._in_flight.items() if task.done()]:
            self._outcomes.append(self._in_flight.pop(key).result())
            del self._sent_at[key]
        while self._outcomes:
            await self._take_in(self._outcomes[0], schedule)
            self._outcomes.pop(0)

    async def _take_in(self, outcome: _Outcome, schedule: Schedule) -> None:
        answer, period = outcome.came, outcome.period
        if isinstance(answer, ProviderUnreachableError):
            self._failed(period, "is unreachable", str(answer))
            return
        await self._obey(answer, schedule)
        try:
            said = read_answer(answer.status, answer.body, asked=period, zone=self._polling.zone)
        except OddAnswerError as error:
            self._complaints.odd(period, _with_location(str(error), answer))
            await self._served(schedule)
            return
        except UnusableAnswerError as error:
            self._failed(period, failure_of(answer.status), _with_location(str(error), answer))
            return
        news = False
        if isinstance(said, Observation):
            event = ReferencePriceUpdated(
                period=period,
                value=said.value,
                last_update=said.last_update,
                fetched_at=answer.received_at,
                original=answer.body,
            )
            news = await self._polling.record(event)
            await schedule.note_fetched(answer.received_at)
        key = key_of(period)
        if self._leads:  # what came of each request is remembered by the one that leads
            known = self._agenda.asked.get(key) or Asked(answer.received_at)
            answered = known.answered(period, answer.received_at, news=news)
            self._agenda.note(period, answered, answer.received_at)
            await schedule.note(period, answered)
        self._complaints.answered(period)
        await self._served(schedule)

    async def _obey(self, answer: ProviderAnswer, schedule: Schedule) -> None:
        """Stop all requests of all processes for as long as the provider asks for."""
        seconds = answer.retry_after_s
        if seconds is None and answer.status == 429:
            seconds = self._patience.refusal_s(_steady())
        if seconds:
            await schedule.pause(seconds)
            if _steady() + seconds > self._paused_until + 1:
                _LOG.warning("the market-data provider asks for a pause: no requests for %.0f s", seconds)
            self._paused_until = max(self._paused_until, _steady() + seconds)

    def _failed(self, period: DeliveryPeriod, kind: Failure, why: str) -> None:
        if self._patience.failed(kind, _steady()):
            self._complaints.outage_began(kind, why, self._polling.clock())
        if self._patience.down_as is not None:
            self._complaints.provider_is_down()
            return
        known = self._agenda.asked.get(key_of(period))
        if known and known.unanswered > 1:  # the first may be an outage that begins
            self._complaints.odd(period, why)

    async def _served(self, schedule: Schedule) -> None:
        if self._patience.served():
            self._complaints.provider_is_not_down()
            self._turns.catch_up(self._polling.clock())
            if self._leads:
                await schedule.forgive()
                self._agenda.load(await schedule.asked(), self._polling.clock())


def _with_location(why: str, answer: ProviderAnswer) -> str:
    return f"{why} and points to {answer.location[:200]}" if answer.location else why


def _steady() -> float:
    return asyncio.get_running_loop().time()
