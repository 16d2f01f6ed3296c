"""Which day files were imported, the newest first?"""

from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Identifier

from projections.day_files import DayFileRow
from projections.day_files import day_files as model
from projections.reading import Scope

_NEWEST: Final = (
    SQL("SELECT {} FROM {} WHERE position <= %(as_of)s ORDER BY position DESC LIMIT %(limit)s")
    .format(SQL(", ").join(map(Identifier, model.columns)), Identifier("read_models", model.table))
    .as_bytes()
)


async def day_files(connection: AsyncConnection[TupleRow], scope: Scope, limit: int, position: int) -> list[DayFileRow]:
    """Return the newest imports; they count everybody's deals, so who may see only one book sees none."""
    if scope.trader_id is not None:
        return []
    async with connection.cursor(row_factory=class_row(DayFileRow)) as cursor:
        await cursor.execute(_NEWEST, {"limit": limit, "as_of": position}, prepare=True)
        return await cursor.fetchall()
