"""Does the journal give back what it was told, and know whose owner is dead?"""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from adapters.journal.commit import TOGETHER
from adapters.journal.entries import (
    LineConnected,
    LineDisconnected,
    Noted,
    journal_paths,
    lock_path,
)
from adapters.journal.reader import JournalReader, open_journals
from adapters.journal.writer import JournalWriter
from domain.errors import JournalClosedError
from tests.journal_entries import LATER, NOON, heard, noted, now
from tests.waiting import eventually


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[JournalWriter]:
    with JournalWriter(tmp_path, now) as opened:
        yield opened


@pytest.fixture
def reader(writer: JournalWriter) -> Iterator[JournalReader]:
    with JournalReader(writer.path) as opened:
        yield opened


def test_what_was_noted_is_read_in_order_and_unchanged(writer: JournalWriter, reader: JournalReader) -> None:
    everything: list[Noted] = [
        LineConnected("exchange/1", "c1", NOON),
        heard(b""),
        heard(bytes(range(256)) * 1000),
        LineDisconnected("exchange/1", "c1", LATER, NOON, LATER - timedelta(microseconds=1), "cut: \u00e4"),
    ]
    for each in everything:
        writer.append(each)
    writer.flush()

    entries = reader.read(10)

    assert noted(entries) == everything
    assert [entry.sequence for entry in entries] == sorted({entry.sequence for entry in entries})


@pytest.mark.parametrize("count", [1, TOGETHER - 1, TOGETHER, TOGETHER + 1, 2 * TOGETHER + 3])
def test_what_comes_at_once_is_numbered_as_it_came(count: int, writer: JournalWriter, reader: JournalReader) -> None:
    messages = [heard(b"%d" % number) for number in range(count)]
    writer.append(heard(b"first"))
    writer.append_many(messages)
    writer.append(heard(b"last"))
    writer.flush()

    entries = reader.read(1_000)

    assert noted(entries) == [heard(b"first"), *messages, heard(b"last")]
    assert [entry.sequence for entry in entries] == list(range(1, count + 3))
    assert reader.missing() == 0


def test_reading_is_limited_by_entries_and_by_bytes(writer: JournalWriter, reader: JournalReader) -> None:
    for size in (10, 10, 5_000_000, 5_000_000, 10):
        writer.append(heard(b"x" * size))
    writer.flush()
    assert len(reader.read(3)) == 3
    assert len(reader.read(10)) == 4
    assert len(reader.read(10, limit_bytes=1)) == 1
    assert [entry.sequence for entry in reader.read(10, after=4)] == [5]


def test_what_is_forgotten_is_gone_and_the_rest_stays(writer: JournalWriter, reader: JournalReader) -> None:
    for number in range(2_500):
        writer.append(heard(b"%d" % number))
    writer.flush()
    reader.forget(2_400)
    assert [entry.sequence for entry in reader.read(3)] == [2_401, 2_402, 2_403]
    reader.forget(9_999)
    assert reader.read(3) == []


def test_a_sequence_number_never_comes_again(writer: JournalWriter, reader: JournalReader) -> None:
    writer.append(heard(b"first"))
    writer.flush()
    reader.forget(1)
    writer.append(heard(b"second"))
    writer.flush()
    assert [entry.sequence for entry in reader.read(3)] == [2]


def test_two_recorders_read_the_same(writer: JournalWriter, reader: JournalReader) -> None:
    writer.append(heard(b"a"))
    writer.append(heard(b"b"))
    writer.flush()
    with JournalReader(writer.path) as other:
        assert other.read(10) == reader.read(10)
        reader.forget(1)
        assert [entry.sequence for entry in other.read(10)] == [2]


def test_the_status_tells_what_waits(writer: JournalWriter, reader: JournalReader) -> None:
    assert (reader.waiting().entries, reader.waiting().oldest_at) == (0, None)
    for second in range(5):
        writer.append(heard(b"x", line="exchange/1", second=second))
    writer.append(heard(b"x", line="exchange/2", second=9))
    writer.flush()
    reader.forget(2)
    waiting = reader.waiting()
    assert (waiting.entries, waiting.oldest_at) == (4, heard(b"", second=2).at)
    assert waiting.last_message_at == {"exchange/1": heard(b"", second=4).at, "exchange/2": heard(b"", second=9).at}


