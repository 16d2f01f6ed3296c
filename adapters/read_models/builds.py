"""How does a table take another one's place while it is read and written? In one transaction, and back again.

A read model's table has up to three others beside it: ``…_next_<build>``, which a rebuild
fills, ``…_parts_<build>`` with rows that are still to be merged into it, and ``…_kept``,
which was in use before the last switch. Readers know the names of those in use only.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import psycopg
from psycopg.errors import LockNotAvailable
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from adapters.read_models.filling import create_parts, create_whole, put_together
from adapters.read_models.tables import indexes_of
from domain.errors import AlreadyRunningError, NotSwitchedError
from projections.read_model import AnyReadModel, beside

SCHEMA: Final = "read_models"

SWITCH_WITHIN_S: Final = 300.0
"""How long a moment is looked for in which nobody reads the tables."""
SWITCH_AGAIN_S: Final = 0.15

_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext('wattbook rebuild'))"

_UNLOCK: Final = "SELECT pg_advisory_unlock(hashtext('wattbook rebuild'))"

_LEFTOVERS: Final = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'read_models' AND c.relkind = 'r' AND c.relname ~ '_(next|parts)_[0-9a-f]{8}$'
"""
_INDEXES: Final = """
    SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    WHERE x.indrelid = %s::regclass
"""
_RIGHTS: Final = """
    SELECT r.rolname, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE c.oid = %s::regclass AND a.grantee <> c.relowner
"""
_POSITIONS: Final = """
    SELECT table_name, position FROM read_models.checkpoints WHERE table_name = ANY(%s) ORDER BY table_name FOR UPDATE
"""
_HOLD_JOINED: Final = """
    SELECT 1 FROM read_models.checkpoints WHERE table_name IN (SELECT table_name FROM read_models.joined)
    ORDER BY table_name FOR UPDATE
"""
_TRANSACTIONS: Final = """
    SELECT l.pid, l.virtualtransaction FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'virtualxid' AND l.granted AND l.pid <> pg_backend_pid()
      AND a.datname = current_database() AND a.usesysid IS NOT NULL
"""


@dataclass(frozen=True)
class Pair:
    """A read model's table in use, and the one that is to take its place."""

    used: AnyReadModel
    next: AnyReadModel


