"""Does one event that the database refuses hold up those around it?"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import psycopg
import pytest

from adapters.event_log.pages import LogPages
from adapters.event_log.writer import EventLog
from domain.events import DealConfirmed, Event, MessageRejected
from domain.recording import Outcome
from tests.notation import connected, deal
from wattbook.refusals import append_or_reject

DEALS = [deal("anna buys 10 MW 08-09 at 40", deal_id=str(number)) for number in range(20)]
WITH_NUL = replace(DEALS[0], deal=replace(DEALS[0].deal, trader_id="a\0b"))
TOO_LONG = replace(DEALS[0], deal=replace(DEALS[0].deal, exchange=Random(1).randbytes(4_000).hex()))


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
