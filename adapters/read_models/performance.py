"""Which sums and reference prices make a performance, now or as of a position?"""

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Any, Final, Literal, cast

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from domain.figures import Totals
from domain.performance import ReferencePrice
from domain.periods import DeliveryPeriod, Minutes
from projections.day_files import day_files
from projections.deals import deals
from projections.feeds import feeds
from projections.interruptions import interruptions
from projections.positions import positions
from projections.reading import Changes, Scope
from projections.reference_prices import reference_prices as prices
from projections.rejections import rejections

_TABLES: Final = {
    model.name: Identifier("read_models", model.table)
    for model in (deals, positions, prices, feeds, interruptions, rejections, day_files)
}
_LIVE: Final = SQL("""
    SELECT delivery_start, minutes, label, sum(deals)::bigint, sum(bought_mwh), sum(sold_mwh),
           sum(bought_eur), sum(sold_eur)
    FROM {positions} WHERE delivery_day = %(day)s {whose}
    GROUP BY delivery_start, minutes, label
""")
# Nothing where a deal of the book came later. The latest of each trader is found by two steps down an index.
_SINCE: Final = SQL("""
    SELECT delivery_start, minutes, label, sum(deals)::bigint, sum(bought_mwh), sum(sold_mwh),
           sum(bought_eur), sum(sold_eur)
    FROM {positions} WHERE delivery_day = %(day)s {whose} AND NOT EXISTS (
        SELECT FROM (SELECT DISTINCT trader_id FROM {positions} WHERE delivery_day = %(day)s {whose}) AS book
        WHERE %(position)s < (
            SELECT max(position) FROM {deals} AS d WHERE d.delivery_day = %(day)s AND d.trader_id = book.trader_id
        )
    )
    GROUP BY delivery_start, minutes, label
""")
_AS_OF: Final = SQL("""
    SELECT delivery_start, minutes, label, sum(sign)::bigint,
           coalesce(sum(sign * energy_mwh) FILTER (WHERE direction = 'buy'), 0),
           coalesce(sum(sign * energy_mwh) FILTER (WHERE direction = 'sell'), 0),
           coalesce(sum(sign * money_eur) FILTER (WHERE direction = 'buy'), 0),
           coalesce(sum(sign * money_eur) FILTER (WHERE direction = 'sell'), 0)
    FROM {deals} WHERE delivery_day = %(day)s AND position <= %(position)s {whose}
    GROUP BY delivery_start, minutes, label
""")
_Which = Literal["live", "since", "as of"]
_SUMS: Final[dict[_Which, SQL]] = {"live": _LIVE, "since": _SINCE, "as of": _AS_OF}
_PRICES: Final = (
    SQL("""
    SELECT wanted.number, price.value, price.last_update, price.recorded_at, price.position
    FROM unnest(%(starts)s::timestamptz[], %(minutes)s::bigint[]) WITH ORDINALITY AS wanted (start, minutes, number)
    CROSS JOIN LATERAL (
        SELECT value, last_update, recorded_at, position FROM {reference_prices}
        WHERE delivery_day = %(day)s AND delivery_start = wanted.start AND minutes = wanted.minutes
          AND position <= %(position)s
        ORDER BY last_update DESC, position DESC LIMIT 1
    ) AS price
    ORDER BY wanted.number
""")
    .format(**_TABLES)
    .as_bytes()
)
_CHANGES: Final = (
    SQL("""
    SELECT DISTINCT 'deal', trader_id, delivery_day FROM {deals}
    WHERE position > %(after)s AND position <= %(until)s
    UNION ALL
    SELECT DISTINCT 'price', NULL, delivery_day FROM {reference_prices}
    WHERE position > %(after)s AND position <= %(until)s
    UNION ALL
    SELECT 'rejection', NULL, NULL WHERE EXISTS (
        SELECT FROM {rejections} WHERE position > %(after)s AND position <= %(until)s
    ) OR EXISTS (
        SELECT FROM {rejections} WHERE resolved_position > %(after)s AND resolved_position <= %(until)s
    )
    UNION ALL
    SELECT 'feed', NULL, NULL WHERE EXISTS (
        SELECT FROM {feeds} WHERE connected_position > %(after)s AND connected_position <= %(until)s
    ) OR EXISTS (
        SELECT FROM {feeds} WHERE ended_position > %(after)s AND ended_position <= %(until)s
    ) OR EXISTS (
        SELECT FROM {interruptions} WHERE position > %(after)s AND position <= %(until)s
    ) OR EXISTS (
        SELECT FROM {day_files} WHERE position > %(after)s AND position <= %(until)s
    )
""")
    .format(**_TABLES)
    .as_bytes()
)


