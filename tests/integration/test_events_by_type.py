"""Is a page of events of a rare type found without walking through a log of deals?"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL

from adapters.read_models.events import events_query
from domain.events import EVENT_TYPES
from projections.reading import EventFilter, Page, Scope
from tests.desk import Desk, desk
from tests.notation import cancelled, corrected, deal, published, rejected, resolved

MANY = 60_000
ANNA = deal("anna buys 10 MW 08-09 at 40")
OTHER = deal("anna buys 10 MW 08-09 at 41")


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    """Yield a desk with a few events of rare types, and very many deals after them."""
    async with desk(database) as opened:
        await opened.knows(
            ANNA, rejected(b"\xff"), resolved(2), corrected(ANNA, OTHER, 1), cancelled(OTHER, 4), published()
        )
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                """
                INSERT INTO wattbook.events (originator_id, originator_version, topic, state, notification_id,
                                             recorded_at, hash)
                SELECT 'many:' || n, 1, 'deal.confirmed.v1', e.state, n, e.recorded_at, e.hash
                FROM generate_series(7, %s) AS n, wattbook.events AS e WHERE e.notification_id = 1
                """,
                (MANY,),
            )
            connection.execute("UPDATE wattbook.log_head SET position = %s", (MANY,))
            connection.execute("VACUUM (ANALYZE) wattbook.events")
        yield opened


RARE = ("message.rejected.v1", "deal.cancelled.v1", "report.published.v1", "log.sealed.v1")


@pytest.mark.parametrize("scope", [Scope(), Scope("anna")], ids=["everybody", "a trader"])
@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(
    ("wanted", "page"),
    [
        (EventFilter(types=RARE[:1]), Page(50)),
        (EventFilter(types=RARE), Page(50)),
        (EventFilter(types=RARE[1:2], after=1, until=MANY), Page(50)),
        (EventFilter(types=("log.sealed.v1",)), Page(50, after=(3,))),
        (EventFilter(types=(*RARE, "reference-price.updated.v1", "feed.connected.v1")), Page(50)),
    ],
)
def test_no_page_of_types_reads_more_of_the_log_than_it_shows(
    trading: Desk, scope: Scope, newest_first: bool, wanted: EventFilter, page: Page
) -> None:
    query, arguments = events_query(scope, wanted, page, MANY, newest_first)
    with psycopg.connect(trading.url) as connection:
        row = connection.execute(SQL("EXPLAIN (ANALYZE, FORMAT JSON) {}").format(query), arguments).fetchone()
        assert row is not None
    reads = [node for node in nodes(row[0][0]["Plan"]) if node.get("Relation Name") == "events"]
    assert reads
    assert {node["Node Type"] for node in reads} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}, json.dumps(
        row[0]
    )
    seen = sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in reads)
    assert seen <= 20


async def test_a_page_of_several_types_has_them_in_the_order_of_the_log(trading: Desk) -> None:
    async with trading.store() as store, store.snapshot() as snapshot:

        async def positions(page: Page, newest_first: bool, *types: str) -> tuple[list[int], bool]:
            found = await snapshot.events(Scope(), EventFilter(types=types), page, newest_first)
            return [event.position for event in found.rows], found.more

        every = tuple(kind.TOPIC for kind in EVENT_TYPES)
        assert await positions(Page(3), False, *every) == ([1, 2, 3], True)
        assert await positions(Page(3), True, *every) == ([MANY, MANY - 1, MANY - 2], True)
        assert await positions(Page(9), True, *RARE) == ([6, 5, 2], False)
        assert await positions(Page(2), False, *RARE) == ([2, 5], True)
        assert await positions(Page(2, after=(5,)), False, *RARE) == ([6], False)
        assert await positions(Page(9), False, "deal.imagined.v1") == ([], False)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)
