"""Does a kill, or a disk that keeps failing, leave files and descriptors behind for ever?"""

import fcntl
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.journal.entries import LineConnected, MessageHeard, create_journal, journal_paths, lock_path, taken_over
from adapters.journal.reader import open_journals
from adapters.journal.store import MOST_DISTRUSTED
from adapters.journal.writer import JournalWriter
from tests.journal_entries import NOON, heard, noted, now

KILLED_WHILE_IT_BEGINS = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from adapters.journal.entries import create_journal

def killed(event, arguments):
    if event == "os.rename":
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(killed)
create_journal(Path(sys.argv[1]), datetime.now(UTC))
"""


def names(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir()}


def test_what_a_kill_left_of_a_journal_that_was_being_made_is_gone_with_the_next_start(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED_WHILE_IT_BEGINS, str(tmp_path)], check=False)
    assert names(tmp_path) == {".lock", ".unfinished"}
    with JournalWriter(tmp_path, now) as writer:
        assert {path.stem for path in tmp_path.iterdir()} == {writer.path.stem}


def test_nothing_of_a_living_receiver_is_cleared_away(tmp_path: Path) -> None:
    being_made = tmp_path / "20230206T120000.000000Z-00000000.sqlite"
    being_made.with_suffix(".unfinished").touch()
    lock = os.open(lock_path(being_made), os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with JournalWriter(tmp_path, now) as living, JournalWriter(tmp_path, now):
        assert lock_path(living.path).exists()
        assert being_made.with_suffix(".unfinished").exists()
        assert lock_path(being_made).exists()
    os.close(lock)
    with JournalWriter(tmp_path, now):
        assert not being_made.with_suffix(".unfinished").exists()
        assert not lock_path(being_made).exists()


def test_a_lock_that_is_cleared_away_before_it_is_held_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock
    cleared: list[Path] = []

    def flock(descriptor: int, operation: int) -> None:
        if not cleared:
            cleared.append(Path(f"/proc/self/fd/{descriptor}").readlink())
            cleared[0].unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    path, lock = create_journal(tmp_path, NOON)
    assert cleared == [lock_path(path)]
    with taken_over(path) as abandoned:
        assert not abandoned, "its owner lives"
    os.close(lock)


class FailingDisk(sqlite3.Connection):
    """A database that takes one commit and fails at the next."""

    commits = 0

    def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:
        if sql == "COMMIT":
            self.commits += 1
            if self.commits > 1:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
                raise error
        return super().execute(sql, *arguments)  # type: ignore[arg-type]


def test_a_disk_that_keeps_failing_takes_no_more_and_more_descriptors_and_no_message(tmp_path: Path) -> None:
    def connect(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, factory=FailingDisk, check_same_thread=False)

    files = MOST_DISTRUSTED + 24
    with JournalWriter(tmp_path, now, connect) as writer:
        writer.append(LineConnected("exchange/1", "c1", NOON))
        for number in range(files):
            writer.append(heard(b"%d" % number))
            writer.flush()
        paths = journal_paths(tmp_path)
        held = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink() and path.exists()]
        locks = [path for path in held if path.parent == tmp_path and path.suffix == ".lock"]
        assert len(paths) == files
        assert len(locks) == MOST_DISTRUSTED + 1
        for path in paths[-MOST_DISTRUSTED:]:
            with taken_over(path) as abandoned:
                assert not abandoned
    found: list[bytes] = []
    for reader in open_journals(tmp_path):
        with reader:
            found += [each.payload for each in noted(reader.read(10)) if isinstance(each, MessageHeard)]
    assert found == [b"%d" % number for number in range(files)]