async def live_totals(
    connection: AsyncConnection[TupleRow], scope: Scope, trader_id: str | None, day: date
) -> dict[DeliveryPeriod, Totals]:
    """Return the sums of each period of *day* with deals, from the running sums."""
    return await _totals(connection, "live", scope, trader_id, day, 0)


async def totals_since(
    connection: AsyncConnection[TupleRow], scope: Scope, trader_id: str | None, day: date, position: int
) -> dict[DeliveryPeriod, Totals]:
    """Return the same as :func:`live_totals` where they have not changed after *position*, else nothing."""
    return await _totals(connection, "since", scope, trader_id, day, position)


async def totals_as_of(
    connection: AsyncConnection[TupleRow], scope: Scope, trader_id: str | None, day: date, position: int
) -> dict[DeliveryPeriod, Totals]:
    """Return the sums of each period of *day* with deals, from the ledger up to *position*."""
    return await _totals(connection, "as of", scope, trader_id, day, position)


async def reference_prices(
    connection: AsyncConnection[TupleRow], day: date, periods: Collection[DeliveryPeriod], position: int
) -> list[ReferencePrice]:
    """Return the observation that stood for each of *periods* at *position*, by start, the longer first."""
    ordered = sorted(periods, key=lambda period: period.sort_key)
    arguments = {
        "starts": [period.start for period in ordered],
        "minutes": [period.minutes for period in ordered],
        "day": day,
        "position": position,
    }
    cursor = await connection.execute(_PRICES, arguments, prepare=True)
    return [
        ReferencePrice(ordered[number - 1], value, last_update, recorded_at, at)
        for number, value, last_update, recorded_at, at in await cursor.fetchall()
    ]


async def changes(connection: AsyncConnection[TupleRow], after: int, until: int) -> Changes:
    """Return whose figures the events after *after* up to *until* concern."""
    cursor = await connection.execute(_CHANGES, {"after": after, "until": until}, prepare=True)
    rows = await cursor.fetchall()
    kinds = {kind for kind, _, _ in rows}
    return Changes(
        books=frozenset((trader, day) for kind, trader, day in rows if kind == "deal"),
        priced_days=frozenset(day for kind, _, day in rows if kind == "price"),
        rejections="rejection" in kinds,
        feeds="feed" in kinds,
    )


async def _totals(
    connection: AsyncConnection[TupleRow], which: _Which, scope: Scope, trader_id: str | None, day: date, position: int
) -> dict[DeliveryPeriod, Totals]:
    arguments = {"day": day, "position": position, "trader": trader_id, "scope": scope.trader_id}
    statement = _of_book(which, trader_id is not None, scope.trader_id is not None)
    cursor = await connection.execute(statement, arguments, prepare=True)
    rows: list[tuple[Any, ...]] = await cursor.fetchall()
    return {
        DeliveryPeriod(day, label, start, cast("Minutes", minutes)): Totals(*sums)
        for start, minutes, label, *sums in rows
    }


@lru_cache
def _of_book(which: _Which, of_trader: bool, within_scope: bool) -> bytes:
    whose = [SQL("AND trader_id = %(trader)s")] if of_trader else []
    whose += [SQL("AND trader_id = %(scope)s")] if within_scope else []
    return _SUMS[which].format(**_TABLES, whose=SQL(" ").join(whose)).as_bytes()
