"""Does a person learn what only a receiver knows, and how full the disks are, even on a full disk?"""

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.journal.entries import lock_path, open_database
from adapters.journal.notice import Notice, leave_notice, notice_path, read_notice
from adapters.journal.writer import JournalWriter
from tests.full_disks import fill
from tests.journal_entries import LATER, NOON, heard, now
from tests.waiting import eventually
from wattbook.journal_watch import JournalWatch, used_percent
from wattbook.warnings import Warnings


def watch(warnings: Warnings, *folders: Path) -> JournalWatch:
    return JournalWatch(folders, warnings, lambda: None, now, lambda _: 0.0, hash)


def codes(warnings: Warnings) -> list[str]:
    return [f"{each.code} {each.level}" for each in warnings.standing]


def seen(watching: JournalWatch, warnings: Warnings) -> list[str]:
    """Return what is warned of after a new look."""
    watching.look()
    return codes(warnings)


def test_each_disk_is_warned_of_by_itself_and_once_for_each_mark(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    used = {tmp_path / "own": 96.0, tmp_path / "spare": 10.0}
    warnings = Warnings()
    watching = JournalWatch(list(used), warnings, lambda: None, now, lambda folder: used[folder], hash)
    for own in (96.0, 97.0, 90.0, 84.5, 71.0, 69.5, 68.0):
        used[tmp_path / "own"] = own
        watching.look()
    assert warnings.standing == []
    told = [f"{each.levelname} {each.getMessage()[:17].strip('.')}" for each in caplog.records]
    assert told == [
        "CRITICAL More than 95 % of",
        "WARNING More than 85 % of",
        "WARNING More than 70 % of",
        "WARNING No longer so: Mor",
    ]


def test_a_disk_that_does_not_answer_is_critical(tmp_path: Path) -> None:
    def gone(folder: Path) -> float:
        raise OSError(f"{folder}: stale file handle")

    warnings = Warnings()
    JournalWatch([tmp_path], warnings, lambda: None, now, gone).look()
    assert codes(warnings) == ["JOURNAL_DISK CRITICAL"]
    assert "stale file handle" in warnings.standing[0].message


def test_what_waits_is_warned_of_until_it_is_recorded(tmp_path: Path) -> None:
    waiting: list[datetime | None] = [NOON]
    warnings = Warnings()
    watching = JournalWatch([tmp_path], warnings, lambda: waiting[0], lambda: NOON + timedelta(seconds=30), lambda _: 0)
    watching.look()
    assert codes(warnings) == ["JOURNAL_BACKLOG WARNING"]
    waiting[0] = None
    watching.look()
    assert warnings.standing == []


async def test_messages_in_memory_are_warned_of_until_they_are_on_disk(tmp_path: Path) -> None:
    opened: list[sqlite3.Connection] = []

    def connect(path: Path) -> sqlite3.Connection:
        opened.append(open_database(path))
        return opened[-1]

    warnings = Warnings()
    watching = watch(warnings, tmp_path)
    with JournalWriter(tmp_path, now, connect) as writer:
        writer.append(heard(b"safe"))
        writer.flush()
        watching.look()
        assert warnings.standing == []
        opened[0].execute("PRAGMA max_page_count = 1")
        writer.append(heard(b"x" * 100_000))
        await eventually(lambda: seen(watching, warnings) == ["JOURNAL_IN_MEMORY CRITICAL"])
        (warning,) = warnings.standing
        assert f"process id {os.getpid()}" in warning.message
        assert "would be lost" in warning.message
        opened[0].execute("PRAGMA max_page_count = 100000")
        writer.flush()
        await eventually(lambda: seen(watching, warnings) == [])


async def test_word_is_left_on_a_full_disk_too(small_disk: Path, tmp_path: Path) -> None:
    own, spare, alone = small_disk / "journal", tmp_path / "spare", small_disk / "alone"
    warnings = Warnings()
    with JournalWriter(own, now, spare=spare) as writer, JournalWriter(alone, now) as other:
        for each in (writer, other):
            each.append(heard(b"first"))
            each.flush()
        fill(small_disk)
        assert used_percent(own) > 95
        for each in (writer, other):
            for _ in range(40):
                each.append(heard(b"x" * 100_000))
        writer.flush()
        watching = JournalWatch((own, spare, alone), warnings, lambda: None, now, file_system=hash)
        await eventually(lambda: "JOURNAL_IN_MEMORY CRITICAL" in seen(watching, warnings))
        assert codes(warnings)[-2:] == ["JOURNAL_IN_MEMORY CRITICAL", "JOURNAL_ON_SPARE WARNING"]
        assert {each.about for each in warnings.standing if each.code == "JOURNAL_DISK"} >= {str(own), str(alone)}
        assert str(own) in warnings.standing[-1].message
        (small_disk / "filler").unlink()
    watching.look()
    assert [code for code in codes(warnings) if "DISK" not in code] == [], "who has ended holds nothing"


def test_the_word_of_a_receiver_that_was_killed_counts_no_longer(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, now) as writer:
        writer.append(heard(b"1"))
        writer.flush()
        path = writer.path
    leave_notice(path, Notice(1, "disk full", held_since=NOON))
    warnings = Warnings()
    watch(warnings, tmp_path).look()
    assert warnings.standing == []


@pytest.mark.parametrize("notice", [Notice(7), Notice(7, "Ä" * 5_000, "/own", LATER.astimezone(UTC))])
def test_a_notice_is_read_as_it_was_left_and_garbage_is_none(tmp_path: Path, notice: Notice) -> None:
    journal = tmp_path / "x.sqlite"
    assert read_notice(journal) is None
    leave_notice(journal, Notice(7, "before"))
    leave_notice(journal, notice)
    read = read_notice(journal)
    assert read is not None
    assert (read.process, read.instead_of, read.held_since) == (7, notice.instead_of, notice.held_since)
    assert notice.problem.startswith(read.problem)
    notice_path(journal).write_bytes(notice_path(journal).read_bytes()[:20])
    assert read_notice(journal) is None


def test_one_journal_that_cannot_be_looked_at_hides_no_other_and_is_warned_of_itself(tmp_path: Path) -> None:
    warnings = Warnings()
    with JournalWriter(tmp_path, lambda: NOON) as bad, JournalWriter(tmp_path, lambda: LATER) as good:
        leave_notice(good.path, Notice(os.getpid(), "no room", "/elsewhere", NOON))
        watching = watch(warnings, tmp_path)
        lock_path(bad.path).unlink()
        lock_path(bad.path).mkdir()
        assert seen(watching, warnings) == [
            "JOURNAL_IN_MEMORY CRITICAL", "JOURNAL_ON_SPARE WARNING", "JOURNAL_UNSEEN WARNING",
        ]  # fmt: skip
        assert f"journal {bad.path} lives cannot be told" in warnings.standing[2].message
        lock_path(bad.path).rmdir()
        assert seen(watching, warnings) == ["JOURNAL_IN_MEMORY CRITICAL", "JOURNAL_ON_SPARE WARNING"]


def test_a_journal_folder_that_cannot_be_listed_is_critical_and_hides_no_other(tmp_path: Path) -> None:
    warnings = Warnings()
    (tmp_path / "own").write_text("no folder")
    with JournalWriter(tmp_path / "spare", now) as writer:
        leave_notice(writer.path, Notice(os.getpid(), "no room", "/elsewhere", None))
        watching = watch(warnings, tmp_path / "own", tmp_path / "spare", tmp_path / "not there yet")
        assert seen(watching, warnings) == ["JOURNAL_ON_SPARE WARNING", "JOURNAL_UNSEEN CRITICAL"]


def test_a_spare_folder_that_fails_together_with_the_journals_own_is_warned_of_until_its_disk_is_there(
    small_disk: Path, tmp_path: Path
) -> None:
    warnings = Warnings()
    own, spare = tmp_path / "journal", tmp_path / "spare"
    watching = JournalWatch((own, spare), warnings, lambda: None, now, lambda _: 0.0)
    assert seen(watching, warnings) == ["JOURNAL_SPARE_USELESS WARNING"], "also before either folder is made"
    assert str(spare) in warnings.standing[0].message
    assert str(own) in warnings.standing[0].message
    spare.symlink_to(small_disk)
    assert seen(watching, warnings) == []
    assert seen(JournalWatch((own,), warnings, lambda: None, now, lambda _: 0.0), warnings) == []
