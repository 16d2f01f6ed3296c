"""Does one event that the database refuses hold up those around it?"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from random import Random

import psycopg
import pytest
from eventsourcing.persistence import PersistenceError

from adapters.event_log.pages import LogPages
from adapters.event_log.writer import EventLog
from domain.events import DealConfirmed, Event, MessageRejected
from domain.recording import Outcome
from tests.notation import connected, deal
from tests.waiting import eventually
from wattbook.refusals import append_or_reject

DEALS = [deal("anna buys 10 MW 08-09 at 40", deal_id=str(number)) for number in range(20)]
WITH_NUL = replace(DEALS[0], deal=replace(DEALS[0].deal, trader_id="a\0b"))
TOO_LONG = replace(DEALS[0], deal=replace(DEALS[0].deal, exchange=Random(1).randbytes(4_000).hex()))

PASSING = {
    "25006": "a standby that is not promoted yet is read-only",
    "25P03": "the transaction was ended, since its process was held up",
    "57P01": "an administrator ends the server",
    "57P02": "another backend has crashed",
    "57P03": "the server is starting",
    "08006": "the connection broke",
    "40001": "the transaction is to be tried again",
    "53100": "the database's disk is full",
    "53300": "there are too many connections",
    "58030": "the database's disk fails",
    "XX001": "a page of the database is damaged",
}
OF_THE_INSTALLATION = {
    "42501": "no right to write",
    "42P01": "no such table",
    "42P05": "a pooler between mixes up prepared statements",
    "26000": "a pooler between has forgotten a prepared statement",
    "0A000": "a cached plan no longer fits its table",
}


async def events_in(url: str) -> list[Event]:
    async with LogPages(url) as pages:
        return [recorded.event for recorded in await pages.page(0, 1_000)]


@pytest.mark.parametrize("refused", [WITH_NUL, TOO_LONG], ids=["a NUL in the stream", "a stream too long to index"])
@pytest.mark.parametrize("place", [0, 7, 20])
async def test_a_deal_that_the_database_refuses_becomes_a_rejection_and_the_others_are_recorded(
    installed: str, refused: DealConfirmed, place: int
) -> None:
    batch = [*DEALS[:place], refused, *DEALS[place:]]
    async with EventLog(installed) as log:
        outcomes = await append_or_reject(log, batch)
        assert [outcome.position for outcome in outcomes] == list(range(1, 22))
        again = await append_or_reject(log, batch)
        assert {outcome.kind for outcome in again} == {"duplicate"}

    events = await events_in(installed)
    rejection = events.pop(place)
    assert isinstance(rejection, MessageRejected)
    assert rejection.receipt == refused.receipt
    assert events == DEALS


class RefusingAll:
    """A log without the right to write."""

    async def append(self, events: Sequence[Event]) -> list[Outcome]:
        raise PermissionError(f"no right to write {len(events)} events")


@pytest.mark.parametrize("event", [DEALS[0], connected("exchange/1", "06:00:00")], ids=["deal", "line"])
async def test_a_log_that_refuses_everything_stops_the_recorder_and_drops_nothing(event: Event) -> None:
    with pytest.raises(PermissionError):
        await append_or_reject(RefusingAll(), [event, *DEALS])


async def test_a_damaged_stream_blocks_no_other_deal(installed: str) -> None:
    async with EventLog(installed) as log:
        await append_or_reject(log, DEALS[:1])
        with psycopg.connect(installed) as connection:
            connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
            connection.execute("UPDATE wattbook.events SET state = 'x'")
        outcomes = await append_or_reject(log, DEALS[:3])
    assert [outcome.position for outcome in outcomes] == [2, 3, 4]


@pytest.fixture
def refusing(installed: str) -> Callable[[str], AbstractContextManager[None]]:
    """Let PostgreSQL itself refuse every deal, and nothing else, with an error of this SQLSTATE."""

    @contextmanager
    def refuse(state: str) -> Iterator[None]:
        with psycopg.connect(installed, autocommit=True) as connection:
            connection.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.topic LIKE 'deal.%' THEN"
                f" RAISE 'not now' USING ERRCODE = '{state}'; END IF; RETURN NEW; END $$".encode()
            )
            connection.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON wattbook.events FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
            yield
            connection.execute("DROP FUNCTION refuse CASCADE")

    return refuse


@pytest.mark.parametrize("state", PASSING)
async def test_a_database_that_is_failing_over_is_waited_for_and_rejects_no_deal(
    installed: str,
    refusing: Callable[[str], AbstractContextManager[None]],
    state: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with EventLog(installed) as log:
        with refusing(state):
            waiting = asyncio.create_task(append_or_reject(log, DEALS))
            await eventually(lambda: waiting.done() or "trying until it does" in caplog.text)
        assert [outcome.position for outcome in await waiting] == list(range(1, 21))
    assert await events_in(installed) == DEALS


@pytest.mark.parametrize("state", OF_THE_INSTALLATION)
async def test_what_is_wrong_with_the_installation_ends_the_recorder_and_rejects_no_deal(
    installed: str, refusing: Callable[[str], AbstractContextManager[None]], state: str
) -> None:
    async with EventLog(installed) as log:
        with refusing(state), pytest.raises(PersistenceError, match="not now"):
            await append_or_reject(log, DEALS)
        assert await events_in(installed) == []
        await append_or_reject(log, DEALS)
    assert await events_in(installed) == DEALS
