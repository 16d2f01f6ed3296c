"""Does the ledger of deals hold the very rows that confirmed deals make? Compared as one text, not row by row."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, LiteralString

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from projections.read_model import AnyReadModel

_INSTANT: Final[LiteralString] = (
    "CASE WHEN {0}::timestamptz(0) = {0} THEN {0}::text || ':00'"
    " ELSE rpad(left({0}::text, -3), 26, '0') || '+00:00' END"
)
"""An instant in UTC as Python writes it: with all six digits of a second's fraction, or none."""

_TEXTS: Final[dict[str, LiteralString]] = {
    "replaces": r"coalesce({0}::text, '\N')",
    "recorded_at": _INSTANT,
    "executed_at": _INSTANT,
    "delivery_start": "{0}::text || ':00'",
}
"""How columns are written where it is not as PostgreSQL writes them."""

_ROWS: Final[LiteralString] = """
    SELECT count(*), coalesce(sum(num_nulls({columns})), 0),
        coalesce(string_agg(concat_ws(E'\\t', {texts}) || E'\\n', '' ORDER BY position, sign), '')
    FROM {table} WHERE position > %(after)s AND position <= %(until)s AND position <> ALL (%(but)s)
"""


def holds_exactly(
    connection: psycopg.Connection[tuple[Any, ...]],
    ledger: AnyReadModel,
    rows: str,
    after: int,
    until: int,
    but: Sequence[int],
) -> bool:
    """Tell whether the rows above *after* up to *until*, but those of the positions *but*, are *rows*.

    These are in the text of :meth:`ConfirmedDeals.ledger`, in order, for a connection that
    writes instants in UTC and ISO 8601. Equal values may be written otherwise: then ``False``
    is no finding yet.
    """
    parameters = {"after": after, "until": until, "but": list(but)}
    with connection.cursor() as cursor:
        found = cursor.execute(_query(ledger), parameters, prepare=True).fetchone()
    # No name can have a tab or a new line in it, since the rows would have more of them; nothing but a column that
    # is NULL would make up for that, and only the one of what is replaced is, in each row.
    return found == (rows.count("\n"), rows.count("\n"), rows)


@lru_cache
def _query(ledger: AnyReadModel) -> Composed:
    texts = [SQL(_TEXTS.get(name, "{0}")).format(Identifier(name)) for name in ledger.columns]
    return SQL(_ROWS).format(
        columns=SQL(", ").join(map(Identifier, ledger.columns)),
        texts=SQL(", ").join(texts),
        table=Identifier("read_models", ledger.table),
    )
