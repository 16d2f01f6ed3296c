"""What if somebody else holds what a rebuild needs: a vacuum, a reader, a projector, or a rebuild that was killed?"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partialmethod
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from adapters.read_models.builds import Builds, builds
from adapters.read_models.switching import Pair
from domain.errors import AlreadyRunningError, NotSwitchedError
from projections.deals import deals
from tests.desk import Desk, settings_for
from tests.rebuilding import (
    REBUILD,
    ROLL_BACK,
    TABLES,
    asked,
    begun_alone,
    done,
    identity,
    is_well,
    many_deals,
    rebuilds,
    rolls_back,
    tables,
)
from tests.servers import connected
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually
from wattbook.process import EXIT_CANNOT_RUN, EXIT_FOUND
from wattbook.project import until_filled
from wattbook.status import status

WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
JOINED = "SELECT table_name, joined_by FROM read_models.joined ORDER BY table_name"
POSITIONS = "SELECT table_name, position FROM read_models.checkpoints"
LOCK = "SELECT 1 FROM read_models.checkpoints WHERE table_name = %s FOR UPDATE"
FREE = "SELECT table_name FROM read_models.checkpoints FOR UPDATE SKIP LOCKED"
OPTIONS = "SELECT reloptions FROM pg_class WHERE oid = 'read_models.deals_v1'::regclass"
SLOW_VACUUM = {"naptime": "1s", "vacuum_cost_delay": "100ms", "vacuum_cost_limit": "1"}


@pytest.fixture
def slow_autovacuum(postgres_url: str) -> Iterator[None]:
    """Let the server look every second for what is to be vacuumed, and take its time for it."""
    with connected(postgres_url) as connection:
        for name, value in SLOW_VACUUM.items():
            connection.execute(f"ALTER SYSTEM SET autovacuum_{name} = '{value}'".encode())
        connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            for name in SLOW_VACUUM:
                connection.execute(f"ALTER SYSTEM RESET autovacuum_{name}".encode())
            connection.execute("SELECT pg_reload_conf()")


def switch_when(monkeypatch: pytest.MonkeyPatch, begins: Callable[[], object], within_s: float) -> None:
    """Let *begins* happen just before a switch, which then has so many seconds."""
    switch = Builds.switch

    def switch_then(self: Builds, pairs: Sequence[Pair], *, empty: bool = False) -> None:
        begins()
        switch(self, pairs, empty=empty, within_s=within_s)

    monkeypatch.setattr(Builds, "switch", switch_then)


@pytest.mark.usefixtures("slow_autovacuum")
async def test_an_autovacuum_gives_way_to_a_switch(trading: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        await trading.knows(*many_deals(5_000))
    first = identity(trading.url, "deals_v1")
    vacuumed = "SELECT relid::regclass::text FROM pg_stat_progress_vacuum WHERE datname = current_database()"

    def vacuum_begins() -> None:
        done(trading.url, "ALTER TABLE read_models.deals_v1 SET (autovacuum_vacuum_insert_threshold = 1)")
        while ("read_models.deals_v1",) not in asked(trading.url, vacuumed):
            time.sleep(0.05)

    switch_when(monkeypatch, vacuum_begins, within_s=10)
    assert await rebuilds(trading, [deals], stretch=100_000) == 0
    assert identity(trading.url, "deals_v1") != first
    # The rebuilt table, which was left alone while it was filled, is vacuumed as any other.
    assert asked(trading.url, OPTIONS) == [(None,)]


async def test_who_keeps_tables_from_being_switched_is_named_and_what_was_in_use_stays(
    trading: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(trading.url, application_name="a long look") as reader:
        count = "SELECT count(*) FROM read_models.deals_v1"
        switch_when(monkeypatch, lambda: reader.execute(count), within_s=0.5)
        told = rf"process {reader.info.backend_pid} \(a long look of postgres\) on read_models\.deals_v1; try again"
        with pytest.raises(NotSwitchedError, match=told):
            await rebuilds(trading, [deals])
        await trading.knows(*many_deals(1))
        assert reader.execute(count).fetchone() == (8,)
    assert tables(trading.url) == TABLES
    assert is_well(trading.url)


@pytest.mark.parametrize("what", [rebuilds, rolls_back])
async def test_who_does_not_end_a_transaction_that_is_older_is_named_and_what_was_in_use_stays(
    trading: Desk, monkeypatch: pytest.MonkeyPatch, what: Callable[[Desk], Awaitable[int]]
) -> None:
    await rebuilds(trading)
    first, there = identity(trading.url, "deals_v1"), tables(trading.url)
    monkeypatch.setattr(Builds, "wait_for_older_readers", partialmethod(Builds.wait_for_older_readers, 0.5))
    with psycopg.connect(trading.url, application_name="a forgotten window") as reader:
        reader.execute("SELECT 1")
        who = rf"for \d+ s: process {reader.info.backend_pid} \(a forgotten window of postgres\); try again"
        with pytest.raises(NotSwitchedError, match=who):
            await what(trading)
        assert asked(trading.url, JOINED) == []
        await trading.knows(*many_deals(1))
        assert (identity(trading.url, "deals_v1"), tables(trading.url)) == (first, there)
    assert is_well(trading.url)


async def test_pages_are_applied_to_the_tables_in_name_order_whatever_order_their_rows_lie_in(trading: Desk) -> None:
    names = sorted(TABLES)
    with connected(trading.url) as connection:
        # Rows lie as they were last written.
        for name in reversed(names):
            connection.execute("UPDATE read_models.checkpoints SET position = position WHERE table_name = %s", (name,))
        # The server now knows how few there are, and reads them as they lie.
        connection.execute("ANALYZE read_models.checkpoints")
        with connection.transaction():
            connection.execute(LOCK, (names[-1],))
            trading.records(*many_deals(1))
            projecting = asyncio.create_task(trading.projects())
            await eventually(lambda: bool(asked(trading.url, WAITING)))
            assert asked(trading.url, FREE) == []
        await projecting
    assert is_well(trading.url)


async def test_a_deadlock_with_somebody_who_locks_in_another_order_ends_no_rebuild(trading: Desk) -> None:
    names = sorted(TABLES)
    with psycopg.connect(trading.url) as other:
        other.execute(LOCK, (names[1],))
        rebuilding = asyncio.create_task(rebuilds(trading))
        await eventually(lambda: bool(asked(trading.url, WAITING)))
        # The rebuild holds this row and waits for the other one: one of both has to give way.
        try:
            await asyncio.to_thread(other.execute, LOCK, (names[0],))
        except psycopg.errors.DeadlockDetected:
            other.rollback()
        other.commit()
        assert await rebuilding == 0
    assert is_well(trading.url)


@pytest.mark.parametrize("what", [REBUILD, ROLL_BACK])
async def test_a_rebuild_killed_while_tables_are_fed_alike_leaves_both_fed_until_the_next_one_removes_its_own(
    trading: Desk, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def is_told_of() -> bool:
        await status(settings_for(tmp_path), trading.url, as_json=False)
        return "warning              A rebuild was left half-way" in capsys.readouterr().out

    assert await rebuilds(trading) == 0
    with psycopg.connect(trading.url) as reader:
        reader.execute("SELECT 1")
        killed = begun_alone(trading.url, what)
        await eventually(lambda: len(asked(trading.url, JOINED)) == len(TABLES))
        assert not await is_told_of()
        killed.kill()
        await asyncio.to_thread(killed.wait)
        await trading.knows(*many_deals(3))
        reached = dict(asked(trading.url, POSITIONS))
        assert {reached[name] for pair in asked(trading.url, JOINED) for name in pair} == {15}
        assert is_well(trading.url)
    await eventually(lambda: is_free(trading.url))
    assert await is_told_of()
    assert await rolls_back(trading) == 0
    assert asked(trading.url, JOINED) == []
    assert not await is_told_of()
    assert tables(trading.url) == {name + end for name in TABLES for end in ("", "_kept")}
    await trading.knows(*many_deals(2))
    assert await rebuilds(trading) == 0
    assert is_well(trading.url)


def is_free(url: str) -> bool:
    """Tell whether the server has noticed that whoever rebuilt is gone."""
    try:
        with builds(url):
            return True
    except AlreadyRunningError:
        return False


def test_a_projector_waits_ever_longer_for_a_fill_that_cannot_run_until_it_can() -> None:
    asked_at: list[float] = []

    async def fill() -> int:
        asked_at.append(asyncio.get_running_loop().time())
        return EXIT_CANNOT_RUN if len(asked_at) < 8 else EXIT_FOUND

    async def fills() -> None:
        assert await until_filled(fill) == EXIT_FOUND

    run_in_virtual_time(fills())
    assert [round(later - at) for at, later in pairwise(asked_at)] == [3, 6, 12, 24, 48, 60, 60]
