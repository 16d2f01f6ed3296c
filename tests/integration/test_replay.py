"""Do the raw events make the very bytes that the read models make, at every position?"""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from adapters.event_log.raw_log import RawLog
from domain.book import Book
from domain.errors import LogDamagedError, NoSuchReportError, UnknownPositionError
from domain.events import UNVOUCHED, Event, Recorded
from domain.performance import Moment
from tests.desk import busy_day, desk, settings_for
from tests.notation import DAY, connected, deal, interrupted, lost
from tests.replaying import any_performance, reported
from wattbook.replay import OpenLog, replay, replay_report, replayed
from wattbook.report import report
from wattbook.reports import publish, reports

Capture = pytest.CaptureFixture[bytes]


def log_of(database: str) -> OpenLog:
    return partial(RawLog, database)


async def both(
    database: str,
    tmp_path: Path,
    capsysbinary: Capture,
    events: Sequence[Event],
    trader: str | None,
    day: date,
    back: int,
) -> tuple[bytes, bytes]:
    """Return what report and replay print, *back* before the last of *events*."""
    moment, wanted = await reported(database, tmp_path, capsysbinary, events, trader, day, back)
    chosen = settings_for(tmp_path)
    await asyncio.to_thread(replay, chosen, log_of(database), trader, day, moment, as_json=True)
    return wanted, capsysbinary.readouterr().out


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@any_performance
def test_a_replay_prints_the_bytes_of_the_report(
    database: str,
    tmp_path: Path,
    capsysbinary: Capture,
    log: list[Recorded],
    trader: str | None,
    day: date,
    back: int,
) -> None:
    events = [recorded.event for recorded in log]
    wanted, replayed = asyncio.run(both(database, tmp_path, capsysbinary, events, trader, day, back))
    assert replayed == wanted


async def test_what_is_lost_of_a_connection_is_lost_of_the_stretch_in_which_it_went_on(
    database: str, tmp_path: Path, capsysbinary: Capture
) -> None:
    up = connected("exchange/1", "06:00:00")
    events: list[Event] = [
        up,
        lost(up, "08:01:00", "08:00:00", UNVOUCHED),
        connected("exchange/1", "08:00:00"),
        interrupted(up, "08:30:00 to 08:40:00"),
    ]
    wanted, replayed = await both(database, tmp_path, capsysbinary, events, None, DAY, 0)
    assert json.loads(replayed)["knowledge"]["completeUpTo"] == "2023-02-06T08:30:00Z"
    assert replayed == wanted


async def test_a_long_log_is_read_by_several_processes_with_the_same_result(database: str, tmp_path: Path) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    chosen = settings_for(tmp_path)
    whole = await asyncio.to_thread(replayed, chosen, log_of(database), Book("anna", DAY), len(busy_day()))
    parts = await asyncio.to_thread(replayed, chosen, log_of(database), Book("anna", DAY), len(busy_day()), stretch=3)
    assert parts == whole
    assert whole.total.totals.deals == 2


async def test_no_read_model_is_touched(database: str, tmp_path: Path, capsysbinary: Capture) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    await report(settings_for(tmp_path), database, "anna", DAY, Moment(), as_json=True)
    wanted = capsysbinary.readouterr().out
    with psycopg.connect(database) as connection:
        connection.execute("DROP SCHEMA read_models CASCADE")
    await asyncio.to_thread(replay, settings_for(tmp_path), log_of(database), "anna", DAY, Moment(), as_json=True)
    assert capsysbinary.readouterr().out == wanted


async def test_a_time_means_the_last_event_recorded_by_then(
    database: str, tmp_path: Path, capsysbinary: Capture
) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    before = datetime(2020, 1, 1, tzinfo=UTC)
    for moment in (Moment(), Moment(recorded_at=before), Moment(position=0)):
        await report(settings_for(tmp_path), database, None, DAY, moment, as_json=True)
        wanted = capsysbinary.readouterr().out
        await asyncio.to_thread(replay, settings_for(tmp_path), log_of(database), None, DAY, moment, as_json=True)
        assert capsysbinary.readouterr().out == wanted


async def test_a_position_past_the_head_is_unknown(database: str, tmp_path: Path) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    with pytest.raises(UnknownPositionError, match="position 99 is past the head of the log, 12"):
        replay(settings_for(tmp_path), log_of(database), None, DAY, Moment(position=99), as_json=True)


@pytest.mark.parametrize("missing", [1, 5, 12])
async def test_a_hole_in_the_log_is_named(database: str, tmp_path: Path, missing: int) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM wattbook.events WHERE notification_id = %s", (missing,))
    with pytest.raises(LogDamagedError, match=f"no event at position {missing}\\b"):
        replay(settings_for(tmp_path), log_of(database), None, DAY, Moment(), as_json=True)


