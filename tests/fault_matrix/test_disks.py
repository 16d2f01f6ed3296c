"""Rows 12, 18 and 19 of the fault matrix: disks that are full, slow or fail, and a receiver killed at any step."""

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Literal

from tests.fault_matrix.faulted import Faulted, faulted
from tests.fault_matrix.invariants import heard_while_lost, stored_log
from tests.fault_matrix.said import Market, trading
from tests.fault_matrix.system_calls import fill, injected, small_disk
from tests.servers import server_of_its_own

STEPS = [("pwrite64", 1), ("pwrite64", 2), ("pwrite64", 5), ("fdatasync,fsync", 1), ("fdatasync,fsync", 3)]
"""The header of a page in the log of the journal, the page itself, one later; before a sync is asked for."""


@pytest.mark.parametrize("row", ["row_12 at each step"])
async def test_a_receiver_killed_at_each_step_of_its_journal_loses_nothing(desk: Faulted, row: str) -> None:
    """12: kill -9 of the receiver at every journal step; I1, the torn tail is cut off."""
    async with trading(desk.exchange, 12) as market:
        for number, (calls, nth) in enumerate(STEPS):
            receiver = desk.roles[f"receive {number % 2 + 1}"]
            await market.more(50)
            async with injected(receiver, calls, f"signal=KILL:when={nth}"):
                await receiver.ended()
            receiver.start()
            await desk.listens()
            # Its last word that its line worked is up to a second old: the other one must be back before that.
            await market.more(400)
    await _recovered(desk, market)


@pytest.mark.parametrize("row", ["row_18 no spare"])
async def test_a_full_disk_without_a_spare_keeps_messages_in_memory(tmp_path: Path, database: str, row: str) -> None:
    """18: journal's disk full; cried out, nothing lost once there is room again."""
    journal = tmp_path / "data" / "journal"
    with small_disk(journal, 8):
        async with faulted(tmp_path, database) as desk:
            async with trading(desk.exchange, 18) as market:
                await market.more(100)
                ballast = fill(journal)
                await desk.wattbook.until(_logged(desk, "cannot be written", "receive 1", "receive 2"))
                await market.more(300)
                ballast.unlink()
                await market.more(50)
            await _recovered(desk, market)
            assert all("nothing was lost" in desk.roles[f"receive {line}"].text() for line in (1, 2))


@pytest.mark.parametrize(("row", "room_again"), [("row_18 spare", False), ("row_18 spare, room again", True)])
async def test_a_full_disk_with_a_spare_folder_delays_nothing(
    tmp_path: Path, database: str, row: str, room_again: bool
) -> None:
    """18: journal's disk full; deals to the spare path, which is drained like the other; safe though killed there."""
    journal, spare = tmp_path / "data" / "journal", tmp_path / "spare"
    with small_disk(journal, 8):
        async with faulted(tmp_path, database, journal_spare_dir=str(spare)) as desk:
            async with trading(desk.exchange, 18) as market:
                await market.more(100)
                ballast = fill(journal)
                await desk.wattbook.until(_logged(desk, f"it goes on in {spare}", "receive 1", "receive 2"))
                if room_again:
                    ballast.unlink()
                # Long enough that a loss dated back to the full disk would show, by what only line 1 brought since.
                await market.more(1_500)
                for _ in range(20):
                    await market.say(market.next_deal(), 1)
                await market.more(50)
                desk.roles["receive 1"].kill()
                desk.roles["receive 1"].start()
                await desk.listens()
                await market.more(50)
            # With the disk as full as before, or as empty as it was.
            await _recovered(desk, market)


@pytest.mark.parametrize("row", ["row_18 database"])
async def test_a_full_disk_of_the_database_holds_deals_back_until_there_is_room(tmp_path: Path, row: str) -> None:
    """18: database's disk full; deals keep being journalled, the database recovers after space."""
    # Not in tmp_path: whom the server runs as may not look into it.
    with tempfile.TemporaryDirectory(prefix="wattbook-tables-") as folder, ExitStack() as stack:
        stack.enter_context(small_disk(disk := Path(folder), 16))
        url: str = stack.enter_context(server_of_its_own()).get_uri()
        _put_tables_on(url, disk)
        async with faulted(tmp_path, url) as desk:
            async with trading(desk.exchange, 18) as market:
                await market.more(50)
                ballast = fill(disk)
                await desk.wattbook.until(_logged(desk, "the database did not take", "record"))
                await market.more(100)
                ballast.unlink()
                await market.more(50)
            await _recovered(desk, market)


@pytest.mark.parametrize(("row", "calls"), [("row_19 EIO", "fdatasync"), ("row_19 EIO", "pwrite64")])
async def test_after_a_failed_sync_or_write_a_new_journal_goes_on(desk: Faulted, row: str, calls: str) -> None:
    """19: EIO; the segment is abandoned, what is in it and what comes later is kept, though killed right after."""
    async with trading(desk.exchange, 19) as market:
        for line in (1, 2):
            receiver = desk.roles[f"receive {line}"]
            async with injected(receiver, calls, "error=EIO:when=3"):
                await desk.wattbook.until(_logged(desk, "it goes on in", f"receive {line}"))
                await market.more(50)
        desk.roles["receive 1"].kill()
        desk.roles["receive 1"].start()
        await desk.listens()
        await market.more(50)
    await _recovered(desk, market)


@pytest.mark.parametrize("row", ["row_19 stall"])
async def test_a_sync_that_takes_seconds_loses_no_line_and_promises_nothing(desk: Faulted, row: str) -> None:
    """19: a stall of 2 s and more; nothing is recorded before it is safe, and no line is given up."""
    async with trading(desk.exchange, 19) as market:
        await market.more(50)
        seconds = "delay_enter=20000000:when=1"
        async with (
            injected(desk.roles["receive 1"], "fdatasync", seconds),
            injected(desk.roles["receive 2"], "fdatasync", seconds),
        ):
            counts = [len(stored_log(desk.url))]
            # What was safe before may still be on its way; of what is not, nothing comes however long we look.
            while len(counts) < 2 or (counts[-1] != counts[-2] and len(counts) < 10):
                await market.more(100)
                counts.append(len(stored_log(desk.url)))
            assert counts[-1] == counts[-2], "what is not yet safe is recorded"
            await market.more(300)
    await _recovered(desk, market)
    assert desk.reasons() == []


async def _recovered(desk: Faulted, market: Market) -> None:
    """What is missing lies inside a recorded loss, and no loss is longer than it was."""
    await desk.recovered(market)
    assert heard_while_lost(stored_log(desk.url)) == []


def _logged(desk: Faulted, words: str, *names: str) -> Callable[[], bool]:
    return lambda: all(words in desk.roles[name].text() for name in names)


def _put_tables_on(url: str, disk: Path) -> None:
    """Let all tables that are made from now on lie on *disk*; what the server writes ahead stays where it is."""
    with psycopg.connect(url, autocommit=True) as connection:
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        owner = Path(data).stat()
        os.chown(disk, owner.st_uid, owner.st_gid)
        connection.execute(SQL("CREATE TABLESPACE small LOCATION {}").format(Literal(str(disk))))
        connection.execute("ALTER SYSTEM SET default_tablespace = small")
        connection.execute("SELECT pg_reload_conf()")
