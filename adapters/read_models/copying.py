"""How do rows go into a table by COPY? As text, column by column."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any, Final, get_args, get_type_hints

from psycopg.sql import SQL, Identifier

from projections.read_model import AnyReadModel, Rows

_SQL_TYPES: Final[dict[type, str]] = {
    str: 'text COLLATE "C"',
    int: "bigint",
    Decimal: "numeric",
    datetime: "timestamptz",
    date: "date",
}

_NULL: Final = r"\N"
_ESCAPED: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
"""How COPY wants the characters that mean something to it."""
_SPECIAL: Final = re.compile(r"[\\\t\n\r]")


def sql_type(hint: Any) -> str:
    """Return the type of the column for a field of that type."""
    known = [part for part in (hint, *get_args(hint)) if part in _SQL_TYPES]
    if known:
        return _SQL_TYPES[known[0]]
    # A Literal of strings or of numbers.
    return _SQL_TYPES[type(get_args(hint)[0])]


@lru_cache
def copy_statement(model: AnyReadModel) -> bytes:
    """Return the statement that takes what :func:`copied` makes of the rows of *model*."""
    columns = SQL(", ").join(map(Identifier, model.columns))
    return (
        SQL("COPY {} ({}) FROM STDIN (ENCODING 'UTF8')")
        .format(Identifier("read_models", model.table), columns)
        .as_bytes()
    )


def copied(model: AnyReadModel, rows: Rows) -> bytes:
    """Return *rows* in the text form that COPY takes, column by column: it is the same for all values of one."""
    if not rows:
        return b""
    hints = get_type_hints(model.row)
    columns = [_texts(hints[name], column) for name, column in zip(model.columns, zip(*rows, strict=True), strict=True)]
    return "".join(f"{line}\n" for line in map("\t".join, zip(*columns, strict=True))).encode()


def _texts(hint: Any, column: Sequence[object]) -> Sequence[str]:
    if NoneType in get_args(hint):
        return [_NULL if value is None else str(value).translate(_ESCAPED) for value in column]
    kind = sql_type(hint)
    if kind in ("timestamptz", "date"):
        # Many rows share one instant, as one object: it is slow to write, so it is written once.
        shared = {id(value): value for value in column}
        known = {key: str(value) for key, value in shared.items()}
        return [known[id(value)] for value in column]
    texts = list(map(str, column))
    if kind.startswith("text") and _SPECIAL.search("".join(texts)):
        return [text.translate(_ESCAPED) for text in texts]
    return texts
