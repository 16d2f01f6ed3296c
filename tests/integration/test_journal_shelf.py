"""Do thousands of journals that dead receivers left cost no more at a time than a few?"""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg

from adapters.journal.entries import INSERT_ENTRY, LineConnected, lock_path, row_of
from adapters.journal.reader import JournalReader
from adapters.journal.shelf import JournalShelf
from adapters.journal.writer import JournalWriter
from tests.broken_journals import garbage
from tests.journal_entries import NOON, heard, now

MANY = 2_000
DESCRIPTORS = 192

CHILD = f"""
import asyncio, os, resource, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from adapters.event_log.writer import EventLog
from tests.journal_entries import now
from wattbook.drain import JournalRecorder

async def main() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))
    stop = asyncio.Event()
    stop.set()
    async with EventLog(sys.argv[2]) as log:
        await JournalRecorder(Path(sys.argv[1]), "exchange", ZoneInfo("Europe/Berlin"), log, now).run(stop)

asyncio.run(main())
"""


def left_behind(folder: Path, count: int) -> list[Path]:
    """Leave *count* journals of receivers that were killed, each with a connection and a message of its own."""
    with JournalWriter(folder, lambda: NOON) as writer:
        writer.append(LineConnected("exchange/1", "c", NOON))
        writer.append(heard(b"?"))
    paths: list[Path] = []
    for number in range(count):
        path = folder / f"20250101T000000.{number:06}Z-00000000.sqlite"
        shutil.copyfile(writer.path, path)
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute("UPDATE open_connections SET connection = ?", (f"c{number}",))
            database.execute("DELETE FROM entries")
            database.execute("UPDATE forgotten SET up_to = 2")
            noted = (LineConnected("exchange/1", f"c{number}", NOON), heard(b"%d" % number))
            database.executemany(INSERT_ENTRY, [row_of(each) for each in noted])
            database.commit()
        paths.append(path)
    for path in (writer.path, lock_path(writer.path), writer.path.with_suffix(".notice")):
        path.unlink()
    return paths


def test_thousands_of_abandoned_journals_are_drained_with_few_descriptors_and_the_living_one_at_once(
    tmp_path: Path, installed: str
) -> None:
    left_behind(tmp_path, MANY)
    with JournalWriter(tmp_path, now) as living:
        living.append(heard(b"now"))
        living.flush()
        child = [sys.executable, "-c", CHILD, str(tmp_path), installed]
        ran = subprocess.run(child, capture_output=True, text=True, timeout=180, check=False)
        assert ran.returncode == 0, ran.stderr
        assert [each for each in ran.stderr.splitlines() if not each.startswith("rejected a message")] == []
        assert list(tmp_path.glob("*.sqlite")) == [living.path]

    with psycopg.connect(installed) as connection:
        topics = connection.execute("SELECT topic, count(*) FROM wattbook.events GROUP BY 1 ORDER BY 1").fetchall()
        living_at = connection.execute(
            "SELECT notification_id FROM wattbook.events WHERE convert_from(state, 'UTF8') LIKE %s", ('%"now"%',)
        ).fetchall()
    assert topics == [("feed.connected.v1", MANY), ("feed.disconnected.v1", MANY), ("message.rejected.v1", MANY + 1)]
    ((position,),) = living_at
    assert position < 200, "a living receiver does not wait for the dead"


def test_of_the_abandoned_the_oldest_few_are_open_and_the_next_follow(tmp_path: Path) -> None:
    paths = left_behind(tmp_path, 5)
    shelf = JournalShelf([tmp_path], most_abandoned=2)
    with JournalWriter(tmp_path, now) as living:
        for first in (0, 2, 4):
            readers = shelf.look(unexpected)
            assert [each.path for each in readers] == [*paths[first : first + 2], living.path]
            assert shelf.has_more == (first < 4)
            for reader in readers[:-1]:
                finish(reader)
        assert [each.path for each in shelf.look(unexpected)] == [living.path]
    shelf.close()


def test_what_is_stuck_takes_no_place_from_others_and_is_tried_again_later(tmp_path: Path) -> None:
    told: list[Path] = []
    time_s = [0.0]
    broken = garbage(tmp_path)
    stuck, sound = left_behind(tmp_path, 2)
    shelf = JournalShelf([tmp_path], most_abandoned=1, aside_s=60, clock_s=lambda: time_s[0])

    def look() -> list[Path]:
        return [each.path for each in shelf.look(lambda path, _: told.append(path))]

    (reader,) = shelf.look(lambda path, _: told.append(path))
    assert reader.path == stuck
    assert shelf.set_aside(reader)
    assert look() == [sound]
    assert told == [broken], "it is not opened again at each look"
    time_s[0] = 61
    assert look() == [stuck]
    assert told == [broken, broken]
    shelf.close()


def test_the_journal_of_a_living_receiver_is_never_set_aside(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, now):
        shelf = JournalShelf([tmp_path])
        (reader,) = shelf.look(unexpected)
        assert not shelf.set_aside(reader)
        assert shelf.look(unexpected) == [reader]
        shelf.close()


def finish(reader: JournalReader) -> None:
    assert reader.settle_if_abandoned(now())
    reader.forget(1_000)
    assert reader.remove_if_done()


def unexpected(path: Path, error: sqlite3.Error) -> None:
    raise AssertionError(f"{path}: {error}")
