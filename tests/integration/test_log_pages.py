"""Does a reader of the log see everything in order, and wake up when there is more?"""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from adapters.event_log.pages import LogPages
from adapters.event_log.writer import EventLog
from adapters.postgres.installation import install
from domain.events import Event
from projections import READ_MODELS
from tests.notation import cancelled, conflict, connected, corrected, deal, lost, reference_price, rejected, resolved
from tests.servers import kill_backends

ANNA = deal("anna buys 10 MW 08-09 at 40")
OTHER = deal("anna buys 10 MW 08-09 at 41")
UP = connected("exchange/1", "06:00:00")

EVENTS: list[Event] = [
    UP,
    ANNA,
    conflict(OTHER, stands=2),
    corrected(ANNA, OTHER, replaces=2),
    cancelled(OTHER, replaces=4),
    reference_price("08-09 at -28.5"),
    reference_price("08-09 undefined", last_update="09:20:00"),
    rejected(b"\xff\x00{"),
    resolved(8),
    lost(UP, "10:00:00", "09:59:50"),
]


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    install(database, READ_MODELS)
    async with EventLog(database) as opened:
        yield opened


@pytest.fixture
async def pages(database: str) -> AsyncIterator[LogPages]:
    async with LogPages(database) as opened:
        yield opened


async def test_every_kind_of_event_reads_back_as_it_was_appended(log: EventLog, pages: LogPages) -> None:
    await log.append(EVENTS)
    assert [recorded.event for recorded in await pages.page(0, 100)] == EVENTS


async def test_pages_follow_each_other_without_hole_or_overlap(log: EventLog, pages: LogPages) -> None:
    await log.append(EVENTS)
    positions = [[recorded.position for recorded in await pages.page(after, 4)] for after in (0, 4, 8, 10, 99)]
    assert positions == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10], [], []]


async def test_recorded_at_is_utc_whatever_the_database_shows(log: EventLog, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE \"{connection.info.dbname}\" SET timezone = 'Asia/Tokyo'".encode())
    await log.append([ANNA])
    async with LogPages(database) as pages:
        (recorded,) = await pages.page(0, 10)
    assert recorded.recorded_at.tzname() == "UTC"


async def test_waiting_ends_when_something_is_appended(log: EventLog, pages: LogPages) -> None:
    await pages.wait(60)
    waiting = asyncio.create_task(pages.wait(60))
    await log.append([ANNA])
    await asyncio.wait_for(waiting, 10)


async def test_an_append_between_two_waits_is_not_missed(log: EventLog, pages: LogPages) -> None:
    await pages.wait(60)
    await log.append([ANNA])
    await asyncio.wait_for(pages.wait(60), 10)


async def test_duplicates_wake_nobody(log: EventLog, pages: LogPages) -> None:
    await log.append([ANNA])
    await pages.wait(60)
    waiting = asyncio.create_task(pages.wait(60))
    await log.append([ANNA])
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_waiting_and_reading_survive_killed_connections(log: EventLog, pages: LogPages, database: str) -> None:
    await pages.wait(0.1)
    await pages.page(0, 1)
    waiting = asyncio.create_task(pages.wait(0.1))
    assert await asyncio.to_thread(kill_backends, database) >= 2
    await asyncio.wait_for(waiting, 10)
    with pytest.raises(psycopg.OperationalError):
        await pages.page(0, 1)
    await pages.wait(0.1)
    waiting = asyncio.create_task(pages.wait(60))
    await log.append([ANNA])
    await asyncio.wait_for(waiting, 10)
    assert [recorded.event for recorded in await pages.page(0, 1)] == [ANNA]


async def test_waiting_that_is_cancelled_can_be_taken_up_again(log: EventLog, pages: LogPages) -> None:
    await pages.wait(60)
    waiting = asyncio.create_task(pages.wait(60))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await log.append([ANNA])
    await asyncio.wait_for(pages.wait(60), 10)


async def test_a_page_ends_where_it_gets_heavy_and_always_brings_something(
    log: EventLog, pages: LogPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.event_log.pages.PAGE_BYTES", 250_000)
    large = [rejected(bytes([65 + number]) * size) for number, size in enumerate((100_000, 100_000, 900_000, 10))]
    await log.append(large)
    positions = [[recorded.position for recorded in await pages.page(after, 100)] for after in (0, 2, 3)]
    assert positions == [[1, 2], [3], [4]]
