"""Does the recorder bring every journal into the log, whatever else lies beside it?"""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest

from adapters.event_log.writer import EventLog
from adapters.journal.entries import LineConnected, MessageHeard
from adapters.journal.unreadable import KEPT_AS
from adapters.journal.writer import JournalWriter
from adapters.postgres.installation import install
from domain.events import Event
from domain.recording import Outcome
from projections import READ_MODELS
from tests.broken_journals import damaged, garbage
from tests.deal_messages import message
from tests.journal_entries import LATER, NOON, heard, now
from tests.waiting import eventually
from wattbook.drain import BATCH, MOST_AHEAD, JournalRecorder
from wattbook.record import record
from wattbook.settings import Settings


@asynccontextmanager
async def recording(folder: Path, database: str) -> AsyncIterator[None]:
    """Record the journals in *folder* for a while; the recorder must end by itself when told to."""
    stop = asyncio.Event()
    async with EventLog(database) as log:
        recorder = JournalRecorder(folder, "exchange", ZoneInfo("Europe/Berlin"), log, now)
        running = asyncio.create_task(recorder.run(stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(running, 20)


def recorded(database: str) -> list[str]:
    """Return topic and stream of every event in the log."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT topic, originator_id FROM wattbook.events ORDER BY notification_id"
        ).fetchall()
    return [f"{topic} {stream}" for topic, stream in rows]


def journal_of_a_dead_receiver(folder: Path) -> Path:
    with JournalWriter(folder, lambda: LATER) as writer:
        writer.append(LineConnected("exchange/1", "c1", LATER))
        writer.append(heard(b"no deal at all"))
    return writer.path


def complaints(caplog: pytest.LogCaptureFixture, path: Path) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR and str(path) in each.message]


async def test_a_file_of_garbage_holds_up_no_journal_and_is_named_once(
    tmp_path: Path, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    install(database, READ_MODELS)
    broken = garbage(tmp_path)
    first = journal_of_a_dead_receiver(tmp_path)
    async with recording(tmp_path, database):
        await eventually(lambda: not first.exists())
        second = journal_of_a_dead_receiver(tmp_path)
        await eventually(lambda: not second.exists())

    assert [each.split()[0] for each in recorded(database)] == [
        "feed.connected.v1",
        "message.rejected.v1",
        "feed.disconnected.v1",
    ]
    complaint, kept = complaints(caplog, broken)
    assert "cannot be opened" in complaint
    assert "kept as" in kept
    assert broken.with_name(f"{broken.name}{KEPT_AS}").exists()


async def test_of_a_damaged_journal_all_before_the_damage_is_recorded_and_the_others_are_settled(
    tmp_path: Path, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    install(database, READ_MODELS)
    broken = damaged(tmp_path, NOON)
    sound = journal_of_a_dead_receiver(tmp_path)
    async with recording(tmp_path, database):
        await eventually(lambda: not sound.exists())

    assert "feed.disconnected.v1 feed:exchange/1:c1" in recorded(database)
    assert sum(each.startswith("message.rejected.v1") for each in recorded(database)) > 50
    assert broken.with_name(f"{broken.name}{KEPT_AS}").exists()
    told = complaints(caplog, broken)
    assert len(told) == len(set(told)) <= 3


async def test_a_recorder_stops_while_the_database_is_away_and_the_next_one_loses_nothing(
    tmp_path: Path, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings.from_environment({"WATTBOOK_DATA_DIR": str(tmp_path)})
    journal = journal_of_a_dead_receiver(settings.journal_dir)
    stop = asyncio.Event()
    stop.set()

    assert await asyncio.wait_for(record(settings, "postgresql://127.0.0.1:1/away", stop), 30) == 0
    assert "3 entries stay in the journals" in caplog.text

    install(database, READ_MODELS)
    async with recording(settings.journal_dir, database):
        await eventually(lambda: not journal.exists())
    assert len(recorded(database)) == 3


class BusyMarket(EventLog):
    """A log beside which the next deal is heard whenever one was recorded."""

    def __init__(self, conninfo: str, journal: JournalWriter) -> None:
        super().__init__(conninfo)
        self._journal = journal
        self._numbers = itertools.count()

    def trade(self) -> None:
        raw = message(id=next(self._numbers)).encode()
        self._journal.append(MessageHeard("exchange/1", "c1", now(), raw))
        self._journal.flush()

    async def append(self, events: Sequence[Event]) -> list[Outcome]:
        outcomes = await super().append(events)
        await asyncio.to_thread(self.trade)
        return outcomes


async def test_a_recorder_ends_though_deals_keep_coming(tmp_path: Path, database: str) -> None:
    install(database, READ_MODELS)
    stop = asyncio.Event()
    with JournalWriter(tmp_path, now) as journal:
        async with BusyMarket(database, journal) as log:
            log.trade()
            recorder = JournalRecorder(tmp_path, "exchange", ZoneInfo("Europe/Berlin"), log, now)
            running = asyncio.create_task(recorder.run(stop))
            await eventually(lambda: len(recorded(database)) > 5)
            stop.set()
            await asyncio.wait_for(running, 20)


async def test_it_is_counted_which_line_brought_a_deal_first_and_whether_another_brought_it_too(
    tmp_path: Path, database: str
) -> None:
    settings = Settings.from_environment({"WATTBOOK_DATA_DIR": str(tmp_path)})
    install(database, READ_MODELS)
    with JournalWriter(settings.journal_dir, lambda: NOON) as journal:
        for line, deal_id in (("exchange/1", 1), ("exchange/2", 1), ("exchange/2", 1), ("exchange/2", 2)):
            journal.append(heard(message(id=deal_id).encode(), line=line))
    for _ in range(2):
        stop = asyncio.Event()
        stop.set()
        assert await asyncio.wait_for(record(settings, database, stop), 30) == 0
    assert counted(database) == [("exchange/1", 1, 1, 1), ("exchange/2", 1, 0, 3)]


def counted(database: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT line, first, confirmed, heard FROM wattbook_state.line_deliveries ORDER BY line"
        ).fetchall()


async def test_a_burst_on_two_lines_and_two_recorders_is_recorded_whole_and_once(tmp_path: Path, database: str) -> None:
    install(database, READ_MODELS)
    count = 12_000
    with JournalWriter(tmp_path, lambda: NOON) as journal:
        for number in range(count):
            for line in ("exchange/1", "exchange/2"):
                journal.append(heard(message(id=number).encode(), line=line))
    async with recording(tmp_path, database), recording(tmp_path, database):
        await eventually(lambda: not journal.path.exists(), 60)
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT count(*), count(DISTINCT originator_id), max(notification_id) FROM wattbook.events"
        ).fetchone()
    assert row == (count, count, count)


class Questions(EventLog):
    """A log that asks at each append since when something waits, and of how many journals more is in memory."""

    def __init__(self, conninfo: str) -> None:
        super().__init__(conninfo)
        self.recorder: JournalRecorder | None = None
        self.waits_since: list[datetime | None] = []
        self.ahead: list[int] = []

    async def append(self, events: Sequence[Event]) -> list[Outcome]:
        assert self.recorder is not None
        self.waits_since.append(self.recorder.oldest_waiting_at)
        self.ahead.append(self.recorder.batches_ahead)
        return await super().append(events)


async def test_what_waits_longest_counts_and_of_few_journals_more_is_in_memory(tmp_path: Path, database: str) -> None:
    install(database, READ_MODELS)
    for number in range(MOST_AHEAD + 3):
        began = NOON + timedelta(hours=number)
        with JournalWriter(tmp_path, partial(datetime.fromisoformat, began.isoformat())) as writer:
            raw = [message(id=f"{number} {each}").encode() for each in range(BATCH + 1)]
            writer.append_many([MessageHeard("exchange/1", f"c{number}", began, each) for each in raw])
    stop = asyncio.Event()
    stop.set()
    async with Questions(database) as log:
        log.recorder = JournalRecorder(tmp_path, "exchange", ZoneInfo("Europe/Berlin"), log, now)
        await log.recorder.run(stop)
    first_pass = MOST_AHEAD + 3
    assert log.waits_since[:first_pass] == [NOON] * first_pass
    assert max(log.ahead) == MOST_AHEAD
    assert len(recorded(database)) == first_pass * (BATCH + 1)
