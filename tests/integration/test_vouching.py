"""Does a connection end in the log when its machine is gone for good, and go on when it was not?"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from adapters.event_log.writer import EventLog
from adapters.journal.entries import LineConnected, LineDisconnected
from adapters.journal.reader import JournalReader
from adapters.journal.writer import JournalWriter
from domain.coverage import Outage
from domain.events import RECEIVER_ENDED, UNVOUCHED, FeedDisconnected
from tests.deal_messages import message
from tests.desk import Desk, desk
from tests.integration.test_drain import recording
from tests.journal_entries import NOON, heard
from tests.waiting import eventually
from wattbook.drain import JournalRecorder
from wattbook.vouching import HELD_UP_S, UNVOUCHED_S, Vouching, vouched_for


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


@dataclass
class Watch:
    """The clock of a recorder: what it waits for passes at once."""

    second: float = 0.0


@dataclass
class Machine:
    """A receiver and a recorder that share a folder; each connection is opened at second 0."""

    writer: JournalWriter
    recorder: JournalRecorder
    vouching: Vouching
    watch: Watch
    connection: str
    stop: asyncio.Event
    running: "asyncio.Task[None]"

    async def hears_until(self, second: int) -> None:
        """Bring a deal and a sign of life, and wait until the recorder vouches for them."""
        deal = message(id=f"{self.connection} {second}").encode()
        self.writer.append(heard(deal, second=second))
        self.writer.heard(self.connection, at(second + 1))
        key = ("exchange/1", self.connection)

        def vouches() -> bool:
            return key in (known := self.recorder.vouched or {}) and known[key].last_heard_at == at(second + 1)

        await eventually(vouches)

    async def looks(self, trading: Desk, seconds: float = 1.0) -> None:
        """Let the recorder look around after so many seconds without any trouble."""
        await trading.projects()
        async with await psycopg.AsyncConnection.connect(trading.url, autocommit=True) as connection:
            passed = 0.0
            while passed < seconds:
                step = min(HELD_UP_S, seconds - passed)
                passed += step
                self.watch.second += step
                await self.vouching.look(connection)
        await trading.projects()


@asynccontextmanager
async def machine(folder: Path, database: str, connection: str, *, damaged: bool = False) -> AsyncIterator[Machine]:
    """Run a receiver's journal and a recorder, and stop the recorder when the machine is left."""
    watch = Watch()
    with JournalWriter(folder, lambda: at(0)) as writer:
        writer.append(LineConnected("exchange/1", connection, at(0)))
        if damaged:
            writer.flush()
            with closing(sqlite3.connect(writer.path)) as journal, journal:
                journal.execute("UPDATE entries SET reason = 'changed'")
        async with EventLog(database) as log:
            recorder = JournalRecorder(folder, "exchange", ZoneInfo("Europe/Berlin"), log, lambda: at(1_000))
            vouching = Vouching(
                database, log, lambda: recorder.vouched, lambda: at(1_000), clock_s=lambda: watch.second
            )
            stop = asyncio.Event()
            running = asyncio.create_task(recorder.run(stop))
            try:
                yield Machine(writer, recorder, vouching, watch, connection, stop, running)
            finally:
                stop.set()
                await asyncio.wait_for(running, 20)


async def outages(trading: Desk) -> list[tuple[Outage, str]]:
    async with trading.store("exchange/1") as store, store.snapshot() as snapshot:
        found = await snapshot.outages(snapshot.projected, None, untold_only=False, limit=10)
        complete = (await snapshot.knowledge(snapshot.projected)).complete_up_to
    assert not found or complete == found[-1].start
    return [(Outage(each.start, each.end), each.lines[0].reason) for each in found]


async def test_a_machine_that_is_gone_covers_no_more_than_was_vouched_for_and_goes_on_when_it_is_back(
    tmp_path: Path, database: str
) -> None:
    async with desk(database) as trading, machine(tmp_path / "two", database, "c2") as other:
        other.writer.append(LineDisconnected("exchange/1", "c2", at(5), at(0), at(5), "closed 1006"))
        async with machine(tmp_path / "one", database, "c1") as gone:
            await gone.hears_until(20)
            await gone.looks(trading)
            await other.looks(trading, UNVOUCHED_S - 1)
            await gone.hears_until(30)
            await gone.looks(trading)
            await other.looks(trading, UNVOUCHED_S - 1)
            assert await outages(trading) == []
            await other.looks(trading, UNVOUCHED_S)
            assert await outages(trading) == [(Outage(at(31), None), UNVOUCHED)]
            async with trading.store("exchange/1") as store, store.snapshot() as snapshot:
                then = snapshot.projected
            # It was cut off only: its receiver has heard everything all the time.
            await gone.hears_until(300)
            await gone.looks(trading)
            await other.looks(trading)
            assert await outages(trading) == []
            async with trading.store("exchange/1") as store, store.snapshot() as snapshot:
                assert len(await snapshot.outages(then, None, untold_only=False, limit=10)) == 1, "as it was known then"
            gone.writer.append(LineDisconnected("exchange/1", "c1", at(400), at(0), at(399), "closed 1006"))
        await trading.projects()
        assert await outages(trading) == [(Outage(at(399), None), "closed 1006")]


