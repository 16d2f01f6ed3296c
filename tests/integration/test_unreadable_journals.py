"""Does the log tell what went down with a journal that cannot be read, of connections that went on in the next?"""

import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from adapters.event_log.writer import EventLog
from adapters.journal.entries import LineConnected, LineDisconnected, journal_paths, lock_path, to_microseconds
from adapters.journal.reader import JournalReader
from adapters.journal.unreadable import HELD_S, KEPT_AS, UNREADABLE_S, UnreadableJournals, started_at
from adapters.journal.writer import JournalWriter
from domain.events import UNREADABLE_JOURNAL
from tests.deal_messages import message
from tests.integration.test_drain import recorded, recording
from tests.integration.test_journal_losses import DEALS, at, deal_at, drained, interruptions, outages, stretches
from tests.journal_entries import NOON, heard
from tests.notation import BERLIN
from tests.waiting import eventually
from wattbook.drain import BATCH, LOOK_FOR_JOURNALS_S, JournalRecorder


class Clock:
    """Shows the time of what is written now."""

    def __init__(self) -> None:
        self.second = 0.0

    def __call__(self) -> datetime:
        return at(self.second)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Leave three files of one receiver: its connection was open from second 0 to 20, four deals are in each."""
    clock = Clock()
    end = LineDisconnected("exchange/1", "c1", at(20), at(0), at(20), "closed 1006")
    with JournalWriter(tmp_path, clock, segment_bytes=1, owner=b"one") as writer:
        for before, deals, after in (
            ([LineConnected("exchange/1", "c1", at(0))], range(1, 5), []),
            ([], range(5, 9), []),
            ([], range(9, 13), [end]),
        ):
            # A file is begun after the first of what goes into it was heard.
            clock.second = deals[0] + 2
            writer.append_many([*before, *(heard(deal_at(each), second=each) for each in deals), *after])
            writer.flush()
    return journal_paths(tmp_path)


def destroy(path: Path) -> None:
    """Make garbage of a file."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(b"this is no database" * 1_000)


def begun(second: float) -> float:
    """Return when something was heard in a second, as seconds since noon."""
    return (heard(b"", second=int(second)).at - NOON).total_seconds()


def reason_of(path: Path) -> str:
    return f"{UNREADABLE_JOURNAL}{path.name}"


def test_a_file_begins_no_later_than_what_is_in_it(files: list[Path]) -> None:
    assert [started_at(path) for path in files[1:]] == [heard(b"", second=each).at for each in (5, 9)]


async def test_what_is_lost_with_a_file_is_a_time_in_which_its_connection_was_not_covering(
    files: list[Path], tmp_path: Path, installed: str
) -> None:
    destroy(files[1])
    await drained(tmp_path, installed, DEALS - 4)
    assert stretches(await outages(installed)) == [
        (begun(5), begun(9), reason_of(files[1])),
        (20, None, "closed 1006"),
    ]
    # Whoever begins anew with what is left changes nothing of that.
    await drained(tmp_path, installed, DEALS - 4)
    assert interruptions(installed) == 1


async def test_what_was_recorded_of_a_file_before_it_was_destroyed_is_not_lost(
    files: list[Path], tmp_path: Path, installed: str
) -> None:
    with closing(sqlite3.connect(files[1], isolation_level=None)) as database:
        page: int = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entries'").fetchone()[0]
        size: int = database.execute("PRAGMA page_size").fetchone()[0]
        database.execute("UPDATE forgotten SET up_to = 2, at = ?", (to_microseconds(heard(b"", second=6).at),))
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with files[1].open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    await drained(tmp_path, installed, DEALS - 4)
    assert stretches(await outages(installed))[0] == (begun(6), begun(9), reason_of(files[1]))


async def test_of_several_files_in_a_row_each_is_told(files: list[Path], tmp_path: Path, installed: str) -> None:
    destroy(files[0])
    destroy(files[1])
    await drained(tmp_path, installed, DEALS - 8)
    assert stretches(await outages(installed)) == [
        (0, begun(9), reason_of(files[0])),
        (20, None, "closed 1006"),
    ]
    assert interruptions(installed) == 2


