"""Where do the read models live? One table each, and how far each has come beside them."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any, Final, Self, get_args, get_type_hints

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from domain.errors import FencedError
from projections.read_model import AnyReadModel, Merge, Rows

CHANNEL: Final = "wattbook_projected"
"""Notified with the new position after each applied page."""

_SQL_TYPES: Final[dict[type, str]] = {
    str: 'text COLLATE "C"',
    int: "bigint",
    Decimal: "numeric",
    datetime: "timestamptz",
    date: "date",
}
_CREATE_CHECKPOINTS: Final = """
    CREATE TABLE IF NOT EXISTS read_models.checkpoints (
        table_name text PRIMARY KEY,
        position bigint NOT NULL
    ) WITH (fillfactor = 50)
"""
_MOVE: Final = """
    UPDATE read_models.checkpoints SET position = %s WHERE table_name = ANY(%s) AND position = %s
"""

_NULL: Final = r"\N"
_ESCAPED: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
"""How COPY wants the characters that mean something to it."""
_SPECIAL: Final = re.compile(r"[\\\t\n\r]")


def creation(read_models: Sequence[AnyReadModel]) -> list[Composed]:
    """Return the statements that create the tables of *read_models* where they do not exist."""
    statements = [SQL("CREATE SCHEMA IF NOT EXISTS read_models").format(), SQL(_CREATE_CHECKPOINTS).format()]
    for model in read_models:
        statements.append(_create_table(model))
        for number, columns in enumerate(model.indexes, start=1):
            name = Identifier(f"{model.table}_idx{number}")
            statements.append(
                SQL("CREATE INDEX IF NOT EXISTS {} ON {} ({})").format(
                    name, _table(model), SQL(", ").join(Identifier(column) for column in columns.split(", "))
                )
            )
        statements.append(
            SQL("INSERT INTO read_models.checkpoints VALUES ({}, 0) ON CONFLICT DO NOTHING").format(model.table)
        )
    return statements


class ReadTables:
    """Writes read models on a connection of its own, opened again when it is lost."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; the next use opens it again."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def checkpoints(self) -> dict[str, int]:
        """Return how far each table has come, by table name."""
        connection = await self._connected()
        cursor = await connection.execute("SELECT table_name, position FROM read_models.checkpoints", prepare=True)
        return dict(await cursor.fetchall())

    async def apply(self, folded: Sequence[tuple[AnyReadModel, Rows]], expected: int, new: int) -> None:
        """Merge the rows and move the checkpoints from *expected* to *new*, in one transaction.

        Not waiting for the disk is safe: rows and checkpoint are lost together, and the log
        brings both back. Raises :class:`FencedError` when another runner was here.
        """
        connection = await self._connected()
        tables = [model.table for model, _ in folded]
        async with connection.transaction():
            async with connection.pipeline():
                await connection.execute("SET LOCAL synchronous_commit = off")
                moved = await connection.execute(_MOVE, (new, tables, expected), prepare=True)
            # Asked before any row is sent: rows that another runner has merged would fail for their keys.
            if moved.rowcount != len(tables):
                raise FencedError(f"another projector has moved the read models on from position {expected}")
            # A copy takes part in no pipeline.
            for model, rows in folded:
                if rows and not model.merges:
                    async with connection.cursor() as cursor, cursor.copy(_copy_statement(model)) as copy:
                        await copy.write(_copied(model, rows))
            async with connection.pipeline():
                for model, rows in folded:
                    if rows and model.merges:
                        await connection.execute(_merge_statement(model), _columns(rows), prepare=True)
                await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(new)), prepare=True)

    async def _connected(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._conninfo, autocommit=True, row_factory=tuple_row
            )
        return self._connection


def _table(model: AnyReadModel) -> Composed:
    return SQL("read_models.{}").format(Identifier(model.table))


def _create_table(model: AnyReadModel) -> Composed:
    hints = get_type_hints(model.row)
    columns = [
        SQL("{} {} {}").format(
            Identifier(name),
            SQL(_sql_type(hints[name])),
            SQL("" if NoneType in get_args(hints[name]) else "NOT NULL"),
        )
        for name in model.columns
    ]
    key = SQL(", ").join(Identifier(name) for name in model.key)
    return SQL("CREATE TABLE IF NOT EXISTS {} ({}, PRIMARY KEY ({}))").format(
        _table(model), SQL(", ").join(columns), key
    )


def _sql_type(hint: Any) -> str:
    known = [part for part in (hint, *get_args(hint)) if part in _SQL_TYPES]
    if known:
        return _SQL_TYPES[known[0]]
    # A Literal of strings or of numbers.
    return _SQL_TYPES[type(get_args(hint)[0])]


@lru_cache
def _copy_statement(model: AnyReadModel) -> bytes:
    columns = SQL(", ").join(map(Identifier, model.columns))
    return SQL("COPY {} ({}) FROM STDIN (ENCODING 'UTF8')").format(_table(model), columns).as_bytes()


@lru_cache
def _merge_statement(model: AnyReadModel) -> bytes:
    hints = get_type_hints(model.row)
    arrays = SQL(", ").join(SQL("%b::{}[]").format(SQL(_array_type(hints[name]))) for name in model.columns)
    merged = SQL(", ").join(
        SQL("{} = {}").format(Identifier(column), _merged(how, column)) for column, how in model.merges
    )
    return (
        SQL("INSERT INTO {} AS t ({}) SELECT * FROM unnest({}) ON CONFLICT ({}) DO UPDATE SET {}")
        .format(
            _table(model),
            SQL(", ").join(map(Identifier, model.columns)),
            arrays,
            SQL(", ").join(map(Identifier, model.key)),
            merged,
        )
        .as_bytes()
    )


def _merged(how: Merge, column: str) -> Composed:
    form = "t.{0} + excluded.{0}" if how == "sum" else "coalesce(t.{0}, excluded.{0})"
    return SQL(form).format(Identifier(column))


def _array_type(hint: Any) -> str:
    return _sql_type(hint).split(" ")[0]


def _columns(rows: Rows) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _copied(model: AnyReadModel, rows: Rows) -> bytes:
    """Return *rows* in the text form that COPY takes, column by column: it is the same for all values of one."""
    hints = get_type_hints(model.row)
    columns = [_texts(hints[name], column) for name, column in zip(model.columns, zip(*rows, strict=True), strict=True)]
    return "".join(f"{line}\n" for line in map("\t".join, zip(*columns, strict=True))).encode()


def _texts(hint: Any, column: Sequence[object]) -> Sequence[str]:
    if NoneType in get_args(hint):
        return [_NULL if value is None else str(value).translate(_ESCAPED) for value in column]
    kind = _sql_type(hint)
    if kind in ("timestamptz", "date"):
        # Many rows share one instant, as one object: it is slow to write, so it is written once.
        shared = {id(value): value for value in column}
        known = {key: str(value) for key, value in shared.items()}
        return [known[id(value)] for value in column]
    texts = list(map(str, column))
    if kind.startswith("text") and _SPECIAL.search("".join(texts)):
        return [text.translate(_ESCAPED) for text in texts]
    return texts
