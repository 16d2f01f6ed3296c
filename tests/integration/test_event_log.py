"""Does the one writer of a process keep every event, once, through faults, refusals and impatience?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import psycopg
import pytest
from eventsourcing.persistence import OperationalError, PersistenceError

from adapters.event_log import writer as event_log
from adapters.event_log.pages import LogPages
from adapters.event_log.recorder import EventLogRecorder
from adapters.event_log.writer import EventLog
from adapters.postgres.installation import install
from domain.errors import LogDamagedError
from domain.events import DealConfirmed, Event
from domain.recording import Outcome
from projections import READ_MODELS
from tests.notation import deal
from tests.servers import control, kill_backends, server_of_its_own

ANNA = deal("anna buys 10 MW 08-09 at 40")
POISON = replace(ANNA, deal=replace(ANNA.deal, trader_id="a\0b"))


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    install(database, READ_MODELS)
    async with EventLog(database) as opened:
        yield opened


def many(count: int) -> list[DealConfirmed]:
    return [deal("anna buys 10 MW 08-09 at 40", deal_id=str(number)) for number in range(count)]


async def events_in(url: str) -> list[Event]:
    async with LogPages(url) as pages:
        return [recorded.event for recorded in await pages.page(0, 1_000_000)]


async def test_an_append_returns_what_became_of_each_event(log: EventLog) -> None:
    assert await log.append([ANNA, ANNA]) == [Outcome("recorded", 1), Outcome("duplicate", 1)]
    assert await log.append([]) == []


async def test_what_arrives_during_a_commit_goes_together_and_in_order(log: EventLog, database: str) -> None:
    deals = many(event_log.BATCH + 500)
    with psycopg.connect(database) as blocker:
        blocker.execute("SELECT * FROM wattbook.log_head FOR UPDATE")
        appends = [asyncio.create_task(log.append(deals[at : at + 7])) for at in range(0, len(deals), 7)]
        await asyncio.sleep(0)
    outcomes = [outcome for append in appends for outcome in await append]
    assert outcomes == [Outcome("recorded", position) for position in range(1, len(deals) + 1)]
    assert await events_in(database) == deals


async def test_a_batch_larger_than_a_transaction_should_be_is_still_recorded_whole(log: EventLog) -> None:
    deals = many(event_log.BATCH * 2 + 1)
    assert (await log.append(deals))[-1] == Outcome("recorded", len(deals))


async def test_a_refused_append_hears_of_it_and_its_neighbours_do_not(log: EventLog, database: str) -> None:
    deals = many(3)
    outcomes = await asyncio.gather(
        log.append(deals[:1]), log.append([POISON]), log.append(deals[1:]), return_exceptions=True
    )
    assert isinstance(outcomes[1], PersistenceError)
    assert [outcomes[0], outcomes[2]] == [
        [Outcome("recorded", 1)],
        [Outcome("recorded", 2), Outcome("recorded", 3)],
    ]
    assert await events_in(database) == deals


async def test_a_damaged_stream_refuses_its_own_events_and_no_others(log: EventLog, database: str) -> None:
    await log.append([ANNA])
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        connection.execute("UPDATE wattbook.events SET state = 'x'")
    with pytest.raises(LogDamagedError):
        await log.append([ANNA])
    assert await log.append([deal("ben buys 10 MW 08-09 at 40")]) == [Outcome("recorded", 2)]


async def test_killed_backends_lose_and_double_nothing(log: EventLog, database: str) -> None:
    deals = many(400)
    appends: list[asyncio.Task[list[Outcome]]] = []
    killed = 0
    for at in range(0, len(deals), 20):
        appends.append(asyncio.create_task(log.append(deals[at : at + 20])))
        killed += await asyncio.to_thread(kill_backends, database)
    outcomes = [outcome for append in appends for outcome in await append]
    assert killed > 0
    assert [outcome.position for outcome in outcomes] == list(range(1, len(deals) + 1))
    assert await events_in(database) == deals


async def test_a_restarted_server_loses_and_doubles_nothing() -> None:
    deals = many(200)
    with server_of_its_own() as server:
        url = server.get_uri()
        install(url, READ_MODELS)
        async with EventLog(url) as log:
            await log.append(deals[:10])
            await asyncio.to_thread(control, server, "stop", "-m", "immediate")
            appends = [asyncio.create_task(log.append(deals[at : at + 10])) for at in range(10, len(deals), 10)]
            await asyncio.to_thread(control, server, "start", "-o", f'-h "" -k {server.pgdata}')
            outcomes = [outcome for append in appends for outcome in await append]
            assert [outcome.position for outcome in outcomes] == list(range(11, len(deals) + 1))
        assert await events_in(url) == deals


async def test_a_server_that_is_not_there_yet_is_waited_for() -> None:
    with server_of_its_own() as server:
        url = server.get_uri()
        install(url, READ_MODELS)
        await asyncio.to_thread(control, server, "stop")
        async with EventLog(url) as log:
            early = asyncio.create_task(log.append([ANNA]))
            await asyncio.sleep(0)
            await asyncio.to_thread(control, server, "start", "-o", f'-h "" -k {server.pgdata}')
            assert await asyncio.wait_for(early, 60) == [Outcome("recorded", 1)]


async def test_a_cancelled_append_is_recorded_once_when_it_is_repeated(log: EventLog, database: str) -> None:
    with psycopg.connect(database) as blocker:
        blocker.execute("SELECT * FROM wattbook.log_head FOR UPDATE")
        impatient = asyncio.create_task(log.append([ANNA]))
        neighbour = asyncio.create_task(log.append(many(1)))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
    await neighbour
    assert await log.append([ANNA]) == [Outcome("duplicate", 1)]
    assert await events_in(database) == [ANNA, *many(1)]


async def test_an_answer_that_is_lost_after_the_commit_doubles_nothing(
    log: EventLog, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, deals = EventLogRecorder.append, many(50)
    cut: list[int] = []

    def lose_the_first_answer(recorder: EventLogRecorder, events: Sequence[Event]) -> list[Outcome]:
        outcomes = append(recorder, events)
        if not cut:
            cut.append(kill_backends(database))
            raise OperationalError("the connection was cut after the commit")
        return outcomes

    monkeypatch.setattr(EventLogRecorder, "append", lose_the_first_answer)
    assert await log.append(deals) == [Outcome("duplicate", position) for position in range(1, 51)]
    assert cut == [1]
    assert await log.append(deals[:1]) == [Outcome("duplicate", 1)]
    assert await events_in(database) == deals


async def test_closing_ends_waiting_appends_and_refuses_later_ones(database: str) -> None:
    install(database, READ_MODELS)
    log = await EventLog(database).__aenter__()
    with psycopg.connect(database) as blocker:
        blocker.execute("SELECT * FROM wattbook.log_head FOR UPDATE")
        waiting = [asyncio.create_task(log.append([each])) for each in many(3)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(log.__aexit__())
        done, pending = await asyncio.wait(waiting, timeout=10)
        assert not pending
        assert all(task.cancelled() for task in done)
    await closing
    with pytest.raises(RuntimeError):
        await log.append([ANNA])
