"""Does the journal keep its promise when its process is killed or its disk fails?"""

import logging
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.journal.bell import JournalRinger
from adapters.journal.entries import (
    LineConnected,
    LineDisconnected,
    MessageHeard,
    open_database,
)
from adapters.journal.reader import JournalReader, open_journals
from adapters.journal.store import JournalStore
from adapters.journal.writer import JournalWriter
from domain.errors import JournalClosedError, JournalNotSafeError
from tests.journal_entries import LATER, NOON, heard, noted, now

CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from adapters.journal.entries import LineConnected, MessageHeard
from adapters.journal.writer import JournalWriter

def now():
    return datetime.now(UTC)

writer = JournalWriter(Path(sys.argv[1]), now)
writer.append(LineConnected("exchange/1", "c1", now()))
number = 0
while True:
    for _ in range(7):
        number += 1
        writer.append(MessageHeard("exchange/1", "c1", now(), b"%d" % number))
    writer.heard("c1", now())
    writer.flush()
    print(number, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 20, 300])
def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    begun = now()
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(acknowledged)]
    (reader,) = open_journals(tmp_path)
    assert not reader.settle_if_abandoned(now()), "its owner lives"
    child.kill()
    lines += child.stdout.readlines()
    child.wait()
    child.stdout.close()
    promised = max(int(line) for line in lines if line.endswith("\n"))

    messages = [each for each in noted(reader.read(1_000_000)) if isinstance(each, MessageHeard)]
    assert [each.payload for each in messages][:promised] == [b"%d" % number for number in range(1, promised + 1)]

    assert reader.settle_if_abandoned(now())
    last = noted(reader.read(10, after=len(messages) + 1))
    assert [(type(each), each.connection) for each in last] == [(LineDisconnected, "c1")]
    assert isinstance(last[0], LineDisconnected)
    assert begun <= last[0].connected_at <= last[0].last_heard_at <= last[0].at
    reader.close()


def test_a_full_disk_loses_nothing_and_is_cried_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    opened: list[sqlite3.Connection] = []

    def connect(path: Path) -> sqlite3.Connection:
        opened.append(open_database(path))
        return opened[-1]

    caplog.set_level(logging.WARNING)
    writer = JournalWriter(tmp_path, now, connect)
    opened[0].execute("PRAGMA max_page_count = 20")
    for _ in range(5):
        writer.append(heard(b"x" * 50_000))
    with pytest.raises(JournalNotSafeError):
        writer.flush(timeout_s=0.5)
    writer.append(heard(b"meanwhile"))
    opened[0].execute("PRAGMA max_page_count = 100000")
    writer.flush()

    assert len(opened) == 1, "the file itself is sound"
    with JournalReader(writer.path) as reader:
        assert noted(reader.read(10)) == [heard(b"x" * 50_000)] * 5 + [heard(b"meanwhile")]
    cried = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(cried) == 1
    assert "Free space" in cried[0].getMessage()
    assert "nothing was lost" in caplog.text
    writer.close()


def test_closing_on_a_disk_that_stays_full_says_what_is_lost(tmp_path: Path) -> None:
    opened: list[sqlite3.Connection] = []

    def connect(path: Path) -> sqlite3.Connection:
        opened.append(open_database(path))
        return opened[-1]

    writer = JournalWriter(tmp_path, now, connect)
    opened[0].execute("PRAGMA max_page_count = 20")
    for _ in range(3):
        writer.append(heard(b"x" * 50_000))
    with pytest.raises(JournalNotSafeError, match="3 entries"):
        writer.close(timeout_s=0.3)


class FailingDisk(sqlite3.Connection):
    """A database whose next commits fail like those on a broken disk."""

    broken = False

    def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:
        if self.broken and sql == "COMMIT":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return super().execute(sql, *arguments)  # type: ignore[arg-type]


