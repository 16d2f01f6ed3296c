"""Do the raw events make the very bytes that the read models make, at every position?"""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.book import Book
from domain.errors import LogDamagedError, UnknownPositionError
from domain.events import Recorded
from tests.desk import busy_day, desk, settings_for
from tests.histories import DAYS, TRADERS, histories
from tests.notation import DAY
from wattbook.replay import replay, replayed
from wattbook.report import Moment, report

Capture = pytest.CaptureFixture[bytes]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    log=histories(),
    trader=st.none() | st.sampled_from([*TRADERS, "nobody"]),
    day=st.sampled_from(DAYS),
    back=st.integers(0, 60),
)
def test_a_replay_prints_the_bytes_of_the_report(
    database: str,
    tmp_path: Path,
    capsysbinary: Capture,
    log: list[Recorded],
    trader: str | None,
    day: date,
    back: int,
) -> None:
    async def both() -> tuple[bytes, bytes]:
        async with desk(database) as trading:
            # Each history goes on where the one before it ended.
            await trading.knows(*(recorded.event for recorded in log))
            chosen = settings_for(tmp_path)
            async with trading.store() as store:
                head = (await store.positions()).head
            moment = Moment(max(0, head - back))
            capsysbinary.readouterr()
            await report(chosen, database, trader, day, moment, as_json=True)
            reported = capsysbinary.readouterr().out
            await asyncio.to_thread(replay, chosen, database, trader, day, moment, as_json=True)
            return reported, capsysbinary.readouterr().out

    reported, replayed = asyncio.run(both())
    assert replayed == reported


async def test_a_long_log_is_read_by_several_processes_with_the_same_result(database: str, tmp_path: Path) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    chosen = settings_for(tmp_path)
    whole = await asyncio.to_thread(replayed, chosen, database, Book("anna", DAY), len(busy_day()))
    parts = await asyncio.to_thread(replayed, chosen, database, Book("anna", DAY), len(busy_day()), stretch=3)
    assert parts == whole
    assert whole.total.totals.deals == 2


async def test_no_read_model_is_touched(database: str, tmp_path: Path, capsysbinary: Capture) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    await report(settings_for(tmp_path), database, "anna", DAY, Moment(), as_json=True)
    reported = capsysbinary.readouterr().out
    with psycopg.connect(database) as connection:
        connection.execute("DROP SCHEMA read_models CASCADE")
    await asyncio.to_thread(replay, settings_for(tmp_path), database, "anna", DAY, Moment(), as_json=True)
    assert capsysbinary.readouterr().out == reported


async def test_a_time_means_the_last_event_recorded_by_then(
    database: str, tmp_path: Path, capsysbinary: Capture
) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    before = datetime(2020, 1, 1, tzinfo=UTC)
    for moment in (Moment(), Moment(at=before), Moment(position=0)):
        await report(settings_for(tmp_path), database, None, DAY, moment, as_json=True)
        reported = capsysbinary.readouterr().out
        await asyncio.to_thread(replay, settings_for(tmp_path), database, None, DAY, moment, as_json=True)
        assert capsysbinary.readouterr().out == reported


async def test_a_position_past_the_head_is_unknown(database: str, tmp_path: Path) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    with pytest.raises(UnknownPositionError, match="position 99 is past the head of the log, 12"):
        replay(settings_for(tmp_path), database, None, DAY, Moment(position=99), as_json=True)


@pytest.mark.parametrize("missing", [1, 5, 12])
async def test_a_hole_in_the_log_is_named(database: str, tmp_path: Path, missing: int) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM wattbook.events WHERE notification_id = %s", (missing,))
    with pytest.raises(LogDamagedError, match=f"no event at position {missing}\\b"):
        replay(settings_for(tmp_path), database, None, DAY, Moment(), as_json=True)


async def test_bytes_that_are_no_event_are_named_by_their_position(database: str, tmp_path: Path) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        connection.execute("UPDATE wattbook.events SET state = state || '!'::bytea WHERE notification_id = 3")
    with pytest.raises(LogDamagedError, match="position 3: "):
        replay(settings_for(tmp_path), database, None, DAY, Moment(), as_json=True)
