"""How is one page of a sorted table read by key, so that new rows never shift it?"""

from collections.abc import Sequence
from typing import Final, TypeVar

from psycopg.sql import SQL, Composed, Identifier, Placeholder

from projections.reading import Page, Slice

Row = TypeVar("Row")

_BOUNDED: Final = SQL("""
    SELECT * FROM (
        SELECT *, count(*) OVER () AS found, row_number() OVER upwards AS number,
               sum(octet_length({heavy})) OVER upwards AS bytes_so_far
        FROM ({page}) AS page WINDOW upwards AS (ORDER BY {by})
    ) AS measured WHERE number = 1 OR bytes_so_far <= %(room_bytes)s ORDER BY number
""")


def page_query(
    select: SQL | Composed,
    conditions: Sequence[SQL | Composed],
    key: Sequence[SQL],
    descending: bool,
    page: Page,
    arguments: dict[str, object],
) -> Composed:
    """Return the query for *page* and one row more; adds its values to *arguments*.

    The columns of *key* are all sorted the same way, so one row comparison finds the place.
    """
    where = list(conditions)
    for name, bound, above in (("after", page.after, not descending), ("before", page.before, descending)):
        if bound is not None:
            where.append(_beyond(key, name, above))
            # The first column alone lets an index find the place.
            where.append(SQL("{} {} {}").format(key[0], SQL(">=" if above else "<="), Placeholder(f"{name}_0")))
            arguments.update({f"{name}_{number}": value for number, value in enumerate(bound)})
    direction = SQL("DESC" if descending != page.from_end else "ASC")
    arguments["limit"] = page.limit + 1
    return SQL("{} WHERE {} ORDER BY {} LIMIT %(limit)s").format(
        select,
        SQL(" AND ").join(where),
        SQL(", ").join(SQL("{} {}").format(column, direction) for column in key),
    )


def bounded(query: Composed, by: SQL, heavy: Identifier, page: Page, arguments: dict[str, object]) -> Composed:
    """Return *query*, which finds *page* in the order *by*, less the rows that the page has no room for.

    The column *heavy* is what counts; PostgreSQL knows how large it is without reading it.
    After the columns of *query* comes how many rows it has found.
    """
    arguments["room_bytes"] = page.room_bytes
    return _BOUNDED.format(page=query, by=by, heavy=heavy)


def page_of(rows: Sequence[Row], page: Page, found: int | None = None) -> Slice[Row]:
    """Return the rows of *page* in their order, of what its query found, or a bounded one left of *found* rows."""
    kept = rows[: page.limit]
    more = (len(rows) if found is None else found) > len(kept)
    return Slice(kept[::-1] if page.from_end else kept, more)


def _beyond(key: Sequence[SQL], name: str, above: bool) -> Composed:
    values = SQL(", ").join(Placeholder(f"{name}_{number}") for number in range(len(key)))
    return SQL("({}) {} ({})").format(SQL(", ").join(key), SQL(">" if above else "<"), values)
