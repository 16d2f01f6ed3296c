"""Is each view computed once per change for all who watch it, and nothing kept for nobody?"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import pytest

from domain.canonical import Fields
from domain.errors import DatabaseUnavailableError
from graphql_api.hub import Hub
from graphql_api.metrics import Metrics
from graphql_api.ports import Snapshot, Store
from graphql_api.views import HealthQuestion, PerformanceQuestion
from projections.deals import DealRow, contributions
from projections.reading import Changes, Scope
from tests.notation import DAY, deal, recorded
from tests.waiting import eventually

TOMORROW = DAY.replace(day=DAY.day + 1)


@dataclass(frozen=True)
class CountingQuestion:
    """A view that shows the position, and is concerned by deals of one trader."""

    trader: str
    every_s: float | None = None

    def concerns(self, changes: Changes) -> bool:
        return (self.trader, DAY) in changes.books

    async def answer(self, snapshot: Snapshot) -> Fields:
        cast("FakeSnapshot", snapshot).store.computed += 1
        return {"position": snapshot.projected}


@dataclass
class FakeSnapshot:
    """Knows which trader each position is about."""

    store: "FakeStore"
    projected: int
    head: int

    async def changes(self, after: int) -> Changes:
        if self.store.silent:
            self.store.refused += 1
            raise DatabaseUnavailableError("silent")
        return Changes(books=frozenset((trader, DAY) for trader in self.store.traders[after : self.projected]))


@dataclass
class FakeStore:
    """A log in which each event is a deal of a trader."""

    traders: list[str] = field(default_factory=list)
    computed: int = 0
    pages: int = 0
    away: bool = False
    silent: bool = False
    refused: int = 0

    async def positions(self) -> FakeSnapshot:
        return FakeSnapshot(self, len(self.traders), len(self.traders))

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[FakeSnapshot]:
        if self.away:
            self.refused += 1
            raise DatabaseUnavailableError("away")
        yield await self.positions()

    async def recorded_deals(
        self, scope: Scope, trader_id: str | None, after: int, until: int, limit: int
    ) -> Sequence[DealRow]:
        self.pages += 1
        await asyncio.sleep(0)
        if self.away:
            self.refused += 1
            raise DatabaseUnavailableError("away")
        log = recorded(
            [deal(f"{trader} buys 1 MW 08-09 at 1", deal_id=str(n)) for n, trader in enumerate(self.traders)]
        )
        rows = [row for event in log for row in contributions(event)]
        wanted = [row for row in rows if after < row.position <= until and trader_id in (None, row.trader_id)]
        return wanted[:limit]


class FakeWatch:
    """News that a test makes."""

    def __init__(self) -> None:
        self.news = asyncio.Event()

    async def moves(self) -> AsyncGenerator[None, None]:
        while True:
            yield
            await self.news.wait()
            self.news.clear()


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Scene:
    """A hub over fakes."""

    store: FakeStore = field(default_factory=FakeStore)
    watch: FakeWatch = field(default_factory=FakeWatch)
    clock: Clock = field(default_factory=Clock)

    def hub(self) -> Hub:
        return Hub(cast("Store", self.store), self.watch, self.clock, Metrics())

    def trades(self, *traders: str) -> None:
        """Record a deal of each trader and tell the hub."""
        self.store.traders.extend(traders)
        self.watch.news.set()


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def next_of(answers: AsyncGenerator[Fields, None]) -> object:
    async with asyncio.timeout(5):
        return (await anext(answers))["position"]


async def test_a_watcher_gets_the_state_now_and_after_each_change_that_concerns_it(scene: Scene) -> None:
    async with scene.hub() as hub, aclosing(hub.watch(CountingQuestion("anna"))) as answers:
        assert await next_of(answers) == 0
        scene.clock.now += 10
        scene.trades("anna")
        assert await next_of(answers) == 1
        scene.clock.now += 10
        scene.trades("bob", "anna")
        assert await next_of(answers) == 3


async def test_equal_questions_are_computed_once(scene: Scene) -> None:
    async with scene.hub() as hub:
        async with (
            aclosing(hub.watch(CountingQuestion("anna"))) as one,
            aclosing(hub.watch(CountingQuestion("anna"))) as two,
        ):
            assert await next_of(one) == await next_of(two) == 0
            scene.clock.now += 10
            scene.trades("anna")
            assert await next_of(one) == await next_of(two) == 1
        assert scene.store.computed == 2


async def test_who_is_slow_gets_the_newest_only(scene: Scene) -> None:
    async with (
        scene.hub() as hub,
        aclosing(hub.watch(CountingQuestion("anna"))) as slow,
        aclosing(hub.watch(CountingQuestion("anna"))) as quick,
    ):
        assert await next_of(slow) == 0
        assert await next_of(quick) == 0
        for number in (1, 2, 3):
            scene.clock.now += 10
            scene.trades("anna")
            assert await next_of(quick) == number
        assert await next_of(slow) == 3


async def test_a_view_that_nobody_watches_is_not_computed(scene: Scene) -> None:
    async with scene.hub() as hub:
        async with aclosing(hub.watch(CountingQuestion("anna"))) as answers:
            await next_of(answers)
        async with aclosing(hub.watch(CountingQuestion("bob"))) as answers:
            await next_of(answers)
            scene.clock.now += 10
            scene.trades("anna", "bob")
            await next_of(answers)
        assert scene.store.computed == 3


async def test_all_deals_come_in_order_from_shared_pages(scene: Scene) -> None:
    scene.store.traders = ["anna", "bob"] * 600
    async with (
        scene.hub() as hub,
        aclosing(hub.deals(Scope(), None, 0)) as one,
        aclosing(hub.deals(Scope(), None, 0)) as two,
    ):
        for position in range(1, 1201):
            first, second = await asyncio.gather(anext(one), anext(two))
            assert first.position == second.position == position
        assert scene.store.pages == 3
        scene.trades("anna")
        first, second = await asyncio.gather(anext(one), anext(two))
        assert first.position == second.position == 1201


async def test_deals_go_on_from_a_position_that_is_not_yet_worked_in(scene: Scene) -> None:
    scene.store.traders = ["anna"]
    async with scene.hub() as hub, aclosing(hub.deals(Scope(), None, 3)) as deals:
        coming = asyncio.create_task(anext(deals))
        scene.trades("anna")
        await asyncio.sleep(0)
        scene.trades("anna", "anna", "anna")
        assert (await asyncio.wait_for(coming, 5)).position == 4


async def test_watchers_wait_out_a_database_that_is_away(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphql_api.hub.RETRY_S", 0.001)
    scene.store.away = True
    async with scene.hub() as hub, aclosing(hub.watch(CountingQuestion("anna"))) as answers:
        first = asyncio.create_task(next_of(answers))
        await eventually(lambda: scene.store.refused >= 2)
        scene.store.away = False
        scene.trades("anna")
        assert await first == 1


async def test_no_deal_is_skipped_while_the_database_is_away(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphql_api.hub.RETRY_S", 0.001)
    scene.store.traders = ["anna", "bob"]
    async with scene.hub() as hub, aclosing(hub.deals(Scope(), None, 0)) as deals:
        assert [(await anext(deals)).position, (await anext(deals)).position] == [1, 2]
        scene.store.away = True
        coming = asyncio.create_task(anext(deals))
        scene.trades("anna")
        await eventually(lambda: scene.store.refused >= 1)
        scene.store.away = False
        scene.watch.news.set()
        assert (await asyncio.wait_for(coming, 5)).position == 3


async def test_deals_do_not_wait_for_views_and_no_change_is_lost_on_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphql_api.hub.RETRY_S", 0.001)
    async with (
        scene.hub() as hub,
        aclosing(hub.watch(CountingQuestion("anna"))) as answers,
        aclosing(hub.deals(Scope(), None, 0)) as deals,
    ):
        assert await next_of(answers) == 0
        scene.clock.now += 10
        scene.store.silent = True
        scene.trades("anna")
        assert (await asyncio.wait_for(anext(deals), 5)).position == 1
        await eventually(lambda: scene.store.refused >= 1)
        scene.store.silent = False
        scene.watch.news.set()
        assert await next_of(answers) == 1


async def test_leaving_a_hub_leaves_no_task(scene: Scene) -> None:
    before = asyncio.all_tasks()
    async with scene.hub() as hub, aclosing(hub.watch(CountingQuestion("anna"))) as answers:
        await next_of(answers)
    assert asyncio.all_tasks() == before


def test_what_concerns_a_performance() -> None:
    anna, desk = PerformanceQuestion("anna", DAY), PerformanceQuestion(None, DAY)
    for changes, concerned in (
        (Changes(books=frozenset({("anna", DAY)})), (True, True)),
        (Changes(books=frozenset({("bob", DAY)})), (False, True)),
        (Changes(books=frozenset({("anna", TOMORROW)})), (False, False)),
        (Changes(priced_days=frozenset({DAY})), (True, True)),
        (Changes(priced_days=frozenset({TOMORROW})), (False, False)),
        (Changes(rejections=True), (True, True)),
        (Changes(feeds=True), (True, True)),
        (Changes(), (False, False)),
    ):
        assert (anna.concerns(changes), desk.concerns(changes)) == concerned


def test_health_is_for_all_of_one_scope_and_beats_by_itself() -> None:
    def clock() -> datetime:
        return datetime(2023, 2, 6, tzinfo=UTC)

    assert HealthQuestion(Scope(), clock) == HealthQuestion(Scope(), clock)
    assert HealthQuestion(Scope("anna"), clock) != HealthQuestion(Scope(), clock)
    assert HealthQuestion(Scope(), clock).every_s == 2.0
