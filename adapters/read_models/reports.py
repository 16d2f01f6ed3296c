"""Which reports were published, and what does one of them say?"""

from datetime import date
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Composed, Identifier

from adapters.read_models.keyset import bounded, page_of, page_query
from projections.reading import Page, Scope, Slice
from projections.reports import ReportRow
from projections.reports import reports as model

_SELECT: Final = SQL("SELECT {} FROM {} AS r").format(
    SQL(", ").join(SQL("r.{}").format(Identifier(name)) for name in model.columns),
    Identifier("read_models", model.table),
)
_KNOWN: Final = SQL("r.position <= %(as_of)s")
_OWN: Final = SQL("r.trader_id = %(scope)s")
_KEY: Final = (SQL("r.position"),)


async def reports(
    connection: AsyncConnection[TupleRow],
    scope: Scope,
    trader_id: str | None,
    day: date | None,
    page: Page,
    position: int,
) -> Slice[ReportRow]:
    """Return a page of the reports that *scope* shows, of a trader or a day where given, newest first."""
    arguments: dict[str, object] = {"as_of": position, "scope": scope.trader_id, "trader": trader_id, "day": day}
    conditions: list[SQL | Composed] = [_KNOWN]
    if scope.trader_id is not None:
        conditions.append(_OWN)
    if trader_id is not None:
        conditions.append(SQL("r.trader_id = %(trader)s"))
    if day is not None:
        conditions.append(SQL("r.delivery_day = %(day)s"))
    query = page_query(_SELECT, conditions, _KEY, True, page, arguments)
    cursor = await connection.execute(
        bounded(query, SQL("position DESC"), Identifier("performance"), page, arguments), arguments
    )
    rows = await cursor.fetchall()
    width = len(model.columns)
    return page_of([ReportRow(*row[:width]) for row in rows], page, found=rows[0][width] if rows else 0)


async def report(
    connection: AsyncConnection[TupleRow], scope: Scope, report_position: int, position: int
) -> ReportRow | None:
    """Return the report published at *report_position*, ``None`` where *scope* shows none there."""
    query = SQL("{} WHERE {} AND r.position = %(at)s").format(_SELECT, _KNOWN)
    async with connection.cursor(row_factory=class_row(ReportRow)) as cursor:
        await cursor.execute(query, {"as_of": position, "at": report_position}, prepare=True)
        found = await cursor.fetchone()
    return found if found is not None and scope.shows(found.trader_id) else None
