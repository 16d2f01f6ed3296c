"""Does the store answer from one snapshot what was known at any position?"""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from adapters.event_log.pages import LogPages
from adapters.read_models.pool import borrowed, pool_of_snapshots
from adapters.read_models.store import ReadStore
from adapters.read_models.tables import ReadTables
from domain.errors import DatabaseUnavailableError, QueryTooLongError, ReadModelsBehindError, UnknownPositionError
from domain.performance import Performance
from projections.positions import positions
from projections.reading import EventFilter, Page, Scope
from projections.runner import Runner
from tests.desk import Desk, busy_day
from tests.notation import (
    BERLIN,
    DAY,
    connected,
    deal,
    instant,
    lost,
    reference_price,
)
from tests.waiting import eventually

ALL = Scope()


async def performance(
    store: ReadStore, position: int, trader: str | None = "anna", scope: Scope = ALL, day: date = DAY
) -> Performance:
    async with store.snapshot() as snapshot:
        return await snapshot.performance(scope, trader, day, position)


async def test_the_running_sums_and_the_ledger_agree_at_every_position(new_desk: Desk) -> None:
    async with new_desk.store() as store:
        live: list[tuple[Performance, Performance]] = []
        for event in busy_day():
            await new_desk.knows(event)
            async with store.snapshot() as snapshot:
                assert snapshot.sums_position == snapshot.projected
                live.append(
                    (
                        await snapshot.performance(ALL, "anna", DAY, snapshot.projected),
                        await snapshot.performance(ALL, None, DAY, snapshot.projected),
                    )
                )
        for position, (anna, everybody) in enumerate(live[:-1], start=1):
            assert await performance(store, position) == anna
            assert await performance(store, position, None) == everybody


async def test_of_a_day_that_is_over_nothing_changes_though_others_go_on(new_desk: Desk) -> None:
    other_day = deal("anna buys 7 MW 08-09 at 1", deal_id="later")
    period = replace(other_day.deal.period, day=DAY + timedelta(days=1))
    moved = replace(other_day, deal=replace(other_day.deal, period=period))
    await new_desk.knows(*busy_day(), moved, deal("bob buys 1 MW 10-11 at 1", deal_id="latest"))
    async with new_desk.store() as store:
        at_last = await performance(store, 14)
        assert at_last.total == (await performance(store, 12)).total == (await performance(store, 11)).total
        assert (await performance(store, 10)).total != at_last.total
        assert (await performance(store, 13, None)).total != (await performance(store, 14, None)).total
        assert (await performance(store, 13, day=period.day)).total.totals.bought_mwh == 7
        assert (await performance(store, 12, day=period.day)).total.totals.bought_mwh == 0


async def test_sums_that_have_come_further_than_the_ledger_answer_for_no_earlier_position(new_desk: Desk) -> None:
    await new_desk.knows(deal("anna buys 10 MW 08-09 at 20", deal_id="1"))
    new_desk.records(deal("anna buys 5 MW 08-09 at 20", deal_id="2"))
    async with LogPages(new_desk.url) as pages, ReadTables(new_desk.url) as tables, new_desk.store() as store:
        await Runner(pages, tables, [positions]).step()
        async with store.snapshot() as snapshot:
            assert (snapshot.projected, snapshot.sums_position) == (1, 2)
        assert (await performance(store, 1)).total.totals.bought_mwh == 10


async def test_an_unknown_trader_has_zeros(new_desk: Desk) -> None:
    await new_desk.knows(*busy_day())
    async with new_desk.store() as store:
        nobody = await performance(store, 12, "nobody")
        assert nobody.total.totals.deals == 0
        assert nobody.total.light_reason == "NO_DEALS"
        assert len(nobody.periods) == 24


async def test_before_the_first_event_nothing_is_known(new_desk: Desk) -> None:
    async with new_desk.store() as store, store.snapshot() as snapshot:
        known = await snapshot.knowledge(0)
        assert (snapshot.head, snapshot.projected) == (0, 0)
        assert (known.recorded_at, known.complete_up_to) == (None, None)
        assert await snapshot.position_at(instant("2099-01-01T00:00:00Z")) == 0