def test_after_an_input_or_output_error_a_new_journal_goes_on(tmp_path: Path) -> None:
    opened: list[FailingDisk] = []

    def connect(path: Path) -> sqlite3.Connection:
        database = sqlite3.connect(path, isolation_level=None, factory=FailingDisk, check_same_thread=False)
        opened.append(database)
        return database

    writer = JournalWriter(tmp_path, now, connect)
    writer.append(LineConnected("exchange/1", "c1", NOON))
    writer.append(heard(b"before"))
    writer.heard("c1", LATER)
    writer.flush()
    opened[0].broken = True
    writer.append(heard(b"after"))
    writer.flush()

    first, second = open_journals(tmp_path)
    assert writer.path == second.path
    assert noted(first.read(10)) == [LineConnected("exchange/1", "c1", NOON), heard(b"before")]
    assert noted(second.read(10)) == [heard(b"after")]
    assert not first.settle_if_abandoned(LATER), "its owner lives"
    writer.close()
    assert first.settle_if_abandoned(LATER)
    assert second.settle_if_abandoned(LATER)
    assert len(first.read(10)) == 2, "the connection lived on in the second journal"
    lost = [each for each in noted(second.read(10)) if isinstance(each, LineDisconnected)]
    assert [(each.connection, each.connected_at) for each in lost] == [("c1", NOON)]
    first.close()
    second.close()


def test_what_cannot_be_stored_at_all_does_not_stop_the_journal_unheard(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, now) as writer:
        writer.append(LineDisconnected("exchange/1", "c1", NOON, NOON, NOON, "half a pair: \ud83d"))
        writer.append(heard(b"next"))
        writer.flush()
        with JournalReader(writer.path) as reader:
            assert len(reader.read(10)) == 2


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        JournalWriter(tmp_path / "file", now)


class Trouble:
    """Runs out of memory the first few times, and then does what it stands for."""

    def __init__(self, stands_for: Callable[..., Any], times: int) -> None:
        self._stands_for = stands_for
        self.left = times

    def __get__(self, instance: object, owner: type) -> Callable[..., Any]:
        return partial(self, instance)

    def __call__(self, *given: Any) -> Any:
        if self.left:
            self.left -= 1
            raise MemoryError
        return self._stands_for(*given)


@pytest.mark.parametrize(
    ("part", "step"),
    [
        (JournalRinger, "ring"),
        (JournalWriter, "_take_signs_of_life"),
        (JournalStore, "take"),
        (JournalStore, "commit"),
        (JournalStore, "_remember"),
        (JournalStore, "_put_up"),
    ],
)
def test_without_memory_for_a_moment_the_journal_goes_on_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: type, step: str
) -> None:
    with JournalWriter(tmp_path, now) as writer:
        writer.append(heard(b"1"))
        writer.flush()
        trouble = Trouble(getattr(part, step), times=2)
        monkeypatch.setattr(part, step, trouble)
        for number in range(2, 6):
            writer.append(heard(b"%d" % number))
            writer.flush()
        while trouble.left:
            writer.flush()
        assert writer.unwritten_bytes == 0
        with JournalReader(writer.path) as reader:
            # Twice is not lost: the log knows a deal by its content.
            found = [each.payload for each in noted(reader.read(100)) if isinstance(each, MessageHeard)]
            assert sorted(set(found)) == [b"1", b"2", b"3", b"4", b"5"]
            assert reader.missing() == 0
    assert "is held up" in caplog.text


def test_a_journal_whose_thread_has_ended_all_the_same_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def end(store: JournalStore) -> None:
        raise SystemExit

    monkeypatch.setattr(JournalStore, "commit", end)
    writer = JournalWriter(tmp_path, now)
    with pytest.raises(JournalClosedError, match="not written any more"):  # noqa: PT012
        while True:
            writer.append(heard(b"1"))
            time.sleep(0.01)
    with pytest.raises(JournalClosedError):
        writer.heard("c1", LATER)
    with pytest.raises(JournalNotSafeError):
        writer.close()
    assert "is not written any more" in caplog.text
