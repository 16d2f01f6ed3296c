"""Polling goes on through everything a provider, a database or another process can do."""

import asyncio
import logging
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pytest
from aiohttp import web

from adapters.read_models.feeds import reference_price_fetched_at
from domain.periods import parse_period
from tests.poller import BERLIN, Desk, connections, paused, polling
from tests.scripted_provider import Handler, ScriptedProvider, drop, half, price, price_body
from tests.waiting import eventually

OLD = parse_period(date(2023, 2, 6), "12-13", BERLIN)
QUARTER = parse_period(date(2023, 2, 6), "13:15-13:30", BERLIN)
DAY = "2023-02-06"


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


@pytest.mark.parametrize("fault", [answer_500, answer_html, refuse_for_a_second, drop, half])
async def test_polling_recovers_by_itself_and_says_when_the_outage_began_and_ended(
    fault: Handler, installed: str, provider: ScriptedProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "wattbook.poll")
    provider.handler = fault
    desk = Desk(OLD)
    async with polling(installed, provider.base_url, desk):
        await eventually(lambda: "It is asked again by itself" in caplog.text)
        assert desk.recorded == []
        provider.handler = price
        await eventually(lambda: desk.has(OLD) and "No longer so" in caplog.text)
    assert all(event.value == Decimal(100) for event in desk.recorded)
    said = [record.message for record in caplog.records if "The market-data provider" in record.message]
    # Of requests under way when the provider recovers some may still fail, so it may be said twice, but in turn.
    assert [message.startswith("No longer so") for message in said] == [bool(turn % 2) for turn in range(len(said))]


async def test_an_answer_for_another_hour_sets_no_price_and_is_no_outage(
    installed: str, provider: ScriptedProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "wattbook.poll")
    provider.handler = answer_another_hour
    desk = Desk(OLD)
    async with polling(installed, provider.base_url, desk):
        await eventually(lambda: provider.labels_seen.count(f"{DAY} 12-13") >= 2)
        assert not desk.has(OLD)
        provider.handler = price
        await eventually(lambda: desk.has(OLD))
    assert caplog.text.count(f"no reference price for {DAY} 12-13: the answer is for {DAY} 03-04") == 1
    assert "asked again by itself" not in caplog.text


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


@pytest.mark.parametrize("status", [200, 400, 404, 500])
async def test_retry_after_is_obeyed_whatever_the_status(
    status: int, installed: str, provider: ScriptedProvider
) -> None:
    provider.answers(price_body(DAY, "12-13"), status=status, Retry_After="3600")
    async with polling(installed, provider.base_url, Desk(OLD)):
        await eventually(lambda: paused(installed))
    assert len(provider.seen) <= 16


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