async def test_the_files_of_another_receiver_say_nothing_of_it(
    files: list[Path], tmp_path: Path, installed: str
) -> None:
    destroy(files[2])
    with JournalWriter(tmp_path, lambda: at(15), owner=b"another") as writer:
        writer.append(LineConnected("exchange/2", "c2", at(2)))
        writer.flush()
        async with recording(tmp_path, installed):
            await eventually(lambda: sum(each.startswith("deal.") for each in recorded(installed)) == DEALS - 4)
    assert interruptions(installed) == 0


def disk_error() -> sqlite3.Error:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
    return error


def test_a_file_that_may_come_back_is_waited_for_and_told_of_when_it_does_not(files: list[Path]) -> None:
    now = 0.0
    with JournalReader(files[2]) as reader:
        waited_for = UnreadableJournals(lambda: now)
        waited_for.note(files[1], disk_error())
        assert waited_for.settle(files, [reader]) == []
        assert waited_for.waits_since == started_at(files[1]), "so nobody vouches for more"
        waited_for.withdraw(files[1])
        assert (waited_for.settle(files, [reader]), waited_for.waits_since) == ([], None)
        waited_for.note(files[1], disk_error())
        now += UNREADABLE_S
        assert waited_for.settle(files, [reader]) == [], "it was not tried again yet"
        waited_for.note(files[1], disk_error())
        assert [each.reason for each in waited_for.settle(files, [reader])] == [reason_of(files[1])]
        assert (waited_for.settle(files, [reader]), waited_for.waits_since) == ([], None)
        waited_for.note(files[0], disk_error())
        moved_away = waited_for.settle(files[1:], [reader])
        assert [(each.connection, each.at) for each in moved_away] == [("c1", started_at(files[1]))]


def test_a_file_that_somebody_holds_locked_is_not_lost_and_stops_vouching_only_for_a_while(files: list[Path]) -> None:
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
    now = 0.0
    with JournalReader(files[2]) as reader:
        waited_for = UnreadableJournals(lambda: now)
        for now in (0.0, UNREADABLE_S, HELD_S + 1, 10 * HELD_S):
            waited_for.note(files[1], locked)
            assert waited_for.settle(files, [reader]) == []
            assert (waited_for.waits_since is None) == (now > HELD_S)


def test_who_knows_a_connection_is_asked_though_that_file_is_damaged_too(files: list[Path]) -> None:
    damage = sqlite3.DatabaseError("database disk image is malformed")
    unreadable = UnreadableJournals()
    unreadable.note(files[0], damage)
    assert unreadable.settle(files, []) == [], "the next file waits for its turn to be opened"
    unreadable.note(files[1], damage)
    with JournalReader(files[1]) as in_part:
        assert [each.at for each in unreadable.settle(files[:2], [in_part])] == [started_at(files[1])]


def test_of_a_file_whose_owner_is_not_known_every_receiver_is_asked(files: list[Path], tmp_path: Path) -> None:
    lock_path(files[1]).unlink()
    with JournalWriter(tmp_path, lambda: at(7), owner=b"another") as writer:
        writer.append(LineConnected("exchange/2", "c2", at(7)))
        writer.flush()
        with JournalReader(writer.path) as other, JournalReader(files[2]) as own:
            unreadable = UnreadableJournals()
            unreadable.note(files[1], sqlite3.DatabaseError("file is not a database"))
            lost = unreadable.settle([*files, writer.path], [other, own])
    assert [(each.connection, each.at) for each in lost] == [("c1", started_at(files[2]))]