async def test_a_journal_that_comes_late_shrinks_the_outage_to_what_it_tells(tmp_path: Path, database: str) -> None:
    async with desk(database) as trading, machine(tmp_path / "two", database, "c2") as other:
        other.writer.append(LineDisconnected("exchange/1", "c2", at(5), at(0), at(5), "closed 1006"))
        async with machine(tmp_path / "one", database, "c1") as gone:
            await gone.hears_until(20)
            await gone.looks(trading)
            gone.stop.set()
            await gone.running
            gone.writer.append(heard(message(id="unrecorded").encode(), second=50))
            gone.writer.heard("c1", at(51))
        await other.looks(trading, 3 * UNVOUCHED_S)
        assert await outages(trading) == [(Outage(at(21), None), UNVOUCHED)]
        async with recording(tmp_path / "one", database):
            await eventually(lambda: not gone.writer.path.exists())
        await trading.projects()
        assert await outages(trading) == [(Outage(at(51), None), "receiver ended")]


async def test_a_connection_that_an_older_file_took_for_ended_with_its_receiver_goes_on(
    tmp_path: Path, database: str
) -> None:
    async with desk(database) as trading, machine(tmp_path / "one", database, "c1") as here:
        await here.hears_until(20)
        await here.looks(trading)
        await trading.knows(
            FeedDisconnected(
                line="exchange/1",
                connection="c1",
                connected_at=at(0),
                last_heard_at=at(5),
                disconnected_at=at(22),
                reason=RECEIVER_ENDED,
            )
        )
        assert await outages(trading) == [(Outage(at(5), None), RECEIVER_ENDED)]
        await here.looks(trading)
        assert await outages(trading) == []
        here.writer.append(LineDisconnected("exchange/1", "c1", at(400), at(0), at(399), "closed 1006"))
    async with desk(database) as trading:
        await trading.projects()
        assert await outages(trading) == [(Outage(at(399), None), "closed 1006")]


async def test_a_recorder_that_was_held_up_itself_ends_nothing(tmp_path: Path, database: str) -> None:
    async with (
        desk(database) as trading,
        machine(tmp_path / "one", database, "c1") as busy,
        machine(tmp_path / "two", database, "c2") as other,
    ):
        await busy.hears_until(20)
        await other.hears_until(20)
        await busy.looks(trading)
        await other.looks(trading)
        other.watch.second += 10 * UNVOUCHED_S
        await other.looks(trading)
        assert await outages(trading) == []
        with psycopg.connect(database) as connection:
            row = connection.execute("SELECT count(*) FROM wattbook.events WHERE topic LIKE 'feed.%'").fetchone()
        assert row == (2,)


async def test_a_connection_whose_opening_cannot_be_read_is_known_by_who_vouches_for_it(
    tmp_path: Path, database: str
) -> None:
    async with desk(database) as trading, machine(tmp_path / "one", database, "c1", damaged=True) as here:
        await here.hears_until(20)
        await here.looks(trading)
        await here.looks(trading)
        ((outage, reason),) = await outages(trading)
        assert outage == Outage(at(0), heard(b"", second=20).at)
        assert reason == "journal damaged, 1 entries lost"


async def test_nobody_vouches_beyond_what_is_recorded(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, lambda: at(0)) as writer:
        writer.append(LineConnected("exchange/1", "c1", at(0)))
        writer.append(heard(b"not recorded yet", second=20))
        writer.flush()
        writer.heard("c1", at(30))
        with JournalReader(writer.path) as reader:

            def vouched(recorded: int) -> datetime:
                return vouched_for([reader], {reader.path: recorded})["exchange/1", "c1"].last_heard_at

            await eventually(lambda: vouched(2) == at(30))
            assert vouched(1) == heard(b"", second=20).at
            assert vouched(0) == at(0)
