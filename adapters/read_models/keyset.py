"""How is one page of a sorted table read by key, so that new rows never shift it?"""

from collections.abc import Sequence
from typing import TypeVar

from psycopg.sql import SQL, Composed, Placeholder

from projections.reading import Page, Slice

Row = TypeVar("Row")


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


def page_of(rows: Sequence[Row], page: Page) -> Slice[Row]:
    """Return the rows of *page* in their order, of what its query found."""
    kept = rows[: page.limit]
    return Slice(kept[::-1] if page.from_end else kept, len(rows) > page.limit)


def _beyond(key: Sequence[SQL], name: str, above: bool) -> Composed:
    values = SQL(", ").join(Placeholder(f"{name}_{number}") for number in range(len(key)))
    return SQL("({}) {} ({})").format(SQL(", ").join(key), SQL(">" if above else "<"), values)