class Builds:
    """The one process that may switch the tables of a database, for as long as its connection lives."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def clear(self) -> None:
        """Remove what builds that did not come to their end have left; none of it was ever in use."""
        self.part()
        self.drop([name for (name,) in self._connection.execute(_LEFTOVERS).fetchall()])

    def begin(self, models: Sequence[AnyReadModel]) -> list[tuple[Pair, AnyReadModel | None]]:
        """Create an empty table beside that of each model, and one for parts where its rows merge."""
        build = uuid4().hex[:8]
        begun: list[tuple[Pair, AnyReadModel | None]] = []
        with self._connection.transaction():
            for model in models:
                whole = beside(model, f"{model.table}_next_{build}")
                parts = beside(model, f"{model.table}_parts_{build}") if model.merges else None
                self._connection.execute(create_whole(whole))
                if parts is not None:
                    self._connection.execute(create_parts(parts))
                self._grant_as(model, whole)
                begun.append((Pair(model, whole), parts))
        return begun

    def finish(self, pair: Pair, parts: AnyReadModel | None, position: int) -> None:
        """Merge the parts, index the table, and note that it has come to *position*."""
        whole = pair.next
        with self._connection.transaction():
            self._connection.execute("SET LOCAL synchronous_commit = off")
            self._connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
            if parts is not None:
                self._connection.execute(put_together(parts, whole))
                self._connection.execute(SQL("DROP TABLE {}").format(Identifier(SCHEMA, parts.table)))
            key = SQL(", ").join(map(Identifier, whole.key))
            self._connection.execute(SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(_table(whole), key))
            for statement in indexes_of(whole):
                self._connection.execute(statement)
            self._connection.execute(SQL("ANALYZE {}").format(_table(whole)))
            self._connection.execute("INSERT INTO read_models.checkpoints VALUES (%s, %s)", (whole.table, position))

    @contextmanager
    def holding(self, pairs: Sequence[Pair]) -> Iterator[dict[str, int]]:
        """Let no page be applied to the pairs' tables meanwhile; yield how far each table has come."""
        names = [table.table for pair in pairs for table in (pair.used, pair.next)]
        used = [pair.used.table for pair in pairs]
        with self._connection.transaction():
            self._connection.execute(_POSITIONS, (used,))
            cursor = self._connection.execute(
                "SELECT table_name, position FROM read_models.checkpoints WHERE table_name = ANY(%s)", (names,)
            )
            yield dict(cursor.fetchall())

    def positions(self) -> dict[str, int]:
        """Return how far each table has come, in use or not."""
        return dict(self._connection.execute("SELECT table_name, position FROM read_models.checkpoints").fetchall())

    def join(self, pairs: Sequence[Pair]) -> None:
        """Let every page go into both tables of each pair from now on; within :meth:`holding`, at one position."""
        positions = self.positions()
        for pair in pairs:
            _check(pair, positions, positions[pair.next.table])
            self._connection.execute(
                "INSERT INTO read_models.joined VALUES (%s, %s)", (pair.used.table, pair.next.table)
            )

    def part(self) -> None:
        """Let no page go into two tables any longer."""
        with self._connection.transaction():
            # As applying does, the row of the table in use first: so no page is under way for the other.
            self._connection.execute(_HOLD_JOINED)
            self._connection.execute("DELETE FROM read_models.joined")

    def wait_for_older_readers(self) -> None:
        """Return when every transaction that was open at the call has ended.

        Whoever reads in one that is older than a join may see one of the two tables behind the other.
        """
        older = self._open_transactions()
        while older := older & self._open_transactions():
            time.sleep(0.05)

    def switch(self, pairs: Sequence[Pair], *, empty: bool = False, within_s: float = SWITCH_WITHIN_S) -> None:
        """Put each pair's next table in the place of the one in use, which is kept, all in one transaction.

        Both must have come to the same position, or with *empty* the one in use nowhere yet; it
        is then not kept. Readers that are under way are let end: locks are asked for only for so
        short that nobody queues behind. Raises :class:`NotSwitchedError` where that cannot be.
        """
        give_up_at = time.monotonic() + within_s
        while True:
            try:
                self._switch_now(pairs, empty)
            except LockNotAvailable:
                if time.monotonic() > give_up_at:
                    raise NotSwitchedError(
                        "the tables are read without a pause, so they were not switched; try again when less is asked"
                    ) from None
                time.sleep(SWITCH_AGAIN_S)
            else:
                return

    def drop(self, tables: Sequence[str]) -> None:
        """Remove *tables* that are not in use, with how far they had come."""
        for name in tables:
            with self._connection.transaction():
                self._connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(SCHEMA, name)))
                self._connection.execute("DELETE FROM read_models.checkpoints WHERE table_name = %s", (name,))

    def _switch_now(self, pairs: Sequence[Pair], empty: bool) -> None:
        with self.holding(pairs) as positions:
            for pair in pairs:
                _check(pair, positions, 0 if empty else positions[pair.next.table])
            self._connection.execute("SET LOCAL lock_timeout = '50ms'")
            for pair in pairs:
                kept = kept_table(pair.used)
                self._connection.execute(SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(_table(pair.used)))
                if kept != pair.next.table:
                    self._connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(SCHEMA, kept)))
                    self._connection.execute("DELETE FROM read_models.checkpoints WHERE table_name = %s", (kept,))
            for pair in pairs:
                self._exchange(pair, positions[pair.next.table], empty)

    def _exchange(self, pair: Pair, position: int, empty: bool) -> None:
        used, ready, kept = pair.used.table, pair.next.table, kept_table(pair.used)
        aside = f"{used}_aside"
        self._rename(used, aside)
        self._rename(ready, used)
        self._connection.execute("DELETE FROM read_models.joined WHERE table_name = %s", (used,))
        self._connection.execute("DELETE FROM read_models.checkpoints WHERE table_name = %s", (ready,))
        self._connection.execute(
            "UPDATE read_models.checkpoints SET position = %s WHERE table_name = %s", (position, used)
        )
        if empty:
            self._connection.execute(SQL("DROP TABLE {}").format(Identifier(SCHEMA, aside)))
        else:
            self._rename(aside, kept)
            self._connection.execute("INSERT INTO read_models.checkpoints VALUES (%s, %s)", (kept, position))

    def _rename(self, table: str, name: str) -> None:
        """Rename a table and its indexes, whose names begin with its own."""
        indexes = self._connection.execute(_INDEXES, (f'{SCHEMA}."{table}"',)).fetchall()
        for (index,) in indexes:
            if index.startswith(table):
                self._connection.execute(
                    SQL("ALTER INDEX {} RENAME TO {}").format(
                        Identifier(SCHEMA, index), Identifier(name + index.removeprefix(table))
                    )
                )
        self._connection.execute(SQL("ALTER TABLE {} RENAME TO {}").format(Identifier(SCHEMA, table), Identifier(name)))

    def _grant_as(self, model: AnyReadModel, other: AnyReadModel) -> None:
        """Grant on *other* what is granted on the table of *model*."""
        for role, right in self._connection.execute(_RIGHTS, (f'{SCHEMA}."{model.table}"',)).fetchall():
            whom = SQL("PUBLIC") if role is None else Identifier(role)
            self._connection.execute(SQL("GRANT {} ON {} TO {}").format(SQL(right), _table(other), whom))

    def _open_transactions(self) -> set[tuple[int, str]]:
        return set(self._connection.execute(_TRANSACTIONS).fetchall())


@contextmanager
def builds(conninfo: str) -> Iterator[Builds]:
    """Be the one that rebuilds; raise :class:`AlreadyRunningError` where another process does."""
    with psycopg.connect(conninfo, autocommit=True, row_factory=tuple_row) as connection:
        row = connection.execute(_LOCK).fetchone()
        if row is None or not row[0]:
            raise AlreadyRunningError("a rebuild is under way already, and only one can be: wait for its end")
        # A server that indexes would not notice for long that this process was killed, and go on with the lock.
        connection.execute("SET client_connection_check_interval = '1s'")
        try:
            yield Builds(connection)
        finally:
            with suppress(psycopg.Error):
                connection.execute(_UNLOCK)


def kept_table(model: AnyReadModel) -> str:
    """Return the name of the table that was in use before the last switch."""
    return f"{model.table}_kept"


def _check(pair: Pair, positions: dict[str, int], wanted: int) -> None:
    if positions[pair.used.table] != wanted:
        raise NotSwitchedError(
            f"{pair.used.table} is at position {positions[pair.used.table]} and not at {wanted}, so it is not switched;"
            " another process feeds the read models that does not know of this rebuild"
        )


def _table(model: AnyReadModel) -> Composed:
    return SQL("{}").format(Identifier(SCHEMA, model.table))