async def test_the_price_with_the_newest_update_stands_and_of_equals_the_later_recorded(new_desk: Desk) -> None:
    await new_desk.knows(
        reference_price("08-09 at 1", last_update="07:00:00"),
        reference_price("08-09 at 2", last_update="07:10:00"),
        reference_price("08-09 at 3", last_update="07:05:00"),
        reference_price("08-09 at 4", last_update="07:10:00"),
        reference_price("08-09 undefined", last_update="07:20:00"),
    )
    async with new_desk.store() as store, store.snapshot() as snapshot:
        standing = [await snapshot.reference_prices(DAY, position) for position in range(6)]
        assert standing[0] == []
        values = [(price.value, price.position) for (price,) in standing[1:]]
        assert [(None if value is None else int(value), position) for value, position in values] == [
            (1, 1), (2, 2), (2, 2), (4, 4), (None, 5)
        ]  # fmt: skip


async def test_the_record_is_complete_up_to_the_first_gap_that_was_known(new_desk: Desk) -> None:
    one = connected("exchange/1", "06:00:00", "a")
    two = connected("exchange/2", "06:05:00", "b")
    await new_desk.knows(
        reference_price("08-09 at 1"), one, two, lost(one, "07:00:00"), lost(two, "08:00:00", last_heard="07:50:00")
    )
    await new_desk.knows(connected("exchange/1", "07:40:00", "c"))
    async with new_desk.store() as store, store.snapshot() as snapshot:
        known = [await snapshot.knowledge(position) for position in range(7)]
        assert [knowledge.complete_up_to for knowledge in known[:2]] == [None, None]
        for covered in (2, 3, 4, 6):
            assert known[covered].complete_up_to == known[covered].recorded_at
        assert known[5].complete_up_to == instant("07:50:00")


async def test_each_line_says_since_when_it_is_open_or_lost(new_desk: Desk) -> None:
    one = connected("exchange/1", "06:00:00", "a")
    await new_desk.knows(
        one,
        lost(one, "07:00:00", last_heard="06:59:00"),
        connected("exchange/9", "06:30:00", "b"),
    )
    with psycopg.connect(new_desk.url) as connection:
        connection.execute("INSERT INTO wattbook_state.line_activity VALUES ('exchange/9', %s)", (instant("06:40:00"),))
    async with new_desk.store("exchange/1", "exchange/2") as store, store.snapshot() as snapshot:
        assert [(feed.name, feed.state, feed.since, feed.last_message_at) for feed in await snapshot.feeds()] == [
            ("exchange/1", "DISCONNECTED", instant("06:59:00"), None),
            ("exchange/2", "NEVER_CONNECTED", None, None),
            ("exchange/9", "CONNECTED", instant("06:30:00"), instant("06:40:00")),
        ]


async def test_a_line_held_twice_is_open_while_one_holds_it(new_desk: Desk) -> None:
    newer = connected("exchange/1", "06:10:00", "newer")
    await new_desk.knows(connected("exchange/1", "06:00:00", "older"), newer, lost(newer, "07:00:00"))
    async with new_desk.store("exchange/1") as store, store.snapshot() as snapshot:
        (feed,) = await snapshot.feeds()
        assert (feed.state, feed.since) == ("CONNECTED", instant("06:00:00"))


async def test_a_time_means_the_last_event_recorded_by_then(new_desk: Desk) -> None:
    for event in busy_day()[:3]:
        await new_desk.knows(event)
    async with new_desk.store() as store, store.snapshot() as snapshot:
        for position in (1, 2, 3):
            recorded_at = (await snapshot.knowledge(position)).recorded_at
            assert recorded_at is not None
            assert await snapshot.position_at(recorded_at) == position
            assert await snapshot.position_at(recorded_at - timedelta(microseconds=1)) == position - 1
        assert await snapshot.position_at(instant("2199-01-01T00:00:00Z")) == 3


