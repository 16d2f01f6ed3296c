"""Where do the read models live? One table each, and how far each has come beside them."""

from collections.abc import Sequence
from functools import lru_cache
from types import NoneType
from typing import Any, Final, LiteralString, Self, get_args, get_type_hints

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from adapters.read_models.copying import copied, copy_statement, sql_type
from adapters.read_models.page_folding import folded
from domain.errors import FencedError
from projections.read_model import AnyReadModel, Folded, Merge, Rows, beside
from projections.runner import RawEvent

CHANNEL: Final = "wattbook_projected"
"""Notified with the new position after each applied page."""

_CREATE_CHECKPOINTS: Final = """
    CREATE TABLE IF NOT EXISTS read_models.checkpoints (
        table_name text PRIMARY KEY,
        position bigint NOT NULL
    ) WITH (fillfactor = 50)
"""
_CREATE_JOINED: Final = """
    CREATE TABLE IF NOT EXISTS read_models.joined (
        table_name text PRIMARY KEY,
        joined_by text NOT NULL UNIQUE
    )
"""
"""Tables that get every page of another one, in the same transactions, so that both are always alike."""

_MOVE: Final[LiteralString] = """
    WITH held AS MATERIALIZED (
        SELECT table_name AS held FROM read_models.checkpoints WHERE table_name = ANY(%s) ORDER BY table_name FOR UPDATE
    )
    UPDATE read_models.checkpoints SET position = %s FROM held WHERE table_name = held AND position = %s
"""
"""Locks in name order, as a rebuild does, so that none ever waits for another that waits for it."""
_NOTE_NEW: Final = "INSERT INTO read_models.checkpoints VALUES (%s, 0) ON CONFLICT DO NOTHING"
_JOINED: Final = "SELECT table_name, joined_by FROM read_models.joined WHERE table_name = ANY(%s)"


def creation(read_models: Sequence[AnyReadModel]) -> list[Composed]:
    """Return the statements that create the tables of *read_models* where they do not exist."""
    statements = [SQL("CREATE SCHEMA IF NOT EXISTS read_models").format(), SQL(_CREATE_CHECKPOINTS).format()]
    statements.append(SQL(_CREATE_JOINED).format())
    for model in read_models:
        key = SQL(", ").join(map(Identifier, model.key))
        statements.append(
            SQL("CREATE TABLE IF NOT EXISTS {} ({}, PRIMARY KEY ({}))").format(_table(model), columns_of(model), key)
        )
        statements += indexes_of(model)
        statements.append(
            # Rows without a checkpoint are left for the projector, which empties the table first.
            SQL(
                "INSERT INTO read_models.checkpoints SELECT {}, 0 WHERE NOT EXISTS (SELECT FROM {})"
                " ON CONFLICT DO NOTHING"
            ).format(model.table, _table(model))
        )
    return statements


def columns_of(model: AnyReadModel) -> Composed:
    """Return the definitions of the table's columns."""
    hints = get_type_hints(model.row)
    return SQL(", ").join(
        SQL("{} {} {}").format(
            Identifier(name),
            SQL(sql_type(hints[name])),
            SQL("" if NoneType in get_args(hints[name]) else "NOT NULL"),
        )
        for name in model.columns
    )


def indexes_of(model: AnyReadModel) -> list[Composed]:
    """Return the statements that create the indexes beside the key where they do not exist."""
    whole = [SQL("({})").format(SQL(", ").join(map(Identifier, columns.split(", ")))) for columns in model.indexes]
    sparse = [SQL("({0}) WHERE {0} IS NOT NULL").format(Identifier(column)) for column in model.sparse_indexes]
    return [
        SQL("CREATE INDEX IF NOT EXISTS {} ON {} {}").format(
            Identifier(f"{model.table}_idx{number}"), _table(model), indexed
        )
        for number, indexed in enumerate([*whole, *sparse], start=1)
    ]


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

    async def begin_anew(self, read_models: Sequence[AnyReadModel]) -> None:
        """Empty the tables of *read_models* that have no checkpoint, and note that no event was applied to them."""
        connection = await self._connected()
        for model in read_models:
            async with connection.transaction():
                noted = await connection.execute(_NOTE_NEW, (model.table,))
                if noted.rowcount:
                    await connection.execute(SQL("DELETE FROM {}").format(_table(model)))

    def fold(self, page: Sequence[RawEvent], read_models: Sequence[AnyReadModel]) -> Folded:
        """Return what *page* makes of *read_models*; raise :class:`LogDamagedError` at an event that cannot be read."""
        return folded(page, read_models)

    async def apply(self, folded: Folded, expected: int, new: int) -> None:
        """Merge the rows and move the checkpoints from *expected* to *new*, in one transaction.

        Not waiting for the disk is safe: rows and checkpoint are lost together, and the log
        brings both back. Raises :class:`FencedError` when another runner was here.
        """
        connection = await self._connected()
        tables = [model.table for model, _ in folded]
        async with connection.transaction():
            async with connection.pipeline():
                await connection.execute("SET LOCAL synchronous_commit = off")
                moved = await connection.execute(_MOVE, (tables, new, expected), prepare=True)
                # Read after the move, whose rows whoever joins must lock: no page goes into one of two alone.
                joined = await connection.execute(_JOINED, (tables,), prepare=True)
            # Asked before any row is sent: rows that another runner has merged would fail for their keys.
            if moved.rowcount != len(tables):
                raise FencedError(f"another projector has moved the read models on from position {expected}")
            if joined_by := dict(await joined.fetchall()):
                moved = await connection.execute(
                    _MOVE + " RETURNING table_name", ([*joined_by.values()], new, expected)
                )
                alike = {name for (name,) in await moved.fetchall()}
                both = [(model, rows) for model, rows in folded if joined_by.get(model.table) in alike]
                folded = [*folded, *((beside(model, joined_by[model.table]), rows) for model, rows in both)]
            # A copy takes part in no pipeline.
            for model, rows in folded:
                if rows and not model.merges:
                    async with connection.cursor() as cursor, cursor.copy(copy_statement(model)) as copy:
                        await copy.write(rows if isinstance(rows, bytes) else copied(model, rows))
            async with connection.pipeline():
                for model, rows in folded:
                    if rows and model.merges:
                        assert not isinstance(rows, bytes)
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
    return sql_type(hint).split(" ")[0]


def _columns(rows: Rows) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
