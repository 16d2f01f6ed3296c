"""The request limits hold over processes and restarts, and what was asked is remembered."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

from adapters.market_data.schedule import open_schedule
from adapters.postgres.installation import install
from adapters.read_models.feeds import reference_price_fetched_at
from domain.periods import DeliveryPeriod, hours_of
from domain.polling import Asked, DueRequest, Urgency, key_of
from domain.request_limits import RequestLimit
from projections import READ_MODELS
from tests.waiting import eventually

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = hours_of(date(2023, 2, 6), BERLIN)
NOON = datetime(2023, 2, 6, 11, tzinfo=UTC)
DUE = tuple(DueRequest(hour, Urgency.UNPRICED, NOON, neglected=False) for hour in HOURS)


async def move_requests_back(url: str, by: timedelta) -> None:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("UPDATE wattbook_state.market_data_requests SET asked_at = asked_at - %s", (by,))


async def periods_granted(url: str, *limits: RequestLimit, at_most: int = 100) -> list[DeliveryPeriod]:
    async with open_schedule(url) as schedule:
        return [request.period for request in await schedule.take_permits(limits, DUE, at_most=at_most)]


async def test_installing_is_safe_from_several_processes_at_once_and_again(database: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(install, database, READ_MODELS) for _ in range(5)))
    install(database, READ_MODELS)
    assert await periods_granted(database, RequestLimit(5, 60)) == list(HOURS[:5])


async def test_permits_are_given_in_order_up_to_the_limit(installed: str) -> None:
    assert await periods_granted(installed, RequestLimit(5, 60)) == list(HOURS[:5])
    assert await periods_granted(installed, RequestLimit(5, 60)) == []


async def test_no_more_permits_than_wanted_are_taken(installed: str) -> None:
    assert len(await periods_granted(installed, RequestLimit(5, 60), at_most=2)) == 2
    assert len(await periods_granted(installed, RequestLimit(5, 60))) == 3


async def test_the_tightest_limit_holds(installed: str) -> None:
    limits = (RequestLimit(10, 60), RequestLimit(12, 3600))
    assert len(await periods_granted(installed, *limits)) == 10
    await move_requests_back(installed, timedelta(seconds=70))
    assert len(await periods_granted(installed, *limits)) == 2
    await move_requests_back(installed, timedelta(hours=2))
    assert len(await periods_granted(installed, *limits)) == 10


async def test_many_processes_together_never_get_more_than_the_limit(installed: str) -> None:
    granted = await asyncio.gather(
        *(periods_granted(installed, RequestLimit(20, 60), at_most=1 + n % 4) for n in range(16))
    )
    assert sum(map(len, granted)) == 20


async def test_requests_older_than_any_window_are_forgotten(installed: str) -> None:
    await periods_granted(installed, RequestLimit(5, 60))
    await move_requests_back(installed, timedelta(days=3))
    await periods_granted(installed, RequestLimit(5, 60))
    async with await psycopg.AsyncConnection.connect(installed) as connection:
        cursor = await connection.execute("SELECT count(*) FROM wattbook_state.market_data_requests")
        assert await cursor.fetchone() == (5,)


async def test_a_pause_stops_every_process_and_a_shorter_one_does_not_end_it(installed: str) -> None:
    async with open_schedule(installed) as schedule:
        await schedule.pause(3600)
        await schedule.pause(1)
    assert await periods_granted(installed, RequestLimit(5, 60)) == []
    async with await psycopg.AsyncConnection.connect(installed) as connection:
        cursor = await connection.execute(
            "UPDATE wattbook_state.market_data_provider SET paused_until = clock_timestamp()"
            " WHERE paused_until > clock_timestamp() + interval '59 minutes'"
        )
        assert cursor.rowcount == 1
    assert len(await periods_granted(installed, RequestLimit(5, 60))) == 5


async def test_what_was_asked_is_known_after_a_restart(installed: str) -> None:
    first, second = Asked(NOON, NOON + timedelta(seconds=3), 0, 4), Asked(NOON)
    async with open_schedule(installed) as schedule:
        await schedule.note(HOURS[0], Asked(NOON - timedelta(hours=1)))
        await schedule.note(HOURS[0], first)
        await schedule.note(HOURS[1], second)
    async with open_schedule(installed) as schedule:
        assert await schedule.asked() == {key_of(HOURS[0]): first, key_of(HOURS[1]): second}


async def test_after_an_outage_nothing_waits_longer_for_having_been_asked_in_vain(installed: str) -> None:
    async with open_schedule(installed) as schedule:
        await schedule.note(HOURS[0], Asked(NOON, None, unanswered=12))
        await schedule.note(HOURS[1], Asked(NOON, NOON, unanswered=0, without_news=3))
        await schedule.forgive()
        known = await schedule.asked()
    assert known[key_of(HOURS[0])] == Asked(NOON, None, unanswered=1)
    assert known[key_of(HOURS[1])] == Asked(NOON, NOON, unanswered=0, without_news=3)


async def test_one_poller_leads_until_its_connection_is_gone(installed: str) -> None:
    async with open_schedule(installed) as waiting:
        async with open_schedule(installed) as leading:
            assert await leading.lead()
            assert not await waiting.lead()
        await eventually(waiting.lead)


async def test_the_last_fetch_is_the_newest_and_none_before_the_first(installed: str) -> None:
    async with await psycopg.AsyncConnection.connect(installed, autocommit=True) as connection:
        assert await reference_price_fetched_at(connection) is None
        async with open_schedule(installed) as schedule:
            await schedule.note_fetched(NOON)
            await schedule.note_fetched(NOON - timedelta(hours=1))
        assert await reference_price_fetched_at(connection) == NOON
