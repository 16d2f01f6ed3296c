"""Is all that was on disk recorded, or is it said aloud that some of it is gone, whatever happened to the files?"""

import logging
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.journal.entries import MessageHeard, journal_paths
from adapters.journal.promise import evidence_path
from adapters.journal.reader import JournalReader, open_journals
from adapters.journal.writer import JournalWriter
from tests.deal_messages import message
from tests.integration.test_drain import journal_of_a_dead_receiver, recorded, recording
from tests.journal_entries import NOON, heard, noted, now
from tests.waiting import eventually

MESSAGES = [message(id=number).encode() for number in range(30)]
STEP = 83
"""Every so many bytes one is flipped; a prime, so that all fields of a page come in turn."""

KILLED = """
import os, signal, sys
from pathlib import Path
from adapters.journal.entries import LineConnected
from adapters.journal.writer import JournalWriter
from tests.integration.test_journal_damage import MESSAGES
from tests.journal_entries import NOON, heard, now

writer = JournalWriter(Path(sys.argv[1]), now)
writer.append(LineConnected("exchange/1", "killed", NOON))
for each in MESSAGES:
    writer.append(heard(each))
    writer.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""

KILLED_AT = """
import os, signal, sqlite3, sys
from pathlib import Path
from adapters.journal.writer import JournalWriter
from tests.journal_entries import heard, now

left = [int(sys.argv[2])]

class Mortal(sqlite3.Connection):
    def _step(self):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def execute(self, *arguments):
        self._step()
        done = super().execute(*arguments)
        self._step()
        return done

    def executemany(self, *arguments):
        self._step()
        return super().executemany(*arguments)

def connect(path):
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Mortal)

writer = JournalWriter(Path(sys.argv[1]), now, connect)
for number in range(4):
    writer.append(heard(b"%d" % number))
    writer.flush()
    print(number, flush=True)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a receiver that was killed: all it heard is still in SQLite's log."""
    folder = tmp_path_factory.mktemp("killed")
    subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    (path,) = journal_paths(folder)
    assert wal(path).stat().st_size > 100_000
    return folder


def wal(journal: Path) -> Path:
    return journal.with_name(journal.name + "-wal")


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)


def copies(folder: Path, to: Path) -> Iterator[Path]:
    """Yield the journal in fresh copies of *folder*, without end."""
    while True:
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(folder, to, ignore=shutil.ignore_patterns("*-shm", "wake"))
        yield journal_paths(to)[0]


def found(journal: Path) -> tuple[list[bytes], bool]:
    """Return the intact messages, and whether it is told that something is wrong."""
    intact: list[bytes] = []
    told = False
    try:
        with JournalReader(journal) as reader:
            told = reader.missing() > 0
            last = 0
            while entries := reader.read(1_000, after=last):
                last = max(last + 1, entries[-1].sequence)
                told = told or not all(entry.intact for entry in entries)
                intact += [
                    entry.noted.payload for entry in entries if isinstance(entry.noted, MessageHeard) and entry.intact
                ]
            told = told or reader.missing() > 0
            reader.waiting()
            reader.settle_if_abandoned(now())
    except sqlite3.Error:
        told = True
    return intact, told


def test_a_byte_flipped_anywhere_in_the_log_of_a_killed_receiver_makes_up_nothing_and_hides_nothing(
    killed: Path, tmp_path: Path
) -> None:
    size = wal(journal_paths(killed)[0]).stat().st_size
    lost = 0
    for offset, journal in zip(range(0, size, STEP * 17), copies(killed, tmp_path / "copy"), strict=False):
        flip(wal(journal), offset)
        intact, told = found(journal)
        assert set(intact) <= set(MESSAGES)
        assert told or intact == MESSAGES, offset
        lost += told
    assert lost > 50


