"""Does the store answer from one snapshot what was known at any position, and to those who may know it?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import psycopg
import pytest

from adapters.read_store import ReadStore
from domain.errors import DatabaseUnavailableError, ReadModelsBehindError, UnknownPositionError
from domain.events import Event
from domain.performance import Performance
from projections.reading import DealFilter, DealOrder, DealSort, EventFilter, Key, Page, Scope
from tests.desk import Desk, desk
from tests.notation import (
    DAY,
    cancelled,
    conflict,
    connected,
    corrected,
    deal,
    instant,
    lost,
    reference_price,
    rejected,
    resolved,
)
from tests.waiting import eventually

ALL = Scope()
ANNA = Scope("anna")


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        yield opened


async def performance(
    store: ReadStore, position: int, trader: str | None = "anna", scope: Scope = ALL, day: date = DAY
) -> Performance:
    async with store.snapshot() as snapshot:
        return await snapshot.performance(scope, trader, day, position)


def busy_day() -> list[Event]:
    """Return a day with every kind of event."""
    first = deal("anna buys 10 MW 08-09 at 20", deal_id="1")
    second = deal("anna sells 4.5 MW 08-09 at -25.125", deal_id="2")
    third = deal("bob buys 10 MW 08:15-08:30 at 30", deal_id="3")
    return [
        connected("exchange/1", "06:00:00"),
        first,
        second,
        reference_price("08-09 at 28", last_update="07:00:00"),
        third,
        corrected(second, deal("anna sells 4 MW 09-10 at 25", deal_id="2"), replaces=3),
        reference_price("08-09 undefined", last_update="07:10:00"),
        reference_price("08-09 at 31", last_update="07:05:00"),
        cancelled(first, replaces=2),
        rejected(b"nonsense"),
        deal("anna buys 3 MW 23-24 at 11.5", deal_id="4"),
        resolved(10),
    ]


async def test_the_running_sums_and_the_ledger_agree_at_every_position(trading: Desk) -> None:
    async with trading.store() as store:
        live: list[tuple[Performance, Performance]] = []
        for event in busy_day():
            await trading.knows(event)
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


async def test_an_unknown_trader_has_zeros(trading: Desk) -> None:
    await trading.knows(*busy_day())
    async with trading.store() as store:
        nobody = await performance(store, 12, "nobody")
        assert nobody.total.totals.deals == 0
        assert nobody.total.light_reason == "NO_DEALS"
        assert len(nobody.periods) == 24


async def test_before_the_first_event_nothing_is_known(trading: Desk) -> None:
    async with trading.store() as store, store.snapshot() as snapshot:
        known = await snapshot.knowledge(0)
        assert (snapshot.head, snapshot.projected) == (0, 0)
        assert (known.recorded_at, known.complete_up_to) == (None, None)
        assert await snapshot.position_at(instant("2099-01-01T00:00:00Z")) == 0


async def test_the_price_with_the_newest_update_stands_and_of_equals_the_later_recorded(trading: Desk) -> None:
    await trading.knows(
        reference_price("08-09 at 1", last_update="07:00:00"),
        reference_price("08-09 at 2", last_update="07:10:00"),
        reference_price("08-09 at 3", last_update="07:05:00"),
        reference_price("08-09 at 4", last_update="07:10:00"),
        reference_price("08-09 undefined", last_update="07:20:00"),
    )
    async with trading.store() as store, store.snapshot() as snapshot:
        standing = [await snapshot.reference_prices(DAY, position) for position in range(6)]
        assert standing[0] == []
        values = [(price.value, price.position) for (price,) in standing[1:]]
        assert [(None if value is None else int(value), position) for value, position in values] == [
            (1, 1), (2, 2), (2, 2), (4, 4), (None, 5)
        ]  # fmt: skip


async def test_deals_taken_back_are_seen_only_before_it_was_known(trading: Desk) -> None:
    await trading.knows(*busy_day())
    async with trading.store() as store, store.snapshot() as snapshot:

        async def ids(position: int) -> list[tuple[str, int]]:
            found = await snapshot.deals(ALL, DealFilter(), DealOrder(descending=False), Page(10), position)
            return [(row.deal_id, row.position) for row in found.rows]

        assert await ids(5) == [("1", 2), ("2", 3), ("3", 5)]
        assert await ids(6) == [("1", 2), ("3", 5), ("2", 6)]
        assert await ids(12) == [("3", 5), ("2", 6), ("4", 11)]


ORDERS: list[tuple[DealSort, bool]] = [
    (by, descending) for by in ("position", "executionTime", "delivery") for descending in (True, False)
]


@pytest.mark.parametrize(("by", "descending"), ORDERS)
async def test_pages_of_deals_cover_the_list_once_while_deals_arrive(
    trading: Desk, by: DealSort, descending: bool
) -> None:
    labels = ("08-09", "08:00-08:15", "09-10", "08:00-08:30")
    made = [
        deal(f"anna buys 1 MW {labels[n % 4]} at {n}", deal_id=str(n), executed=f"06:0{n % 3}:00") for n in range(17)
    ]
    await trading.knows(*made)
    order = DealOrder(by, descending)
    async with trading.store() as store:

        async def page(asked: Page, position: int) -> tuple[list[str], list[Key], bool]:
            async with store.snapshot() as snapshot:
                found = await snapshot.deals(ALL, DealFilter(), order, asked, position)
                keys = [_key(by, row) for row in found.rows]
                return [row.deal_id for row in found.rows], keys, found.more

        everything, keys, more = await page(Page(500), 17)
        assert sorted(everything, key=int) == [str(n) for n in range(17)]
        assert keys == sorted(keys, reverse=descending)
        assert not more

        forwards: list[str] = []
        after: Key | None = None
        more = True
        while more:
            await trading.knows(deal("bob buys 1 MW 08-09 at 1", deal_id=f"new {len(forwards)}", executed="06:01:00"))
            ids, keys, more = await page(Page(4, after=after), 17)
            forwards, after = forwards + ids, keys[-1]
        assert forwards == everything

        backwards: list[str] = []
        before: Key | None = None
        more = True
        while more:
            ids, keys, more = await page(Page(4, before=before, from_end=True), 17)
            backwards, before = ids + backwards, keys[0]
        assert backwards == everything


def _key(by: DealSort, row: object) -> Key:
    names = {
        "position": ("position",),
        "executionTime": ("executed_at", "position"),
        "delivery": ("delivery_start", "minutes", "position"),
    }[by]
    return tuple(-getattr(row, name) if name == "minutes" else getattr(row, name) for name in names)


async def test_deals_are_filtered_by_each_field_with_both_ends_included(trading: Desk) -> None:
    tomorrow = DAY + timedelta(days=1)
    await trading.knows(
        deal("anna buys 1 MW 08-09 at 1", deal_id="1", executed="06:00:00"),
        deal("bob sells 1 MW 09-10 at 1", deal_id="2", executed="06:10:00"),
        deal("anna buys 1 MW 08-09 at 1", deal_id="3", executed="06:20:00", day=tomorrow),
    )
    async with trading.store() as store, store.snapshot() as snapshot:

        async def ids(wanted: DealFilter, scope: Scope = ALL) -> str:
            found = await snapshot.deals(scope, wanted, DealOrder(descending=False), Page(10), 3)
            return " ".join(row.deal_id for row in found.rows)

        assert await ids(DealFilter()) == "1 2 3"
        assert await ids(DealFilter(trader_id="anna")) == "1 3"
        assert await ids(DealFilter(delivery_day_from=tomorrow)) == "3"
        assert await ids(DealFilter(delivery_day_to=DAY)) == "1 2"
        assert await ids(DealFilter(label="08-09")) == "1 3"
        assert await ids(DealFilter(direction="sell")) == "2"
        assert await ids(DealFilter(executed_from=instant("06:10:00"))) == "2 3"
        assert await ids(DealFilter(executed_to=instant("06:10:00"))) == "1 2"
        assert await ids(DealFilter(), ANNA) == "1 3"
        assert await ids(DealFilter(trader_id="bob"), ANNA) == ""


async def test_nothing_of_others_comes_through_a_scope(trading: Desk) -> None:
    await trading.knows(
        deal("anna buys 1 MW 08-09 at 1", deal_id="1"),
        deal("bob buys 1 MW 08-09 at 2", deal_id="2"),
        reference_price("08-09 at 1"),
        connected("exchange/1", "06:00:00"),
        rejected(b"of anna", "INVALID: price", trader="anna", day=DAY),
        rejected(b"of bob", "INVALID: price", trader="bob", day=DAY),
        rejected(b"of nobody"),
        conflict(deal("bob buys 9 MW 08-09 at 2", deal_id="2"), stands=2),
        conflict(deal("anna buys 9 MW 08-09 at 2", deal_id="1"), stands=1),
    )
    async with trading.store() as store, store.snapshot() as snapshot:
        assert (await snapshot.performance(ANNA, "bob", DAY, 9)).total.totals.deals == 0
        assert (await snapshot.performance(ANNA, None, DAY, 9)).total.totals.deals == 1
        assert await snapshot.traders(ANNA, 9) == ["anna"]
        seen = await snapshot.events(ANNA, EventFilter(), Page(50))
        assert [event.position for event in seen.rows] == [1, 3, 4, 9]
        own = await snapshot.rejections(ANNA, True, Page(50))
        assert [row.position for row in own.rows] == [9, 5]
        assert (await snapshot.health(ANNA)).open_rejections == 3
        assert (await snapshot.health(ALL)).open_rejections == 5
        assert [row.deal_id for row in await store.recorded_deals(ANNA, None, 0, 9, 10)] == ["1"]
        assert await store.recorded_deals(ANNA, "bob", 0, 9, 10) == []


async def test_open_rejections_are_those_that_may_concern_the_figures(trading: Desk) -> None:
    other_day = DAY + timedelta(days=1)
    await trading.knows(
        rejected(b"1", trader="anna", day=DAY),
        rejected(b"2", trader="bob", day=DAY),
        rejected(b"3", trader="anna", day=other_day),
        rejected(b"4", trader="bob"),
        rejected(b"5", day=other_day),
        rejected(b"6"),
        resolved(1),
        resolved(6),
        resolved(7),
    )
    async with trading.store() as store:
        open_ones = [(await performance(store, position)).open_rejections for position in range(9)]
        assert open_ones == [0, 1, 1, 1, 2, 3, 4, 3, 2]
        assert (await performance(store, 8, None)).open_rejections == 3
        async with store.snapshot() as snapshot:
            still_open = await snapshot.rejections(ALL, False, Page(3))
            assert ([row.position for row in still_open.rows], still_open.more) == ([5, 4, 3], True)
            everything = await snapshot.rejections(ALL, True, Page(9))
            assert [row.position for row in everything.rows] == [6, 5, 4, 3, 2, 1]
            rest = await snapshot.rejections(ALL, False, Page(3, after=(3,)))
            assert ([row.position for row in rest.rows], rest.more) == ([2], False)


async def test_the_record_is_complete_up_to_the_first_gap_that_was_known(trading: Desk) -> None:
    one = connected("exchange/1", "06:00:00", "a")
    two = connected("exchange/2", "06:05:00", "b")
    await trading.knows(
        reference_price("08-09 at 1"), one, two, lost(one, "07:00:00"), lost(two, "08:00:00", last_heard="07:50:00")
    )
    await trading.knows(connected("exchange/1", "07:40:00", "c"))
    async with trading.store() as store, store.snapshot() as snapshot:
        known = [await snapshot.knowledge(position) for position in range(7)]
        assert [knowledge.complete_up_to for knowledge in known[:2]] == [None, None]
        for covered in (2, 3, 4, 6):
            assert known[covered].complete_up_to == known[covered].recorded_at
        assert known[5].complete_up_to == instant("07:50:00")


async def test_each_line_says_since_when_it_is_open_or_lost(trading: Desk) -> None:
    one = connected("exchange/1", "06:00:00", "a")
    await trading.knows(
        one,
        lost(one, "07:00:00", last_heard="06:59:00"),
        connected("exchange/9", "06:30:00", "b"),
    )
    with psycopg.connect(trading.url) as connection:
        connection.execute("INSERT INTO wattbook_state.line_activity VALUES ('exchange/9', %s)", (instant("06:40:00"),))
    async with trading.store("exchange/1", "exchange/2") as store, store.snapshot() as snapshot:
        assert [(feed.name, feed.state, feed.since, feed.last_message_at) for feed in await snapshot.feeds()] == [
            ("exchange/1", "DISCONNECTED", instant("06:59:00"), None),
            ("exchange/2", "NEVER_CONNECTED", None, None),
            ("exchange/9", "CONNECTED", instant("06:30:00"), instant("06:40:00")),
        ]


async def test_a_line_held_twice_is_open_while_one_holds_it(trading: Desk) -> None:
    newer = connected("exchange/1", "06:10:00", "newer")
    await trading.knows(connected("exchange/1", "06:00:00", "older"), newer, lost(newer, "07:00:00"))
    async with trading.store("exchange/1") as store, store.snapshot() as snapshot:
        (feed,) = await snapshot.feeds()
        assert (feed.state, feed.since) == ("CONNECTED", instant("06:00:00"))


async def test_traders_are_those_with_deals_that_stand_in_name_order(trading: Desk) -> None:
    once = deal("carl buys 1 MW 08-09 at 1", deal_id="1")
    await trading.knows(
        once,
        deal("bob buys 1 MW 08-09 at 1", deal_id="2"),
        deal("anna buys 1 MW 08-09 at 1", deal_id="3"),
        cancelled(once, replaces=1),
    )
    async with trading.store() as store, store.snapshot() as snapshot:
        assert [await snapshot.traders(ALL, position) for position in range(5)] == [
            [], ["carl"], ["bob", "carl"], ["anna", "bob", "carl"], ["anna", "bob"]
        ]  # fmt: skip


async def test_events_come_upwards_as_filtered(trading: Desk) -> None:
    await trading.knows(*busy_day())
    async with trading.store() as store, store.snapshot() as snapshot:

        async def positions(wanted: EventFilter, page: Page) -> tuple[list[int], bool]:
            found = await snapshot.events(ALL, wanted, page)
            return [event.position for event in found.rows], found.more

        assert await positions(EventFilter(), Page(3)) == ([1, 2, 3], True)
        assert await positions(EventFilter(), Page(3, after=(9,))) == ([10, 11, 12], False)
        assert await positions(EventFilter(after=2, until=4), Page(9)) == ([3, 4], False)
        assert await positions(EventFilter(types=("deal.cancelled.v1",)), Page(9)) == ([9], False)
        assert await positions(EventFilter(types=()), Page(9)) == ([], False)
        (event,) = (await snapshot.events(ALL, EventFilter(after=8, until=9), Page(9))).rows
        of_stream = await positions(EventFilter(stream=event.stream), Page(9))
        assert of_stream == ([2, 9], False)
        assert len(event.chain_hash) == 32
        assert "recalled" in event.payload


async def test_a_time_means_the_last_event_recorded_by_then(trading: Desk) -> None:
    for event in busy_day()[:3]:
        await trading.knows(event)
    async with trading.store() as store, store.snapshot() as snapshot:
        for position in (1, 2, 3):
            recorded_at = (await snapshot.knowledge(position)).recorded_at
            assert recorded_at is not None
            assert await snapshot.position_at(recorded_at) == position
            assert await snapshot.position_at(recorded_at - timedelta(microseconds=1)) == position - 1
        assert await snapshot.position_at(instant("2199-01-01T00:00:00Z")) == 3


async def test_a_snapshot_holds_still_while_the_desk_goes_on(trading: Desk) -> None:
    await trading.knows(*busy_day()[:3])
    async with trading.store() as store, store.snapshot() as snapshot:
        before = await snapshot.performance(ALL, None, DAY, snapshot.projected)
        await trading.knows(*busy_day()[3:])
        assert await snapshot.performance(ALL, None, DAY, snapshot.projected) == before
        assert (await snapshot.events(ALL, EventFilter(), Page(50))).rows[-1].position == 3


async def test_changes_name_the_books_and_days_concerned(trading: Desk) -> None:
    await trading.knows(*busy_day())
    async with trading.store() as store, store.snapshot() as snapshot:
        everything = await snapshot.changes(0)
        assert everything.books == {("anna", DAY), ("bob", DAY)}
        assert everything.priced_days == {DAY}
        assert everything.rejections
        assert everything.feeds
        last = await snapshot.changes(11)
        assert (last.books, last.priced_days, last.rejections, last.feeds) == (frozenset(), frozenset(), True, False)
        assert (await snapshot.changes(10)).books == {("anna", DAY)}


async def test_whoever_asks_for_a_position_waits_until_it_is_worked_in(trading: Desk) -> None:
    await trading.knows(*busy_day()[:1])
    trading.records(*busy_day()[1:3])
    async with trading.store() as store:
        with pytest.raises(UnknownPositionError, match="past the head"):
            await store.wait_for(4)
        with pytest.raises(ReadModelsBehindError):
            await store.wait_for(3, seconds=0.05)
        waiting = asyncio.create_task(store.wait_for(3, seconds=20))
        await trading.projects()
        await waiting
        assert await store.lag_s() == 0


async def test_a_crowd_that_asks_for_positions_is_answered_with_what_is_newest(trading: Desk) -> None:
    async with trading.store() as store:
        crowd = [asyncio.create_task(store.positions()) for _ in range(50)]
        await asyncio.gather(*crowd)
        await trading.knows(*busy_day())
        late = [asyncio.create_task(store.positions()) for _ in range(50)]
        assert {(at.head, at.projected) for at in await asyncio.gather(*late)} == {(12, 12)}


async def test_the_store_mends_itself_when_its_connections_are_lost(trading: Desk) -> None:
    await trading.knows(*busy_day())
    async with trading.store() as store:
        await performance(store, 12)
        await store.positions()
        with psycopg.connect(trading.url, autocommit=True) as connection:
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
