"""Which periods have deals is read from the tables, at a cost that does not grow with history."""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.market_data.periods_with_deals import PeriodsWithDeals
from adapters.read_models.tables import ReadTables
from domain.agenda import Agenda
from domain.events import DealConfirmed, Event
from domain.periods import DeliveryPeriod
from domain.polling import Asked, PeriodKey, due_requests, key_of
from projections import READ_MODELS
from tests.notation import BERLIN, DAY, cancelled, corrected, deal, period, recorded, reference_price

NOON = datetime(2023, 2, 6, 11, tzinfo=UTC)
LAST_YEAR = date(2022, 2, 6)
LABELS = ("08-09", "11-12", "12-13", "12:00-12:15", "18-19", "18:30-19:00", "18:30-18:45")


class Book:
    """A log, the tables made of it, and what is read of them."""

    def __init__(self, tables: ReadTables, with_deals: PeriodsWithDeals) -> None:
        self._tables = tables
        self._length = 0
        self.with_deals = with_deals

    async def happens(self, *events: Event) -> int:
        page = recorded(events, after=self._length)
        await self._tables.apply([(model, model.fold(page)) for model in READ_MODELS], self._length, page[-1].position)
        self._length = page[-1].position
        return self._length

    async def read(self, *delivered: DeliveryPeriod) -> dict[DeliveryPeriod, bool]:
        return dict(await self.with_deals.read(NOON, [key_of(each) for each in delivered]))


@pytest.fixture
async def book(installed: str) -> AsyncIterator[Book]:
    with_deals = PeriodsWithDeals(installed)
    async with ReadTables(installed) as tables:
        yield Book(tables, with_deals)
    await with_deals.close()


async def test_open_periods_are_always_read_and_delivered_ones_when_named(book: Book) -> None:
    await book.happens(
        deal("anna buys 1 MW 12-13 at 40", deal_id="1"),
        deal("bert buys 1 MW 12-13 at 40", deal_id="2"),
        deal("anna buys 1 MW 12:00-12:15 at 40", deal_id="3"),
        deal("anna buys 1 MW 11-12 at 40", deal_id="4"),
        deal("anna buys 1 MW 08-09 at 40", deal_id="5"),
        reference_price("12-13 at 28"),
        reference_price("11-12 at 28"),
        reference_price("11-12 undefined", last_update="10:00:00"),
    )
    assert await book.read() == {period("12-13"): True, period("12:00-12:15"): False}
    assert await book.read(period("11-12"), period("09-10")) == await book.read() | {period("11-12"): False}


async def test_periods_without_a_deal_left_are_not_read(book: Book) -> None:
    made = deal("anna buys 1 MW 18-19 at 40")
    await book.happens(made, cancelled(made, replaces=1))
    assert await book.read(period("18-19")) == {}


async def test_what_changed_is_told_once_and_everything_at_first(book: Book, installed: str) -> None:
    assert list(await book.with_deals.news()) == []
    made = deal("anna buys 1 MW 08-09 at 40", day=LAST_YEAR)
    await book.happens(made)
    assert list(await book.with_deals.news()) == [key_of(period("08-09", LAST_YEAR))]
    assert list(await book.with_deals.news()) == []
    moved = deal("anna buys 1 MW 18-19 at 40", day=LAST_YEAR)
    await book.happens(corrected(made, moved, replaces=1), reference_price("12-13 at 28"))
    both = {key_of(period("08-09", LAST_YEAR)), key_of(period("18-19", LAST_YEAR))}
    assert set(await book.with_deals.news()) == both
    later = PeriodsWithDeals(installed)
    assert set(await later.news()) == both
    await later.close()


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_due_is_what_would_be_due_of_all_periods(book: Book, seed: int) -> None:
    rng, now = random.Random(seed), NOON
    periods = [period(label, day) for label in LABELS for day in (DAY, LAST_YEAR)]
    agenda, made, asked = Agenda(600), dict[int, DealConfirmed](), dict[PeriodKey, Asked]()
    for step in range(60):
        now += timedelta(seconds=rng.choice((0, 1, 29, 600, 4000)))
        one = rng.choice(periods)
        match rng.choice(("deal", "cancel", "price", "ask", "answer")):
            case "deal":
                confirmed = deal(f"anna buys 1 MW {one.label} at 40", day=one.day, deal_id=str(step))
                made[await book.happens(confirmed)] = confirmed
            case "cancel" if made:
                position = rng.choice(list(made))
                await book.happens(cancelled(made.pop(position), replaces=position))
            case "price":
                await book.happens(reference_price(f"{one.label} at {step}", day=one.day))
            case "ask":
                known = asked.get(key_of(one))
                asked[key_of(one)] = known.asked_again(now) if known else Asked(now)
                agenda.note(one, asked[key_of(one)], now)
            case "answer" if known := asked.get(key_of(one)):
                asked[key_of(one)] = known.answered(one, now, news=rng.random() < 0.5)
                agenda.note(one, asked[key_of(one)], now)
        agenda.add(await book.with_deals.news(), now)
        named = agenda.look_at(now)
        found = await book.with_deals.read(now, named)
        agenda.drop(set(named).difference(key_of(each) for each, _ in found))
        everything = await book.with_deals.read(now, [key_of(each) for each in periods])
        assert {each for each, _ in everything} == {each.deal.period for each in made.values()}
        assert due(now, found, asked) == due(now, everything, asked)


def due(now: datetime, with_deals: Sequence[tuple[DeliveryPeriod, bool]], asked: dict[PeriodKey, Asked]) -> object:
    return due_requests(now, zone=BERLIN, with_deals=with_deals, asked=asked, refresh_s=600)
