"""Does a recorder learn at once that something was committed?"""

import asyncio
from pathlib import Path

from adapters.journal.bell import JournalBell
from adapters.journal.reader import open_journals
from adapters.journal.writer import JournalWriter
from tests.journal_entries import heard, now


async def test_the_bell_rings_when_something_was_committed(tmp_path: Path) -> None:
    async with JournalBell(tmp_path) as bell:
        with JournalWriter(tmp_path, now) as writer:
            writer.append(heard(b"x"))
            async with asyncio.timeout(10):
                while not await bell.wait():
                    pass
        (reader,) = open_journals(tmp_path)
        assert len(reader.read(10)) == 1
        reader.close()


async def test_the_bell_stays_silent_when_nothing_happens(tmp_path: Path) -> None:
    async with JournalBell(tmp_path) as bell:
        assert not await bell.wait(0.01)


async def test_a_journal_is_written_whether_or_not_anybody_listens(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, now) as writer:
        for _ in range(3):
            writer.append(heard(b"unheard"))
            writer.flush()
            async with JournalBell(tmp_path) as bell:
                writer.append(heard(b"heard"))
                async with asyncio.timeout(10):
                    while not await bell.wait():
                        pass
        (reader,) = open_journals(tmp_path)
        assert reader.waiting().entries == 6
        reader.close()


async def test_every_ring_wakes_one_of_several_recorders(tmp_path: Path) -> None:
    async with JournalBell(tmp_path) as one, JournalBell(tmp_path) as other:
        with JournalWriter(tmp_path, now) as writer:
            writer.append(heard(b"x"))
            writer.flush()
            async with asyncio.timeout(10):
                while not any(await asyncio.gather(one.wait(), other.wait())):
                    pass


async def test_without_a_pipe_the_bell_still_lets_recorders_look(tmp_path: Path) -> None:
    (tmp_path / "wake").write_text("a file in the way")
    async with JournalBell(tmp_path) as bell:
        with JournalWriter(tmp_path, now) as writer:
            writer.append(heard(b"x"))
            writer.flush()
            assert not await bell.wait(60)
    assert (tmp_path / "wake").read_text() == "a file in the way"
