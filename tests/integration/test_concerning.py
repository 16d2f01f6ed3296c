"""Does the database pass over the very events that their bytes say cannot concern a day?"""

import asyncio
from datetime import date

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.event_log.folding import concerning
from adapters.event_log.raw_log import Raw, RawLog
from domain.errors import LogDamagedError
from domain.events import Recorded
from tests.desk import busy_day, desk
from tests.histories import DAYS, histories
from tests.notation import DAY, deal

Told = list[Raw] | str


def told(log: RawLog, day: date, after: int, until: int) -> tuple[Told, Told]:
    """Return what the database gives, and what is left of all events by their bytes; or the error."""

    def taken(events: object) -> Told:
        try:
            return list(events)  # type: ignore[call-overload, no-any-return]
        except LogDamagedError as error:
            return str(error)

    return taken(log.concerning(day, after, until)), taken(concerning(log.pages(after, until), day, after, until))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=histories(), day=st.sampled_from([*DAYS, date(2030, 1, 1)]), cut=st.integers(0, 20))
def test_what_the_database_gives_is_what_the_bytes_leave(
    database: str, log: list[Recorded], day: date, cut: int
) -> None:
    async def knows() -> None:
        async with desk(database) as trading:
            await asyncio.to_thread(trading.records, *(recorded.event for recorded in log))

    asyncio.run(knows())
    with RawLog(database) as raw_log:
        head = raw_log.head().position
        given_, left = told(raw_log, day, min(cut, head), head)
    assert given_ == left


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM wattbook.events WHERE notification_id = 1",
        "DELETE FROM wattbook.events WHERE notification_id IN (5, 6)",
        "DELETE FROM wattbook.events WHERE notification_id > 12",
        "DELETE FROM wattbook.events",
        "UPDATE wattbook.events SET notification_id = 4 WHERE notification_id = 5",
        "UPDATE wattbook.events SET topic = 'deal' WHERE notification_id = 13",
        "UPDATE wattbook.events SET topic = 'Deal.confirmed.v1' WHERE notification_id = 13",
        r"UPDATE wattbook.events SET state = state || '\\u0020'::bytea WHERE notification_id = 13",
    ],
)
async def test_damage_is_told_alike_and_nothing_odd_is_passed_over(database: str, damage: str) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day(), *(deal("anna buys 1 MW 08-09 at 1", day=DAYS[1], deal_id=n) for n in "56"))
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        connection.execute("DROP INDEX wattbook.events_notification_id_idx")
        connection.execute(damage.encode())
    with RawLog(database) as raw_log:
        given_, left = told(raw_log, DAY, 0, 14)
    assert given_ == left
    assert isinstance(given_, str) or 13 in [position for position, *_ in given_]
