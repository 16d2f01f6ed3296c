"""Does the event log know of what a journal has lost, so that no record passes for whole that is not?"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.journal.entries import LineConnected, LineDisconnected, lock_path
from adapters.journal.reader import JournalReader
from adapters.journal.writer import JournalWriter
from domain.losses import OutageAccount
from tests.deal_messages import message
from tests.desk import desk
from tests.integration.test_drain import recorded, recording
from tests.journal_entries import NOON, heard
from tests.waiting import eventually

DEALS = 12


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def deal_at(second: int, line: str = "exchange/1") -> bytes:
    return message(id=f"{second} {line}").encode()


@dataclass
class Heard:
    """A journal of a connection from second 0 on that brings a deal each second, in entries 2 to 13."""

    writer: JournalWriter

    def hears(self, first: int, last: int) -> None:
        for second in range(first, last + 1):
            self.writer.append(heard(deal_at(second), second=second))
        self.writer.heard("c1", at(last))
        self.writer.flush()

    def ends(self, second: int) -> None:
        self.writer.append(LineDisconnected("exchange/1", "c1", at(second), at(0), at(second), "closed 1006"))
        self.writer.flush()


def journal(folder: Path) -> Heard:
    writer = JournalWriter(folder, lambda: at(0))
    writer.append(LineConnected("exchange/1", "c1", at(0)))
    return Heard(writer)


def damage(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)


async def outages(database: str) -> list[OutageAccount]:
    """Return the outages that the log tells of, oldest first, and hold ``completeUpTo`` against them."""
    async with desk(database) as trading, trading.store("exchange/1") as store:
        await trading.projects()
        async with store.snapshot() as snapshot:
            found = await snapshot.outages(snapshot.projected, None, untold_only=False, limit=100)
            complete = (await snapshot.knowledge(snapshot.projected)).complete_up_to
    assert complete == found[-1].start
    return found[::-1]


def stretches(found: list[OutageAccount]) -> list[tuple[float, float | None, str]]:
    """Return from which second to which each outage lasted, and why."""
    return [
        (
            (each.start - NOON).total_seconds(),
            None if each.end is None else (each.end - NOON).total_seconds(),
            each.lines[0].reason,
        )
        for each in found
    ]


async def drained(folder: Path, database: str, deals: int, times: int = 2) -> None:
    """Record all there is, again and again, as restarted recorders do; and all of them at once."""
    for _ in range(times):
        async with recording(folder, database), recording(folder, database):
            await eventually(lambda: sum(each.startswith("deal.") for each in recorded(database)) == deals)


def interruptions(database: str) -> int:
    return sum(each.startswith("feed.interrupted.v1") for each in recorded(database))


async def test_entries_gone_between_others_are_a_time_in_which_the_line_was_not_covering(
    tmp_path: Path, installed: str
) -> None:
    kept = journal(tmp_path)
    kept.hears(1, DEALS)
    kept.ends(20)
    kept.writer.close()
    damage(kept.writer.path, "DELETE FROM entries WHERE sequence IN (6, 7, 8)")
    await drained(tmp_path, installed, DEALS - 3)
    found = await outages(installed)
    assert stretches(found)[0] == (4.000001, 8.000001, "journal damaged, 3 entries lost")
    assert (stretches(found)[1][0], found[1].end) == (20, None)
    assert interruptions(installed) == 1


async def test_entries_gone_right_behind_what_was_recorded_are_told_by_the_next_recorder(
    tmp_path: Path, installed: str
) -> None:
    kept = journal(tmp_path)
    kept.hears(1, 5)
    await drained(tmp_path, installed, 5, times=1)
    kept.hears(6, DEALS)
    kept.ends(20)
    kept.writer.close()
    damage(kept.writer.path, "DELETE FROM entries WHERE sequence < 10")
    await drained(tmp_path, installed, 9)
    assert stretches(await outages(installed))[0] == (5.000001, 9.000001, "journal damaged, 3 entries lost")
    assert interruptions(installed) == 1


async def test_what_one_recorder_has_forgotten_is_no_loss_to_another(tmp_path: Path, installed: str) -> None:
    kept = journal(tmp_path)
    kept.hears(1, 5)
    with JournalReader(kept.writer.path) as behind, JournalReader(kept.writer.path) as ahead:
        assert len(behind.read(3)) == 3
        ahead.forget(5)
        assert [each.sequence for each in behind.read(10, after=3)] == [6]
        assert (behind.missing(), ahead.missing()) == (0, 0)
    kept.writer.close()


@pytest.mark.parametrize("left", [9, 0])
async def test_a_lost_end_is_told_from_the_last_entry_that_is_left(tmp_path: Path, installed: str, left: int) -> None:
    kept = journal(tmp_path)
    kept.hears(1, DEALS)
    kept.writer.heard("c1", at(15))
    kept.writer.close()
    damage(kept.writer.path, f"DELETE FROM entries WHERE sequence > {left and left + 1}")
    await drained(tmp_path, installed, left)
    (outage,) = await outages(installed)
    assert (outage.start, outage.end) == (heard(b"", second=left).at if left else at(0), None)
    assert interruptions(installed) == 1


async def test_a_lost_end_says_nothing_against_what_the_next_file_of_the_receiver_tells(
    tmp_path: Path, installed: str
) -> None:
    writer = JournalWriter(tmp_path, lambda: at(0), segment_bytes=1)
    kept = Heard(writer)
    opened = LineConnected("exchange/1", "c1", at(0))
    writer.append_many([opened, *(heard(deal_at(each), second=each) for each in range(1, 6))])
    writer.flush()
    first = writer.path
    kept.hears(6, DEALS)
    assert writer.path != first
    damage(first, "DELETE FROM entries WHERE sequence > 3")
    os.utime(lock_path(first), times=(at(5).timestamp(),) * 2)
    async with recording(tmp_path, installed):
        await eventually(lambda: sum(each.startswith("deal.") for each in recorded(installed)) == DEALS - 3)
        await eventually(lambda: interruptions(installed) == 1)
        kept.ends(20)
    writer.close()
    found = await outages(installed)
    assert [(each.start, each.end) for each in found] == [
        (heard(b"", second=2).at, heard(b"", second=5).at),
        (at(20), None),
    ]


async def test_a_line_that_another_one_stood_in_for_is_lost_and_no_outage(tmp_path: Path, installed: str) -> None:
    kept = journal(tmp_path)
    kept.hears(1, DEALS)
    kept.ends(20)
    kept.writer.close()
    with JournalWriter(tmp_path / "sound", lambda: at(0)) as other:
        other.append(LineConnected("exchange/2", "c2", at(0)))
        other.append(LineDisconnected("exchange/2", "c2", at(30), at(0), at(30), "closed 1006"))
    damage(kept.writer.path, "DELETE FROM entries WHERE sequence IN (6, 7, 8)")
    await drained(tmp_path, installed, DEALS - 3, times=1)
    await drained(tmp_path / "sound", installed, DEALS - 3, times=1)
    assert [each.start for each in await outages(installed)] == [at(30)]


CHANGES = ("reason = 'another'", "connection = 'c9'", "line = CAST(x'ff' AS TEXT)", "kind = 7", "at = 'noon'")


@pytest.mark.parametrize("change", CHANGES)
async def test_an_entry_of_a_line_that_cannot_be_read_holds_up_no_deal_and_is_a_time_of_doubt(
    tmp_path: Path, installed: str, change: str
) -> None:
    kept = journal(tmp_path)
    kept.hears(1, 3)
    kept.ends(4)
    kept.writer.append(LineConnected("exchange/1", "c2", at(5)))
    kept.hears(6, DEALS)
    kept.writer.append(LineDisconnected("exchange/1", "c2", at(20), at(5), at(20), "closed 1006"))
    kept.writer.close()
    damage(kept.writer.path, f"UPDATE entries SET {change} WHERE sequence IN (5, 6)")
    await drained(tmp_path, installed, DEALS - 2)
    outage = (await outages(installed))[0]
    assert (outage.start, outage.end) == (heard(b"", second=3).at, heard(b"", second=6).at)
    assert [loss.reason for loss in outage.lines] == ["journal damaged, 2 entries lost"]
    assert interruptions(installed) == 2, "one for each connection that may have been open"


async def test_a_message_is_kept_whatever_the_disk_made_of_the_columns_beside_it(
    tmp_path: Path, installed: str
) -> None:
    kept = journal(tmp_path)
    kept.hears(1, 5)
    kept.writer.close()
    for sequence, change in enumerate(CHANGES, 2):
        damage(kept.writer.path, f"UPDATE entries SET {change} WHERE sequence = {sequence}")
    async with recording(tmp_path, installed):
        await eventually(lambda: not kept.writer.path.exists())
    topics = [each.split()[0] for each in recorded(installed)]
    assert topics == ["feed.connected.v1", *["message.rejected.v1"] * 5, "feed.disconnected.v1"]


async def test_a_damaged_journal_of_an_earlier_version_is_drained_and_told(tmp_path: Path, installed: str) -> None:
    kept = journal(tmp_path)
    kept.hears(1, DEALS)
    kept.writer.close()
    damage(
        kept.writer.path,
        "DROP TRIGGER connection_ended", "DROP TABLE ended_connections", "DROP TABLE forgotten",
        "DELETE FROM entries WHERE sequence IN (6, 7, 8)",
    )  # fmt: skip
    # By one recorder: such a journal has no place in which one tells the other what it has forgotten.
    async with recording(tmp_path, installed):
        await eventually(lambda: interruptions(installed) == 1)
    assert sum(each.startswith("deal.") for each in recorded(installed)) == DEALS - 3
