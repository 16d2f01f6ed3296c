"""Is it told what is lost, where the log does not hold any more what the journals have forgotten?"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from adapters.event_log.known_end import KeptEnd, KnownEnd, LogEnd
from adapters.event_log.pages import LogPages
from adapters.event_log.writer import EventLog
from domain.events import DealConfirmed, Event, FeedInterrupted
from tests.desk import Desk, desk
from tests.integration.test_vouching import Machine, at, machine
from tests.notation import deal
from wattbook.set_back import LOG_SET_BACK

HEARD_AT_30 = at(30) + timedelta(microseconds=1)


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        yield opened


async def events_after(url: str, position: int) -> list[Event]:
    async with LogPages(url) as pages:
        return [each.event for each in await pages.page(position, 1_000)]


def head(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT position FROM wattbook.log_head").fetchone()
    return int(row[0]) if row else 0


def set_back(url: str, position: int) -> None:
    """Let the log end at *position*, as a backup of that moment does."""
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM wattbook.events WHERE notification_id > %s", (position,))
        connection.execute(
            "UPDATE wattbook.log_head AS h SET position = e.notification_id, recorded_at = e.recorded_at, hash = e.hash"
            " FROM wattbook.events AS e WHERE e.notification_id = %s",
            (position,),
        )


async def looks(one: Machine, trading: Desk) -> None:
    async with await psycopg.AsyncConnection.connect(trading.url, autocommit=True) as connection:
        await one.vouching.look(connection)


async def backed_up(one: Machine, trading: Desk) -> int:
    """Hear and vouch until second 11, make a backup, and hear on until second 21; return where the backup ends."""
    await one.hears_until(10)
    await looks(one, trading)
    position = head(trading.url)
    await one.hears_until(20)
    return position


def lost(connection: str, until: datetime) -> FeedInterrupted:
    return FeedInterrupted(
        line="exchange/1", connection=connection, lost_from=at(11), lost_until=until, reason=LOG_SET_BACK
    )


async def test_what_is_lost_is_told_before_anything_new_is_recorded(tmp_path: Path, trading: Desk) -> None:
    async with machine(tmp_path, trading.url, "c1") as one:
        position = await backed_up(one, trading)
        set_back(trading.url, position)
        await one.hears_until(30)
        told, heard = await events_after(trading.url, position)
        assert told == lost("c1", HEARD_AT_30)
        assert isinstance(heard, DealConfirmed)
        assert heard.deal.deal_id == "c1 30"


async def test_nobody_vouches_before_it_is_told(tmp_path: Path, trading: Desk) -> None:
    async with machine(tmp_path, trading.url, "c1") as one:
        position = await backed_up(one, trading)
        set_back(trading.url, position)
        await looks(one, trading)
        # Nothing waits, so all that was heard until now may be gone.
        assert await events_after(trading.url, position) == [lost("c1", at(1_000))]
        await looks(one, trading)
        assert len(await events_after(trading.url, position)) == 1


async def test_a_recorder_that_was_started_since_tells_it_too(tmp_path: Path, trading: Desk) -> None:
    async with machine(tmp_path, trading.url, "c1") as one:
        position = await backed_up(one, trading)
    set_back(trading.url, position)
    async with machine(tmp_path, trading.url, "c2") as one:
        await one.hears_until(30)
    told = [each for each in await events_after(trading.url, position) if isinstance(each, FeedInterrupted)]
    assert [(each.connection, each.lost_from) for each in told] == [("c1", at(11))]


async def test_a_log_that_another_one_has_grown_is_not_set_back(tmp_path: Path, trading: Desk) -> None:
    async with machine(tmp_path, trading.url, "c1") as one:
        position = await backed_up(one, trading)
        async with EventLog(trading.url) as other:
            await other.append([deal("anna buys 10 MW 08-09 at 40", deal_id="another")])
        await one.hears_until(30)
        await looks(one, trading)
        assert {type(each) for each in await events_after(trading.url, position)} == {DealConfirmed}


async def test_a_log_that_was_set_back_and_has_grown_past_the_known_end_is_found(tmp_path: Path, trading: Desk) -> None:
    async with machine(tmp_path, trading.url, "c1") as one:
        position = await backed_up(one, trading)
        set_back(trading.url, position)
        async with EventLog(trading.url) as other:
            await other.append([deal("anna buys 10 MW 08-09 at 40", deal_id=str(number)) for number in range(9)])
        await one.hears_until(30)
        assert (await events_after(trading.url, position + 9))[0] == lost("c1", HEARD_AT_30)


def test_a_kept_end_is_known_again_and_half_of_one_is_none(tmp_path: Path) -> None:
    known = KnownEnd()
    kept = KeptEnd(tmp_path, known)
    for position in (7, 1_234_567):
        known.end = LogEnd(position, bytes(range(32)))
        kept.keep()
    again = KnownEnd()
    KeptEnd(tmp_path, again)
    assert again == known
    (tmp_path / "log-end").write_text("123")
    KeptEnd(tmp_path, again)
    assert again.end is None
