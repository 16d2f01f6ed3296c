"""Does nobody end a connection who cannot know, and does nothing that stands in the way end the recorder?"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from adapters.event_log.writer import EventLog
from adapters.read_models.vouching import note_vouched
from tests.desk import Desk, desk
from tests.integration.test_vouching import Watch, at, machine, outages
from tests.notation import connected, instant
from tests.waiting import eventually
from wattbook.vouching import HELD_UP_S, UNVOUCHED_S, Vouched, Vouching

KEY = ("exchange/1", "c1")


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(connected("exchange/1", "06:00:00", "c1"))
        yield opened


class Recorder:
    """One that looks at the connections, with nothing in its own journals unless it is told."""

    def __init__(self, trading: Desk, log: EventLog, own: Vouched | None = None) -> None:
        self._watch = Watch()
        self._trading = trading
        self._vouching = Vouching(trading.url, log, lambda: own, lambda: at(1_000), clock_s=lambda: self._watch.second)

    async def looks(self, seconds: float, *, projects: bool = True) -> None:
        """Let time pass without any trouble."""
        async with await psycopg.AsyncConnection.connect(self._trading.url, autocommit=True) as connection:
            for _ in range(int(seconds / HELD_UP_S)):
                self._watch.second += HELD_UP_S
                await self._vouching.look(connection)
                if projects:
                    await self._trading.projects()


@asynccontextmanager
async def recorder(trading: Desk, own: Vouched | None) -> AsyncIterator[Recorder]:
    async with EventLog(trading.url) as log:
        yield Recorder(trading, log, own)


async def notes(trading: Desk, vouched: Mapping[tuple[str, str], datetime]) -> None:
    """Vouch as another recorder does."""
    async with await psycopg.AsyncConnection.connect(trading.url, autocommit=True) as connection:
        await note_vouched(connection, vouched)


def vouched_until(url: str) -> datetime | None:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT vouched_until FROM wattbook_state.vouched_connections").fetchone()
    return None if row is None else row[0]


async def test_signs_of_life_from_before_a_clock_was_put_right_end_no_connection(trading: Desk) -> None:
    async with recorder(trading, {}) as one:
        # The receiver's clock was minutes ahead, and was put right: its signs of life begin anew.
        for second in (900, 100, 130, 160, 190, 220):
            await notes(trading, {KEY: at(second)})
            await one.looks(UNVOUCHED_S / 2)
        assert await outages(trading) == []
        await one.looks(2 * UNVOUCHED_S)
        assert [outage.start for outage, _ in await outages(trading)] == [at(220)]


async def test_an_end_does_not_lie_in_the_future(trading: Desk) -> None:
    async with recorder(trading, {}) as one:
        await notes(trading, {KEY: at(5_000)})
        await one.looks(2 * UNVOUCHED_S)
        assert [outage.start for outage, _ in await outages(trading)] == [at(1_000)]


async def test_who_does_not_know_what_is_in_its_own_journals_ends_nothing(trading: Desk) -> None:
    await notes(trading, {KEY: at(20)})
    async with recorder(trading, None) as one:
        await one.looks(3 * UNVOUCHED_S)
    assert await outages(trading) == []


async def test_what_was_never_vouched_for_covers_no_more_than_its_first_moment(trading: Desk) -> None:
    async with recorder(trading, {}) as one:
        await one.looks(UNVOUCHED_S / 2)
        assert await outages(trading) == []
        await one.looks(3 * UNVOUCHED_S)
    assert [outage.start for outage, _ in await outages(trading)] == [instant("06:00:00")]


async def test_an_end_is_told_once_though_the_read_models_do_not_know_it_yet(
    trading: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await notes(trading, {KEY: at(20)})
    async with recorder(trading, {}) as one:
        await one.looks(4 * UNVOUCHED_S, projects=False)
    told = [record.message for record in caplog.records if "nobody vouches" in record.message]
    assert told == [f"nobody vouches for exchange/1 any more, since {at(20).isoformat()}"]


async def test_a_database_that_takes_nothing_is_waited_for(tmp_path: Path, database: str) -> None:
    async with desk(database), machine(tmp_path, database, "c1") as one:
        await one.hears_until(20)
        with psycopg.connect(database, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
            running = asyncio.create_task(one.vouching.run())
            try:
                await asyncio.wait({running}, timeout=1.5)
                assert not running.done()
                assert vouched_until(database) is None
                connection.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'.encode())
                await eventually(lambda: running.done() or vouched_until(database) == at(21))
                assert not running.done()
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("damaged", ["line", "connection"])
async def test_for_a_name_that_the_disk_has_damaged_nobody_vouches(tmp_path: Path, database: str, damaged: str) -> None:
    async with desk(database) as trading, machine(tmp_path, database, "c1") as one:
        await one.hears_until(20)
        with closing(sqlite3.connect(one.writer.path)) as journal, journal:
            journal.execute(f"UPDATE open_connections SET {damaged} = 'x' || char(0)")
        await eventually(lambda: one.recorder.vouched == {})
        await one.looks(trading)