async def test_a_snapshot_holds_still_while_the_desk_goes_on(new_desk: Desk) -> None:
    await new_desk.knows(*busy_day()[:3])
    async with new_desk.store() as store, store.snapshot() as snapshot:
        before = await snapshot.performance(ALL, None, DAY, snapshot.projected)
        await new_desk.knows(*busy_day()[3:])
        assert await snapshot.performance(ALL, None, DAY, snapshot.projected) == before
        assert (await snapshot.events(ALL, EventFilter(), Page(50))).rows[-1].position == 3


async def test_changes_name_the_books_and_days_concerned(new_desk: Desk) -> None:
    await new_desk.knows(*busy_day())
    async with new_desk.store() as store, store.snapshot() as snapshot:
        everything = await snapshot.changes(0)
        assert everything.books == {("anna", DAY), ("bob", DAY)}
        assert everything.priced_days == {DAY}
        assert everything.rejections
        assert everything.feeds
        last = await snapshot.changes(11)
        assert (last.books, last.priced_days, last.rejections, last.feeds) == (frozenset(), frozenset(), True, False)
        assert (await snapshot.changes(10)).books == {("anna", DAY)}


async def test_whoever_asks_for_a_position_waits_until_it_is_worked_in(new_desk: Desk) -> None:
    await new_desk.knows(*busy_day()[:1])
    new_desk.records(*busy_day()[1:3])
    async with new_desk.store() as store:
        with pytest.raises(UnknownPositionError, match="past the head"):
            await store.wait_for(4)
        with pytest.raises(ReadModelsBehindError):
            await store.wait_for(3, seconds=0.05)
        waiting = asyncio.create_task(store.wait_for(3, seconds=20))
        await new_desk.projects()
        await waiting
        assert await store.lag_s() == 0


async def test_a_crowd_that_asks_for_positions_is_answered_with_what_is_newest(new_desk: Desk) -> None:
    async with new_desk.store() as store:
        crowd = [asyncio.create_task(store.positions()) for _ in range(50)]
        await asyncio.gather(*crowd)
        await new_desk.knows(*busy_day())
        late = [asyncio.create_task(store.positions()) for _ in range(50)]
        assert {(at.head, at.projected) for at in await asyncio.gather(*late)} == {(12, 12)}


async def test_a_read_that_takes_too_long_is_given_up_and_said_to_be_that(new_desk: Desk) -> None:
    await new_desk.knows(*busy_day())
    async with ReadStore(new_desk.url, BERLIN, (), statement_s=0.05) as store:
        with psycopg.connect(new_desk.url) as connection:
            connection.execute("LOCK TABLE read_models.deals_v1")
            with pytest.raises(QueryTooLongError):
                await store.recorded_deals(ALL, None, 0, 12, 5)
            async with store.snapshot() as snapshot:
                with pytest.raises(QueryTooLongError):
                    await snapshot.traders(ALL, 12)
                with pytest.raises(DatabaseUnavailableError, match="another part of the same operation"):
                    await snapshot.feeds()
        assert (await performance(store, 12)).total.totals.deals > 0


async def test_the_store_mends_itself_when_its_connections_are_lost(new_desk: Desk) -> None:
    await new_desk.knows(*busy_day())
    async with new_desk.store() as store:
        await performance(store, 12)
        await store.positions()
        with psycopg.connect(new_desk.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

        async def works() -> bool:
            try:
                await store.positions()
                return (await performance(store, 12)).total.totals.deals > 0
            except DatabaseUnavailableError:
                return False

        await eventually(works)


async def test_a_read_that_was_held_up_until_the_database_ended_it_is_told_as_its_absence(installed: str) -> None:
    async with pool_of_snapshots(installed, 1, 15) as pool, borrowed(pool) as connection:
        await connection.execute("SET idle_in_transaction_session_timeout = '1ms'")
        await eventually(lambda: not _transactions_of_others(installed))
        with pytest.raises(DatabaseUnavailableError, match="idle-in-transaction"):
            await connection.execute("SELECT 1")


def _transactions_of_others(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        ).fetchone()
    return int(row[0]) if row else 0