def test_a_closed_journal_has_everything_and_takes_no_more(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, now)
    for number in range(25_000):
        writer.append(heard(b"%d" % number))
    writer.close()
    with JournalReader(writer.path) as reader:
        assert reader.waiting().entries == 25_000
    with pytest.raises(JournalClosedError):
        writer.append(heard(b"late"))
    with pytest.raises(JournalClosedError):
        writer.flush()
    writer.close()


def test_each_process_has_its_own_journal_and_the_oldest_comes_first(tmp_path: Path) -> None:
    hours = iter([LATER, NOON])
    with JournalWriter(tmp_path, lambda: next(hours)) as second, JournalWriter(tmp_path, lambda: next(hours)) as first:
        readers = list(open_journals(tmp_path))
        assert [reader.path for reader in readers] == [first.path, second.path]
        for reader in readers:
            reader.close()


def test_a_folder_that_does_not_exist_has_no_journals(tmp_path: Path) -> None:
    assert list(open_journals(tmp_path / "nowhere")) == []


def test_a_journal_with_a_living_owner_is_neither_settled_nor_removed(
    writer: JournalWriter, reader: JournalReader
) -> None:
    writer.append(LineConnected("exchange/1", "c1", NOON))
    writer.flush()
    reader.forget(1)
    assert not reader.settle_if_abandoned(LATER)
    assert not reader.remove_if_done()
    assert reader.read(10) == []


def test_connections_that_a_dead_owner_left_open_are_settled_once(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, now)
    for line, connection in (("exchange/1", "c1"), ("exchange/2", "c2"), ("exchange/1", "c3")):
        writer.append(LineConnected(line, connection, NOON))
    writer.append(LineDisconnected("exchange/1", "c1", LATER, NOON, NOON, "cut"))
    writer.heard("c2", NOON + timedelta(minutes=5))
    writer.close()

    with JournalReader(writer.path) as reader, JournalReader(writer.path) as other:
        assert reader.settle_if_abandoned(LATER)
        assert other.settle_if_abandoned(LATER + timedelta(days=1))
        assert noted(reader.read(10, after=4)) == [
            LineDisconnected("exchange/1", "c3", LATER, NOON, NOON, "receiver ended"),
            LineDisconnected("exchange/2", "c2", LATER, NOON, NOON + timedelta(minutes=5), "receiver ended"),
        ]


async def test_the_last_sign_of_life_is_written_while_the_line_is_quiet(
    writer: JournalWriter, reader: JournalReader
) -> None:
    writer.append(LineConnected("exchange/1", "c1", NOON))
    writer.heard("c1", LATER)

    with sqlite3.connect(writer.path) as database:

        def noted_at() -> int:
            row = database.execute("SELECT max(last_heard_at) FROM open_connections").fetchone()
            return int(row[0] or 0)

        await eventually(lambda: noted_at() == int(LATER.timestamp()) * 1_000_000)


def test_a_dead_owner_s_journal_goes_when_it_is_drained_and_settled(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, now) as writer:
        writer.append(LineConnected("exchange/1", "c1", NOON))
        writer.append(heard(b"x"))
    (reader,) = open_journals(tmp_path)
    reader.forget(2)
    assert not reader.remove_if_done(), "the open connection is not settled"
    assert reader.settle_if_abandoned(LATER)
    assert not reader.remove_if_done(), "its loss is not in the log"
    reader.forget(3)
    with JournalReader(writer.path) as other:
        assert reader.remove_if_done()
        assert not other.remove_if_done()
        assert not other.settle_if_abandoned(LATER)
    assert list(tmp_path.iterdir()) == []
    assert list(open_journals(tmp_path)) == []


async def test_no_unfinished_journal_is_ever_seen(tmp_path: Path) -> None:
    seen: list[Path] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            for path in journal_paths(tmp_path):
                with JournalReader(path) as reader:
                    reader.waiting()
                    seen.append(path)

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(20):
        with JournalWriter(tmp_path, now) as writer:
            await eventually(partial(seen.__contains__, writer.path))
            assert lock_path(writer.path).exists()
    ended.set()
    looking.join()
    assert len(set(seen)) == 20
