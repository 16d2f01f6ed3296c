"""Several pollers keep the limits together: one leads, the next takes over, and none is stopped for good."""

import asyncio
from datetime import date

import psycopg
from aiohttp import web

from adapters.market_data.schedule import open_schedule
from domain.periods import parse_period
from domain.request_limits import RequestLimit
from tests.poller import BERLIN, Desk, connections, leader_is_polling, paused, polling
from tests.scripted_provider import ScriptedProvider, price_body
from tests.waiting import eventually

OLD = parse_period(date(2023, 2, 6), "12-13", BERLIN)
QUARTER = parse_period(date(2023, 2, 6), "13:15-13:30", BERLIN)
DAY = "2023-02-06"


async def test_retry_after_stops_every_request_of_every_process(installed: str, provider: ScriptedProvider) -> None:
    provider.answers(status=503, Retry_After="3600")
    async with polling(installed, provider.base_url, Desk(OLD)):
        await eventually(lambda: paused(installed))
    seen = len(provider.seen)
    async with polling(installed, provider.base_url, Desk(OLD, QUARTER)) as second:
        await eventually(lambda: leader_is_polling(installed))
        assert not second.done()
    assert len(provider.seen) == seen <= 16


async def test_an_answer_that_comes_after_the_lead_is_lost_is_recorded_and_obeyed(
    installed: str, provider: ScriptedProvider
) -> None:
    released = asyncio.Event()

    async def late(request: web.Request) -> web.StreamResponse:
        body = price_body(request.query["delivery_day"], request.query["delivery_hour"])
        await released.wait()
        return web.Response(body=body, headers={"Retry-After": "3600"})

    provider.handler = late
    desk = Desk(OLD)
    async with polling(installed, provider.base_url, desk):
        await eventually(lambda: f"{DAY} 12-13" in provider.labels_seen)
        async with await psycopg.AsyncConnection.connect(installed, autocommit=True) as other:
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
            )
            async with open_schedule(installed) as schedule:
                await eventually(schedule.lead)
                released.set()
                await eventually(lambda: desk.has(OLD))
                await eventually(lambda: paused(installed))


async def test_the_limits_hold_over_restarts(installed: str, provider: ScriptedProvider) -> None:
    limits = (RequestLimit(7, 3600),)
    for _ in range(2):
        async with polling(installed, provider.base_url, Desk(OLD, QUARTER), limits):
            await eventually(lambda: len(provider.seen) == 6)
            await eventually(lambda: leader_is_polling(installed))
    assert len(provider.seen) <= 7


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