def test_the_log_of_a_killed_receiver_cut_anywhere_hides_nothing(killed: Path, tmp_path: Path) -> None:
    content = wal(journal_paths(killed)[0]).read_bytes()
    for size, journal in zip(
        range(0, len(content), len(content) // 50), copies(killed, tmp_path / "copy"), strict=False
    ):
        wal(journal).write_bytes(content[:size])
        intact, told = found(journal)
        assert intact == MESSAGES[: len(intact)]
        assert told, size
        assert evidence_path(journal).read_bytes() == content[:size]


def test_a_byte_flipped_anywhere_in_a_closed_journal_makes_up_no_message(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / "whole", now) as writer:
        for each in MESSAGES:
            writer.append(heard(each))
    size = writer.path.stat().st_size
    told_of = 0
    for offset, journal in zip(range(0, size, STEP), copies(tmp_path / "whole", tmp_path / "copy"), strict=False):
        flip(journal, offset)
        intact, told = found(journal)
        assert set(intact) <= set(MESSAGES), offset
        assert told or intact == MESSAGES, offset
        told_of += told
    assert told_of > 20


@pytest.mark.parametrize("step", range(1, 40, 3))
def test_killed_at_any_statement_a_receiver_has_all_that_it_said_is_safe(tmp_path: Path, step: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", KILLED_AT, str(tmp_path), str(step)], capture_output=True, text=True, check=False
    )
    said = [each.encode() for each in ran.stdout.split()]
    payloads: list[bytes] = []
    for reader in open_journals(tmp_path):
        with reader:
            assert reader.missing() == 0
            payloads += [each.payload for each in noted(reader.read(100)) if isinstance(each, MessageHeard)]
    assert payloads[: len(said)] == said
    assert len(payloads) == len(set(payloads))


async def test_what_the_disk_has_changed_passes_for_no_deal(tmp_path: Path, installed: str) -> None:
    with JournalWriter(tmp_path, lambda: NOON) as writer:
        for each in MESSAGES[:3]:
            writer.append(heard(each))
    content = writer.path.read_bytes()
    place = content.index(MESSAGES[1]) + MESSAGES[1].index(b"20.5")
    writer.path.write_bytes(content[:place] + b"28" + content[place + 2 :])
    async with recording(tmp_path, installed):
        await eventually(lambda: not writer.path.exists())
    assert sorted(each.split()[0] for each in recorded(installed)) == [
        "deal.confirmed.v1",
        "deal.confirmed.v1",
        "message.rejected.v1",
    ]


async def test_a_journal_that_lost_its_end_is_recorded_as_far_as_it_goes_and_cried_out_and_kept(
    killed: Path, tmp_path: Path, installed: str, caplog: pytest.LogCaptureFixture
) -> None:
    journal = next(copies(killed, tmp_path / "journal"))
    content = wal(journal).read_bytes()
    wal(journal).write_bytes(content[: len(content) // 2])
    sound = journal_of_a_dead_receiver(journal.parent)
    for _ in range(2):
        async with recording(journal.parent, installed):
            await eventually(lambda: "has lost at least" in caplog.text)
            await eventually(lambda: not sound.exists())
    topics = [each.split()[0] for each in recorded(installed)]
    assert 5 < topics.count("deal.confirmed.v1") < len(MESSAGES)
    assert topics.count("feed.disconnected.v1") == 2
    assert journal.exists()
    assert evidence_path(journal).read_bytes() == content[: len(content) // 2]
    assert {each.levelno for each in caplog.records if "has lost at least" in each.message} == {logging.CRITICAL}
    deals = [each for each in recorded(installed) if each.startswith("deal.")]
    assert len(deals) == len(set(deals)), "what was recorded the first time is not recorded again"


async def test_entries_that_are_gone_between_others_are_cried_out_and_all_others_recorded(
    tmp_path: Path, installed: str, caplog: pytest.LogCaptureFixture
) -> None:
    with JournalWriter(tmp_path / "journal", now) as writer:
        for each in MESSAGES:
            writer.append(heard(each))
    with closing(sqlite3.connect(writer.path)) as database, database:
        database.execute("DELETE FROM entries WHERE sequence IN (5, 6, 9)")
    for _ in range(2):
        async with recording(writer.path.parent, installed):
            await eventually(lambda: "has lost at least 3 " in caplog.text)
            await eventually(lambda: len(recorded(installed)) == len(MESSAGES) - 3)
    assert writer.path.exists()


def test_an_entry_whose_number_the_disk_changed_makes_none_pass_for_recorded(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / "journal", now) as writer:
        for each in MESSAGES:
            writer.append(heard(each))
    with closing(sqlite3.connect(writer.path)) as database, database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(writer.path.read_bytes())
    # A row's number stands before its header: the header's length, and the types of its columns.
    (place,) = [found.start() for found in re.finditer(rb"\x05[\x0a-\x10]\x00\x08", content)]
    content[place] = 69
    writer.path.write_bytes(content)
    with JournalReader(writer.path) as reader:
        entries = reader.read(100)
        assert [each.sequence for each in entries] == [1, 2, 3, 4]
        with pytest.raises(sqlite3.DatabaseError, match="out of its place"):
            reader.read(100, after=4)