async def test_bytes_that_are_no_event_are_named_by_their_position(database: str, tmp_path: Path) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        connection.execute("UPDATE wattbook.events SET state = state || '!'::bytea WHERE notification_id = 3")
    with pytest.raises(LogDamagedError, match="position 3: "):
        replay(settings_for(tmp_path), log_of(database), None, DAY, Moment(), as_json=True)


async def test_a_published_report_is_made_again_and_is_equal(
    database: str, tmp_path: Path, capsysbinary: Capture
) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
        for trader in ("anna", None):
            assert (
                await publish(settings_for(tmp_path), database, trader, DAY, Moment(7), "auditor", as_json=False) == 0
            )
            await trading.knows(deal("anna buys 1 MW 08-09 at 1", deal_id=f"later {trader}"))
    capsysbinary.readouterr()
    for report_id in (13, 15):
        assert await asyncio.to_thread(replay_report, settings_for(tmp_path), log_of(database), report_id) == 0
        assert b"is equal" in capsysbinary.readouterr().out


async def test_a_report_that_is_not_what_the_events_say_is_told_with_its_first_difference(
    database: str, tmp_path: Path, capsysbinary: Capture
) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
        await publish(settings_for(tmp_path), database, "anna", DAY, Moment(7), "auditor", as_json=False)
    capsysbinary.readouterr()
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        # Anna's first deal was at 20, and somebody would like it to have been at 10.
        connection.execute(
            "UPDATE wattbook.events SET state = convert_to(replace(convert_from(state, 'UTF8'),"
            """ '"price_eur_mwh":"20"', '"price_eur_mwh":"10"'), 'UTF8') WHERE notification_id = 2"""
        )
    assert await asyncio.to_thread(replay_report, settings_for(tmp_path), log_of(database), 13) == 1
    told = capsysbinary.readouterr().out.decode()
    assert 'periods[8].figures.averageBuyPrice: published "20", replayed "10"' in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('replace(t, \'"digest":"\', \'"digest":"0\')', "its digest is 0"),
        ('replace(t, \'"log_hash":"\', \'"log_hash":"0\')', "the log's hash at position 7 was 0"),
        ('replace(t, \'"projection_version":"1"\', \'"projection_version":"0"\')', "by the rules of version 0"),
    ],
)
async def test_a_report_that_was_tampered_with_is_told(
    database: str, tmp_path: Path, capsysbinary: Capture, change: str, told: str
) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
        await publish(settings_for(tmp_path), database, "anna", DAY, Moment(7), "auditor", as_json=False)
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        changed = f"SELECT convert_to({change}, 'UTF8') FROM (SELECT convert_from(state, 'UTF8') AS t) AS now"
        connection.execute(f"UPDATE wattbook.events SET state = ({changed}) WHERE notification_id = 13".encode())
    assert await asyncio.to_thread(replay_report, settings_for(tmp_path), log_of(database), 13) == 1
    assert told in capsysbinary.readouterr().out.decode()


@pytest.mark.parametrize("position", [0, 1, 99])
async def test_where_no_report_is_there_is_none_to_replay(database: str, tmp_path: Path, position: int) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
    with pytest.raises(NoSuchReportError, match=f"no report {position}"):
        replay_report(settings_for(tmp_path), log_of(database), position)


async def test_reports_are_listed_for_a_person_and_a_machine(
    database: str, tmp_path: Path, capsysbinary: Capture
) -> None:
    async with desk(database) as trading:
        await trading.knows(*busy_day())
        await reports(settings_for(tmp_path), database, None, None, as_json=True)
        await reports(settings_for(tmp_path), database, None, None, as_json=False)
        assert capsysbinary.readouterr().out == b"[]\nno report is published\n"
        await publish(settings_for(tmp_path), database, "anna", DAY, Moment(7), "auditor", as_json=True)
        published = json.loads(capsysbinary.readouterr().out)
        await trading.projects()
        await reports(settings_for(tmp_path), database, None, None, as_json=True)
        assert json.loads(capsysbinary.readouterr().out) == [published]
        await reports(settings_for(tmp_path), database, "bob", None, as_json=True)
        assert json.loads(capsysbinary.readouterr().out) == []
        await reports(settings_for(tmp_path), database, None, DAY, as_json=False)
        table = capsysbinary.readouterr().out.decode()
        assert all(part in table for part in ("13", "auditor", "anna", "2023-02-06", published["digest"]))
