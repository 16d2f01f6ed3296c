"""Polling goes on through everything a provider, a database or another process can do."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import psycopg
import pytest
from aiohttp import web

from adapters.market_data.client import open_market_data
from adapters.market_data.schedule import open_schedule
from adapters.postgres.installation import install
from adapters.read_models.feeds import reference_price_fetched_at
from domain.events import ReferencePriceUpdated
from domain.periods import DeliveryPeriod, parse_period
from domain.polling import RequestLimit
from projections import READ_MODELS
from tests.scripted_provider import Handler, ScriptedProvider, drop, half, price, price_body, scripted_provider
from tests.waiting import eventually
from wattbook.poll import Polling, poll

BERLIN = ZoneInfo("Europe/Berlin")
OLD = parse_period(date(2023, 2, 6), "12-13", BERLIN)
QUARTER = parse_period(date(2023, 2, 6), "13:15-13:30", BERLIN)
DAY = "2023-02-06"
MANY = (RequestLimit(10_000, 60),)


class Desk:
    """Periods with deals, and a log that knows duplicates; ``broken`` is what the log fails with."""

    def __init__(self, *periods: DeliveryPeriod) -> None:
        self.periods = periods
        self.recorded: list[ReferencePriceUpdated] = []
        self.broken: Exception | None = None
        self.refused = 0

    async def read(self) -> Sequence[tuple[DeliveryPeriod, bool]]:
        priced = {event.period for event in self.recorded if event.value is not None}
        return [(period, period in priced) for period in self.periods]

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


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    async with scripted_provider() as scripted:
        yield scripted


@pytest.fixture
def installed(database: str) -> str:
    install(database, READ_MODELS)
    return database


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


async def test_a_period_with_deals_gets_its_price_with_the_exact_bytes(
    installed: str, provider: ScriptedProvider
) -> None:
    desk = Desk(OLD)
    async with polling(installed, provider.base_url, desk, refresh_s=600):
        await eventually(lambda: desk.has(OLD))
    event = next(event for event in desk.recorded if event.period == OLD)
    assert event.value == Decimal(100)
    assert event.last_update == datetime(2023, 2, 6, 9, 15, 45, tzinfo=UTC)
    assert event.original == price_body(DAY, "12-13")
    assert provider.labels_seen[0] == f"{DAY} 12-13"
    async with await psycopg.AsyncConnection.connect(installed) as connection:
        assert await reference_price_fetched_at(connection) is not None


async def test_the_tradable_hours_without_deals_are_asked_too(installed: str, provider: ScriptedProvider) -> None:
    desk = Desk()
    async with polling(installed, provider.base_url, desk, refresh_s=600):
        await eventually(lambda: len(desk.recorded) >= 24)
    assert len(set(provider.labels_seen)) == len(provider.labels_seen)


async def test_an_answer_that_never_comes_does_not_hold_up_the_others(
    installed: str, provider: ScriptedProvider
) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        if request.query["delivery_hour"] == "12-13":
            await asyncio.Event().wait()
        return await price(request)

    provider.handler = slow
    desk = Desk(OLD, QUARTER)
    async with polling(installed, provider.base_url, desk):
        await eventually(lambda: desk.has(QUARTER) and provider.labels_seen.count(f"{DAY} 13:15-13:30") > 1)
    assert provider.labels_seen.count(f"{DAY} 12-13") == 1


async def answer_500(_: web.Request) -> web.StreamResponse:
    return web.Response(status=500, text="out of order")


async def answer_html(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>maintenance</html>", content_type="text/html")


async def answer_another_hour(request: web.Request) -> web.StreamResponse:
    return web.Response(body=price_body(request.query["delivery_day"], "03-04", value=-1.0))


async def refuse_for_a_second(_: web.Request) -> web.StreamResponse:
    return web.Response(status=429, headers={"Retry-After": "1"})


@pytest.mark.parametrize("fault", [answer_500, answer_html, answer_another_hour, refuse_for_a_second, drop, half])
async def test_polling_recovers_by_itself_and_says_when_the_outage_began_and_ended(
    fault: Handler, installed: str, provider: ScriptedProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "wattbook.poll")
    provider.handler = fault
    desk = Desk(OLD)
    async with polling(installed, provider.base_url, desk):
        await eventually(lambda: "it is asked again until it answers" in caplog.text)
        assert desk.recorded == []
        provider.handler = price
        await eventually(lambda: desk.has(OLD) and "answers again" in caplog.text)
    assert all(event.value == Decimal(100) for event in desk.recorded)
    said = [record.message for record in caplog.records if "answer" in record.message and " again" in record.message]
    # Of requests under way when the provider recovers some may still fail, so it may be said twice, but in turn.
    assert ["answers again" in message for message in said] == [bool(turn % 2) for turn in range(len(said))]


async def test_404_sets_no_price_and_the_period_is_asked_again(installed: str, provider: ScriptedProvider) -> None:
    async def unknown_at_first(request: web.Request) -> web.StreamResponse:
        if provider.labels_seen.count(f"{DAY} 12-13") == 1:
            return web.Response(status=404)
        return await price(request)

    provider.handler = unknown_at_first
    desk = Desk(OLD)
    async with polling(installed, provider.base_url, desk):
        await eventually(lambda: desk.has(OLD))
    assert provider.labels_seen.count(f"{DAY} 12-13") == 2


async def test_retry_after_stops_every_request_of_every_process(installed: str, provider: ScriptedProvider) -> None:
    provider.answers(status=503, Retry_After="3600")
    async with polling(installed, provider.base_url, Desk(OLD)):
        await eventually(lambda: paused(installed))
    seen = len(provider.seen)
    async with polling(installed, provider.base_url, Desk(OLD, QUARTER)) as second:
        await eventually(lambda: leader_is_polling(installed))
        assert not second.done()
    assert len(provider.seen) == seen <= 16


async def test_the_limits_hold_over_restarts(installed: str, provider: ScriptedProvider) -> None:
    limits = (RequestLimit(7, 3600),)
    for _ in range(2):
        async with polling(installed, provider.base_url, Desk(OLD, QUARTER), limits):
            await eventually(lambda: len(provider.seen) == 6)
            await eventually(lambda: leader_is_polling(installed))
    assert len(provider.seen) <= 7


async def test_a_price_that_cannot_be_recorded_is_kept_until_it_can(
    installed: str, provider: ScriptedProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "wattbook.poll")
    desk = Desk(OLD)
    desk.broken = OSError("the log is away")
    async with polling(installed, provider.base_url, desk, refresh_s=600):
        await eventually(lambda: desk.refused >= 2)
        asked = provider.labels_seen.count(f"{DAY} 12-13")
        desk.broken = None
        await eventually(lambda: desk.has(OLD) and "goes on" in caplog.text)
    assert asked == provider.labels_seen.count(f"{DAY} 12-13") == 1
    assert caplog.text.count("polling reference prices pauses") == 1


async def test_polling_goes_on_after_its_database_connection_is_cut(installed: str, provider: ScriptedProvider) -> None:
    desk = Desk()
    async with polling(installed, provider.base_url, desk):
        await eventually(lambda: bool(desk.recorded))
        async with await psycopg.AsyncConnection.connect(installed) as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        desk.periods = (OLD,)
        await eventually(lambda: desk.has(OLD))


async def test_one_of_several_pollers_asks_and_another_takes_over(installed: str, provider: ScriptedProvider) -> None:
    first, second = Desk(OLD), Desk(OLD, QUARTER)
    async with polling(installed, provider.base_url, first, refresh_s=600):
        await eventually(lambda: first.has(OLD))
        async with polling(installed, provider.base_url, second, refresh_s=600) as waiting:
            await eventually(lambda: connections(installed, 2))
            assert second.recorded == []
            async with await psycopg.AsyncConnection.connect(installed) as connection:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
                )
            await eventually(lambda: second.has(QUARTER))
            assert not waiting.done()


async def test_cancelling_leaves_nothing_behind(installed: str, provider: ScriptedProvider) -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    provider.handler = never
    before = asyncio.all_tasks()
    async with polling(installed, provider.base_url, Desk(OLD)):
        await eventually(lambda: len(provider.seen) > 3)
    await eventually(lambda: asyncio.all_tasks() <= before)
    await eventually(lambda: connections(installed, 0))


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
