"""Does the journal go on elsewhere when its disk is full or fails, and does no file of it grow for ever?"""

import sqlite3
from pathlib import Path

import pytest

from adapters.journal.entries import LineConnected, LineDisconnected, MessageHeard, Noted, journal_paths
from adapters.journal.reader import open_journals
from adapters.journal.writer import JournalWriter
from domain.errors import JournalNotSafeError
from tests.full_disks import fill
from tests.journal_entries import LATER, NOON, heard, noted, now

MIB = 1024 * 1024


def all_in(*folders: Path) -> list[Noted]:
    found: list[Noted] = []
    for reader in open_journals(folders):
        with reader:
            found += noted(reader.read(1_000_000, limit_bytes=10**9))
    return found


def payloads(entries: list[Noted]) -> set[bytes]:
    return {each.payload[:8].rstrip() for each in entries if isinstance(each, MessageHeard)}


def test_on_a_full_disk_the_spare_folder_takes_over_and_the_own_one_takes_back(
    small_disk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own, spare = small_disk / "journal", tmp_path / "spare"
    with JournalWriter(own, now, spare=spare, return_s=0) as writer:
        writer.append(LineConnected("exchange/1", "c1", NOON))
        writer.append(heard(b"1".ljust(8)))
        writer.flush()
        filler = fill(small_disk)
        for number in range(2, 60):
            writer.append(heard(b"%d" % number + b" " * 100_000))
            writer.flush()
        assert writer.path.parent == spare
        assert "Free space or repair the disk" in caplog.text

        filler.unlink()
        writer.append(heard(b"60".ljust(8)))
        writer.flush()
        assert writer.path.parent == own

    assert payloads(all_in(own, spare)) == {b"%d" % number for number in range(1, 61)}
    assert writer.unwritten_bytes == 0


def test_without_a_spare_folder_what_was_heard_waits_in_memory_until_there_is_room(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with JournalWriter(small_disk / "journal", now) as writer:
        filler = fill(small_disk)
        for _ in range(60):
            writer.append(heard(b"x" * 100_000))
        with pytest.raises(JournalNotSafeError):
            writer.flush(timeout_s=1)
        assert writer.unwritten_bytes >= 100_000
        filler.unlink()
        writer.flush()
        assert writer.unwritten_bytes == 0
    assert "kept in memory" in caplog.text


class FailingSync(sqlite3.Connection):
    """A database on a disk that takes no commit."""

    def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:
        if sql == "COMMIT":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return super().execute(sql, *arguments)  # type: ignore[arg-type]


def test_when_the_own_disk_keeps_failing_the_spare_folder_takes_over(tmp_path: Path) -> None:
    own, spare = tmp_path / "journal", tmp_path / "spare"

    def connect(path: Path) -> sqlite3.Connection:
        broken = path.parent == own
        return sqlite3.connect(
            path,
            isolation_level=None,
            check_same_thread=False,
            factory=FailingSync if broken else sqlite3.Connection,
        )

    with JournalWriter(own, now, connect, spare=spare) as writer:
        writer.append(heard(b"1"))
        writer.flush()
        assert writer.path.parent == spare
        assert all_in(spare) == [heard(b"1")]
    assert len(journal_paths(own)) == 0, "files that hold nothing are not left behind"


def test_a_receiver_starts_in_the_spare_folder_where_its_own_one_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "in-the-way").write_text("no folder")
    with JournalWriter(tmp_path / "in-the-way", now, spare=tmp_path / "spare") as writer:
        writer.append(heard(b"1"))
        writer.flush()
    assert all_in(tmp_path / "spare") == [heard(b"1")]


def test_a_long_journal_is_several_files_and_those_before_the_last_go_when_they_are_drained(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, now, segment_bytes=MIB) as writer:
        writer.append(LineConnected("exchange/1", "c1", NOON))
        for number in range(40):
            writer.append(heard(b"%d" % number + b" " * 100_000))
            writer.flush()
        readers = list(open_journals(tmp_path))
        assert len(readers) >= 4
        entries = [each for reader in readers for each in noted(reader.read(1_000))]
        assert len(payloads(entries)) == 40
        assert not any(isinstance(each, LineDisconnected) for each in entries)
        for reader in readers:
            reader.forget(1_000)
            reader.settle_if_abandoned(LATER)
        assert [reader.remove_if_done() for reader in readers] == [True] * (len(readers) - 1) + [False]
        readers[-1].close()

    (last,) = open_journals(tmp_path)
    with last:
        assert last.settle_if_abandoned(LATER)
        assert [each.connection for each in noted(last.read(9)) if isinstance(each, LineDisconnected)] == ["c1"]
