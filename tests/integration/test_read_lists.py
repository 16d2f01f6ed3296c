"""Do lists of deals, events and rejections come page by page, and to those who may see them?"""

from datetime import date, timedelta

import pytest

from adapters.read_models.store import ReadStore
from domain.performance import Performance
from projections.reading import DealFilter, DealOrder, DealSort, EventFilter, Key, Page, Scope
from tests.desk import Desk, busy_day
from tests.notation import (
    DAY,
    cancelled,
    conflict,
    connected,
    deal,
    instant,
    reference_price,
    rejected,
    resolved,
)

ALL = Scope()


ANNA = Scope("anna")


async def performance(
    store: ReadStore, position: int, trader: str | None = "anna", scope: Scope = ALL, day: date = DAY
) -> Performance:
    async with store.snapshot() as snapshot:
        return await snapshot.performance(scope, trader, day, position)


async def test_deals_taken_back_are_seen_only_before_it_was_known(new_desk: Desk) -> None:
    await new_desk.knows(*busy_day())
    async with new_desk.store() as store, store.snapshot() as snapshot:

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
    new_desk: Desk, by: DealSort, descending: bool
) -> None:
    labels = ("08-09", "08:00-08:15", "09-10", "08:00-08:30")
    made = [
        deal(f"anna buys 1 MW {labels[n % 4]} at {n}", deal_id=str(n), executed=f"06:0{n % 3}:00") for n in range(17)
    ]
    await new_desk.knows(*made)
    order = DealOrder(by, descending)
    async with new_desk.store() as store:

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
            await new_desk.knows(deal("bob buys 1 MW 08-09 at 1", deal_id=f"new {len(forwards)}", executed="06:01:00"))
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


async def test_deals_are_filtered_by_each_field_with_both_ends_included(new_desk: Desk) -> None:
    tomorrow = DAY + timedelta(days=1)
    await new_desk.knows(
        deal("anna buys 1 MW 08-09 at 1", deal_id="1", executed="06:00:00"),
        deal("bob sells 1 MW 09-10 at 1", deal_id="2", executed="06:10:00"),
        deal("anna buys 1 MW 08-09 at 1", deal_id="3", executed="06:20:00", day=tomorrow),
    )
    async with new_desk.store() as store, store.snapshot() as snapshot:

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


async def test_nothing_of_others_comes_through_a_scope(new_desk: Desk) -> None:
    await new_desk.knows(
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
    async with new_desk.store() as store, store.snapshot() as snapshot:
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


async def test_open_rejections_are_those_that_may_concern_the_figures(new_desk: Desk) -> None:
    other_day = DAY + timedelta(days=1)
    await new_desk.knows(
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
    async with new_desk.store() as store:
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


async def test_traders_are_those_with_deals_that_stand_in_name_order(new_desk: Desk) -> None:
    once = deal("carl buys 1 MW 08-09 at 1", deal_id="1")
    await new_desk.knows(
        once,
        deal("bob buys 1 MW 08-09 at 1", deal_id="2"),
        deal("anna buys 1 MW 08-09 at 1", deal_id="3"),
        cancelled(once, replaces=1),
    )
    async with new_desk.store() as store, store.snapshot() as snapshot:
        assert [await snapshot.traders(ALL, position) for position in range(5)] == [
            [], ["carl"], ["bob", "carl"], ["anna", "bob", "carl"], ["anna", "bob"]
        ]  # fmt: skip


async def test_events_come_upwards_as_filtered(new_desk: Desk) -> None:
    await new_desk.knows(*busy_day())
    async with new_desk.store() as store, store.snapshot() as snapshot:

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


async def test_events_come_newest_first_where_that_is_asked_for(new_desk: Desk) -> None:
    await new_desk.knows(*busy_day())
    async with new_desk.store() as store, store.snapshot() as snapshot:
        for page, expected in ((Page(3), [12, 11, 10]), (Page(3, after=(3,)), [2, 1]), (Page(0), [])):
            found = await snapshot.events(ALL, EventFilter(), page, newest_first=True)
            assert ([event.position for event in found.rows], found.more) == (expected, expected[-1:] != [1])
        deals = await snapshot.events(ANNA, EventFilter(until=5, types=("deal.confirmed.v1",)), Page(9), True)
        assert [event.position for event in deals.rows] == [3, 2]


async def test_a_page_of_messages_ends_where_there_is_no_room_and_has_one_even_so(new_desk: Desk) -> None:
    small, large = b"x" * 100, b"y" * 10_000
    await new_desk.knows(
        *[rejected(original + bytes([48 + n])) for n, original in enumerate([small, small, large, small])]
    )
    async with new_desk.store() as store, store.snapshot() as snapshot:
        for room_bytes, pages in ((10_000, [[1, 2], [3], [4]]), (1, [[1], [2], [3], [4]]), (10**6, [[1, 2, 3, 4]])):
            log: list[list[int]] = []
            listed: list[list[int]] = []
            for _ in pages:
                events = await snapshot.events(
                    ALL, EventFilter(), Page(50, after=(log[-1][-1],) if log else None, room_bytes=room_bytes)
                )
                log.append([event.position for event in events.rows])
                assert events.more == (log[-1][-1] < 4)
                found = await snapshot.rejections(
                    ALL, True, Page(50, after=(listed[-1][-1],) if listed else None, room_bytes=room_bytes)
                )
                listed.append([row.position for row in found.rows])
                assert found.more == (listed[-1][-1] > 1)
            assert log == pages
            assert [position for positions in listed for position in positions] == [4, 3, 2, 1]
            assert len(listed) == len(pages)
        assert (await snapshot.events(ALL, EventFilter(), Page(0))).rows == []
