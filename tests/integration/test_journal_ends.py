"""Is a line's loss dated from its receiver's end, and not from when it last left a file that it could not clear?"""

import asyncio
import logging
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.event_log.writer import EventLog
from adapters.journal.entries import LineConnected, LineDisconnected, journal_paths, lock_path
from adapters.journal.reader import JournalReader
from adapters.journal.store import MOST_DISTRUSTED
from adapters.journal.writer import JournalWriter
from tests.full_disks import fill
from tests.integration.test_drain import recorded
from tests.integration.test_journal_losses import at, deal_at, outages, stretches
from tests.integration.test_unreadable_journals import Clock
from tests.journal_entries import heard, now
from tests.waiting import eventually
from wattbook.drain import JournalRecorder


class Receiver:
    """A journal on a disk that becomes full, with a spare folder on another; its connection is open from second 0."""

    def __init__(self, disk: Path, spare: Path) -> None:
        self.clock = Clock()
        self.own, self.spare, self._disk = disk / "journal", spare, disk
        self.writer = JournalWriter(self.own, self.clock, spare=spare, return_s=0, owner=b"one")
        self.writer.append(LineConnected("exchange/1", "c1", at(0)))
        self.deals = 0
        self.hears(1)

    def hears(self, second: float) -> None:
        self.clock.second = second
        self.writer.append(heard(deal_at(int(second)), second=int(second)))
        self.writer.heard("c1", at(second))
        self.writer.flush()
        self.deals += 1

    async def is_known_to_live(self, second: float) -> None:
        """Wait until the sign of life of that second is on disk."""
        with JournalReader(self.writer.path) as reader:
            await eventually(lambda: any(at(second) == each.last_heard_at for each in reader.open_connections(0)[0]))

    def goes_on_in_the_spare_folder(self) -> None:
        """Fill the disk, so that the file that is left says of the connection for good what it said before."""
        filler = fill(self._disk)
        second = 10.0
        while self.writer.path.parent == self.own:
            self.hears(second)
            second += 1
        filler.unlink()

    async def is_recorded(self, database: str) -> list[tuple[float, float | None, str]]:
        """Record all that is left; return the outages that the log tells of."""
        stop = asyncio.Event()
        async with EventLog(database) as log:
            zone = ZoneInfo("Europe/Berlin")
            recorder = JournalRecorder(self.own, "exchange", zone, log, now, self.spare)
            recording = asyncio.create_task(recorder.run(stop))
            await eventually(lambda: not journal_paths(self.own, self.spare))
            stop.set()
            await recording
        assert sum(each.startswith("deal.") for each in recorded(database)) == self.deals
        return stretches(await outages(database))


@pytest.fixture
async def full(small_disk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Receiver:
    caplog.set_level(logging.WARNING)
    receiver = Receiver(small_disk, tmp_path / "spare")
    await receiver.is_known_to_live(1)
    receiver.goes_on_in_the_spare_folder()
    assert "is left as it is" in caplog.text
    receiver.hears(3600)
    return receiver


def forget_that_it_went_on(*paths: Path) -> None:
    """Leave lock files as a power cut does before what was noted in them last is on disk."""
    for path in paths:
        lock = lock_path(path)
        lock.write_bytes(b"0" + lock.read_bytes()[1:])


@pytest.mark.parametrize("noted", [True, False])
async def test_after_a_full_disk_a_killed_receiver_is_lost_from_its_last_sign_of_life(
    full: Receiver, installed: str, noted: bool
) -> None:
    await full.is_known_to_live(3600)
    full.writer.close()
    if not noted:
        forget_that_it_went_on(*journal_paths(full.own, full.spare)[:-1])
    assert await full.is_recorded(installed) == [(3600, None, "receiver ended")]
    ends = sum(each.startswith("feed.disconnected") for each in recorded(installed))
    assert ends == (1 if noted else 2), "what the older file says is taken back"


@pytest.mark.parametrize("noted", [True, False])
async def test_after_a_full_disk_a_receiver_that_stops_in_order_is_lost_from_then(
    full: Receiver, installed: str, noted: bool
) -> None:
    full.writer.append(LineDisconnected("exchange/1", "c1", at(3601), at(0), at(3601), "receiver stopped"))
    full.writer.close()
    if not noted:
        forget_that_it_went_on(*journal_paths(full.own, full.spare)[:-1])
    assert await full.is_recorded(installed) == [(3601, None, "receiver stopped")]


def test_however_often_the_disk_was_full_no_connection_passes_for_lost_that_lives(
    small_disk: Path, tmp_path: Path
) -> None:
    receiver = Receiver(small_disk, tmp_path / "spare")
    left: list[Path] = []
    while len(left) <= MOST_DISTRUSTED + 1:
        left.append(receiver.writer.path)
        receiver.goes_on_in_the_spare_folder()
        receiver.hears(100)
        assert receiver.writer.path.parent == receiver.own
    for path in left:
        with JournalReader(path) as reader:
            reader.settle_if_abandoned(now())
            assert not any(isinstance(each.noted, LineDisconnected) for each in reader.read(1_000))
    receiver.writer.close()