async def test_what_a_damaged_page_hides_is_told_though_the_next_file_is_drained_first(
    tmp_path: Path, installed: str
) -> None:
    clock = Clock()
    clock.second = 0
    size = 3 * BATCH
    with JournalWriter(tmp_path, clock, segment_bytes=1, owner=b"one") as writer:
        payloads = [message(id=number).encode() for number in range(size)]
        writer.append_many([LineConnected("exchange/1", "c1", at(0)), *map(heard, payloads)])
        writer.flush()
        clock.second = 900
        end = LineDisconnected("exchange/1", "c1", at(1_000), at(0), at(1_000), "closed 1006")
        writer.append_many([heard(deal_at(900), second=900), end])
        writer.flush()
    first, last = journal_paths(tmp_path)
    with closing(sqlite3.connect(first)) as database:
        page_bytes: int = database.execute("PRAGMA page_size").fetchone()[0]
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with first.open("r+b") as file:
        file.seek(first.stat().st_size * 3 // 4 // page_bytes * page_bytes)
        file.write(b"\xff" * page_bytes)
    async with recording(tmp_path, installed):
        await eventually(lambda: interruptions(installed) == 1)
        await eventually(lambda: not last.exists())
    assert BATCH < sum(each.startswith("deal.") for each in recorded(installed)) < size
    assert stretches(await outages(installed))[0][1:] == (900, reason_of(first))


async def test_nothing_that_tells_of_a_loss_is_removed_before_the_log_has_it(
    files: list[Path], tmp_path: Path, installed: str
) -> None:
    destroy(files[1])
    async with EventLog(installed) as log:
        stop = asyncio.Event()
        recorder = JournalRecorder(tmp_path, "exchange", BERLIN, log, lambda: at(2_000))
        with psycopg.connect(installed) as connection:
            connection.execute("LOCK TABLE wattbook.events IN EXCLUSIVE MODE")
            running = asyncio.create_task(recorder.run(stop))
            await asyncio.sleep(3 * LOOK_FOR_JOURNALS_S)
            assert files[2].exists()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    await drained(tmp_path, installed, DEALS - 4)
    assert interruptions(installed) == 1


async def test_a_file_that_is_lost_is_put_away_and_told_once_however_long_it_lies_there(
    files: list[Path], tmp_path: Path, installed: str
) -> None:
    destroy(files[1])
    kept = files[1].with_name(files[1].name + KEPT_AS)
    # Its receiver goes on, with new connections and files.
    with JournalWriter(tmp_path, lambda: at(3_600), owner=b"one") as writer:
        writer.append(LineConnected("exchange/1", "c1", at(21)))
        writer.flush()
        for _ in range(2):
            async with recording(tmp_path, installed):
                await eventually(kept.exists)
                await eventually(lambda: not files[2].exists())
        assert not files[1].exists()
    assert interruptions(installed) == 1


async def test_what_was_saved_of_a_file_is_recorded_when_it_is_put_back(
    files: list[Path], tmp_path: Path, installed: str
) -> None:
    with closing(sqlite3.connect(files[1])) as whole, closing(sqlite3.connect(tmp_path / "saved")) as saved, saved:
        saved.executescript("".join(line for line in whole.iterdump() if "sqlite_sequence" not in line))
    destroy(files[1])
    await drained(tmp_path, installed, DEALS - 4)
    (tmp_path / "saved").rename(tmp_path / "saved.sqlite")
    await drained(tmp_path, installed, DEALS, times=1)


def test_of_the_last_file_of_a_receiver_nothing_is_told_here(files: list[Path]) -> None:
    unreadable = UnreadableJournals()
    unreadable.note(files[2], sqlite3.DatabaseError("file is not a database"))
    assert (unreadable.settle(files, []), unreadable.waits_since) == ([], None)


def test_what_has_not_the_name_of_a_journal_is_none_of_a_receiver(tmp_path: Path, files: list[Path]) -> None:
    unreadable = UnreadableJournals()
    unreadable.note(tmp_path / "copy.sqlite", sqlite3.DatabaseError("file is not a database"))
    with JournalReader(files[2]) as reader:
        assert unreadable.settle([*files, tmp_path / "copy.sqlite"], [reader]) == []
