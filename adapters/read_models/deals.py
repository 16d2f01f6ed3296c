"""Which deals stand as of a position, page by page, and which were recorded after one?"""

from functools import lru_cache
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Composed, Identifier

from adapters.read_models.keyset import page_of, page_query
from projections.deals import DealRow
from projections.deals import deals as deals_model
from projections.reading import DealFilter, DealOrder, DealSort, Page, Scope, Slice

_TABLE: Final = Identifier("read_models", deals_model.table)
_COLUMNS: Final = SQL(", ").join(SQL("d.{}").format(Identifier(name)) for name in deals_model.columns)
_STANDING: Final = SQL("""
    d.sign = 1 AND d.position <= %(as_of)s AND NOT EXISTS (
        SELECT FROM {table} AS back WHERE back.replaces = d.position AND back.position <= %(as_of)s
    )
""").format(table=_TABLE)
_ORDERS: Final[dict[DealSort, tuple[SQL, ...]]] = {
    "position": (SQL("d.position"),),
    "executionTime": (SQL("d.executed_at"), SQL("d.position")),
    # The longer of two periods that start together comes first, as in a performance.
    "delivery": (SQL("d.delivery_start"), SQL("-d.minutes"), SQL("d.position")),
}
_CONDITIONS: Final = {
    "trader_id": SQL("d.trader_id = %(trader_id)s"),
    "delivery_day_from": SQL("d.delivery_day >= %(delivery_day_from)s"),
    "delivery_day_to": SQL("d.delivery_day <= %(delivery_day_to)s"),
    "label": SQL("d.label = %(label)s"),
    "direction": SQL("d.direction = %(direction)s"),
    "executed_from": SQL("d.executed_at >= %(executed_from)s"),
    "executed_to": SQL("d.executed_at <= %(executed_to)s"),
}
_SCOPE: Final = SQL("d.trader_id = %(scope)s")
# Steps from one trader to the next through the index, instead of reading every deal.
_TRADERS: Final = SQL("""
    WITH RECURSIVE known AS (
        SELECT min(trader_id) AS trader_id FROM {table} WHERE {whose}
        UNION ALL
        SELECT (SELECT min(trader_id) FROM {table} WHERE trader_id > known.trader_id AND {whose})
        FROM known WHERE known.trader_id IS NOT NULL
    )
    SELECT known.trader_id FROM known WHERE known.trader_id IS NOT NULL AND EXISTS (
        SELECT FROM {table} AS d WHERE d.trader_id = known.trader_id AND {standing}
    )
    ORDER BY known.trader_id
""")


async def deals(
    connection: AsyncConnection[TupleRow],
    scope: Scope,
    wanted: DealFilter,
    order: DealOrder,
    page: Page,
    position: int,
) -> Slice[DealRow]:
    """Return a page of the deals that *scope* shows, *wanted* selects and that stand as of *position*."""
    arguments: dict[str, object] = {"as_of": position, "scope": scope.trader_id}
    conditions: list[SQL | Composed] = [_STANDING]
    if scope.trader_id is not None:
        conditions.append(_SCOPE)
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(condition)
            arguments[name] = value
    query = page_query(
        SQL("SELECT {} FROM {} AS d").format(_COLUMNS, _TABLE),
        conditions, _ORDERS[order.by], order.descending, page, arguments,
    )  # fmt: skip
    async with connection.cursor(row_factory=class_row(DealRow)) as cursor:
        await cursor.execute(query, arguments)
        return page_of(await cursor.fetchall(), page)


async def recorded_deals(
    connection: AsyncConnection[TupleRow], scope: Scope, trader_id: str | None, after: int, until: int, limit: int
) -> list[DealRow]:
    """Return the deals recorded after *after* up to *until*, in log order, whatever became of them since."""
    query = _recorded(trader_id is not None, scope.trader_id is not None)
    arguments = {"scope": scope.trader_id, "trader_id": trader_id, "after": after, "until": until, "limit": limit}
    async with connection.cursor(row_factory=class_row(DealRow)) as cursor:
        await cursor.execute(query, arguments, prepare=True)
        return await cursor.fetchall()


@lru_cache
def _recorded(of_trader: bool, within_scope: bool) -> bytes:
    conditions = [SQL("d.sign = 1 AND d.position > %(after)s AND d.position <= %(until)s")]
    conditions += [_CONDITIONS["trader_id"]] if of_trader else []
    conditions += [_SCOPE] if within_scope else []
    select = SQL("SELECT {} FROM {} AS d WHERE {} ORDER BY d.position LIMIT %(limit)s")
    return select.format(_COLUMNS, _TABLE, SQL(" AND ").join(conditions)).as_bytes()


async def traders(connection: AsyncConnection[TupleRow], scope: Scope, position: int) -> list[str]:
    """Return the traders with deals that stand as of *position*, in name order."""
    whose = SQL("true") if scope.trader_id is None else SQL("trader_id = %(scope)s")
    query = _TRADERS.format(table=_TABLE, whose=whose, standing=_STANDING)
    cursor = await connection.execute(query, {"scope": scope.trader_id, "as_of": position})
    return [trader for (trader,) in await cursor.fetchall()]
