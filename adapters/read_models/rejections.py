"""Which messages could not be read, or conflict, and how many of them are still open?"""

from datetime import date
from typing import Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed, Identifier

from adapters.read_models.keyset import bounded, page_of, page_query
from projections.reading import Page, Scope, Slice
from projections.rejections import RejectionRow
from projections.rejections import rejections as model

_TABLE: Final = Identifier("read_models", model.table)
# A resolution of what was never rejected leaves a row that nobody recorded.
_RECORDED: Final = SQL("r.recorded_at IS NOT NULL AND r.position <= %(as_of)s")
_OPEN: Final = SQL("{} AND (r.resolved_position IS NULL OR r.resolved_position > %(as_of)s)").format(_RECORDED)
_KEY: Final = (SQL("r.position"),)


def _counting(*conditions: LiteralString) -> bytes:
    where = SQL(" AND ").join([_OPEN, *map(SQL, conditions)])
    return SQL("SELECT count(*) FROM {} AS r WHERE {}").format(_TABLE, where).as_bytes()


_ANY_DAY: Final = "(r.delivery_day = %(day)s OR r.delivery_day IS NULL OR r.trader_id IS NULL)"
_ALL: Final = _counting()
_OWN_OR_NOBODYS: Final = _counting("(r.trader_id = %(scope)s OR r.trader_id IS NULL)")
_OF_DAY: Final = _counting(_ANY_DAY)
_OF_BOOK: Final = _counting(_ANY_DAY, "(r.trader_id = %(trader)s OR r.trader_id IS NULL OR r.delivery_day IS NULL)")


async def concerning(
    connection: AsyncConnection[TupleRow], scope: Scope, trader_id: str | None, day: date, position: int
) -> int:
    """Return how many rejections open at *position* may concern a book on *day*.

    Where the trader or the day cannot be read, a rejection may concern any book.
    """
    if scope.trader_id is not None and scope.trader_id != trader_id:
        return 0
    query = _OF_DAY if trader_id is None else _OF_BOOK
    return await _count(connection, query, {"as_of": position, "day": day, "trader": trader_id})


async def open_count(connection: AsyncConnection[TupleRow], scope: Scope, position: int) -> int:
    """Return how many rejections are open at *position*: for a trader own ones and those of nobody known."""
    query = _ALL if scope.trader_id is None else _OWN_OR_NOBODYS
    return await _count(connection, query, {"as_of": position, "scope": scope.trader_id})


async def rejections(
    connection: AsyncConnection[TupleRow], scope: Scope, include_resolved: bool, page: Page, position: int
) -> Slice[RejectionRow]:
    """Return a page of the rejections that *scope* shows, newest first."""
    arguments: dict[str, object] = {"as_of": position, "scope": scope.trader_id}
    conditions: list[SQL | Composed] = [_RECORDED if include_resolved else _OPEN]
    if scope.trader_id is not None:
        conditions.append(SQL("r.trader_id = %(scope)s"))
    columns = SQL(", ").join(SQL("r.{}").format(Identifier(name)) for name in model.columns)
    select = SQL("SELECT {} FROM {} AS r").format(columns, _TABLE)
    query = page_query(select, conditions, _KEY, True, page, arguments)
    cursor = await connection.execute(
        bounded(query, SQL("position DESC"), Identifier("message"), page, arguments), arguments
    )
    rows = await cursor.fetchall()
    width = len(model.columns)
    return page_of([RejectionRow(*row[:width]) for row in rows], page, found=rows[0][width] if rows else 0)


async def _count(connection: AsyncConnection[TupleRow], query: bytes, arguments: dict[str, object]) -> int:
    cursor = await connection.execute(query, arguments, prepare=True)
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
