"""Which tables does a rebuild make beside those in use, and how are they filled, fed alike, switched and removed?

A read model's table has up to three others beside it: ``…_next_<build>``, which a rebuild
fills, ``…_parts_<build>`` with rows that are still to be merged into it, and ``…_kept``,
which was in use before the last switch. Readers know the names of those in use only.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final
from uuid import uuid4

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from adapters.read_models.filling import create_parts, create_whole, put_together
from adapters.read_models.switching import (
    SCHEMA,
    SWITCH_WITHIN_S,
    Pair,
    check_at,
    hold,
    holding,
    longest_there,
    positions_of,
    switch,
)
from adapters.read_models.tables import indexes_of
from domain.errors import AlreadyRunningError, NotSwitchedError
from projections.read_model import AnyReadModel, beside

_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext('wattbook rebuild'))"

_UNLOCK: Final = "SELECT pg_advisory_unlock(hashtext('wattbook rebuild'))"

_LEFTOVERS: Final = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'read_models' AND c.relkind = 'r' AND c.relname ~ '_(next|parts)_[0-9a-f]{8}$'
"""
_IS_LEFT: Final = SQL("SELECT EXISTS (SELECT FROM read_models.joined) OR EXISTS ({})").format(SQL(_LEFTOVERS))

_IS_UNDER_WAY: Final = """
    SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_database ON oid = database AND datname = current_database()
        WHERE locktype = 'advisory' AND granted AND objsubid = 1
          AND classid::bigint << 32 | objid::bigint = hashtext('wattbook rebuild')
    )
"""
_RIGHTS: Final = """
    SELECT r.rolname, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE c.oid = %s::regclass AND a.grantee <> c.relowner
"""
_TRANSACTIONS: Final = """
    SELECT l.pid, l.virtualtransaction FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'virtualxid' AND l.granted AND l.pid <> pg_backend_pid()
      AND a.datname = current_database() AND a.usesysid IS NOT NULL
"""
_OLDEST: Final = """
    SELECT pid, coalesce(nullif(application_name, ''), backend_type, 'a session'), coalesce(usename, ''),
           extract(epoch FROM clock_timestamp() - xact_start)::bigint
    FROM pg_stat_activity WHERE pid = ANY(%s) ORDER BY xact_start, pid LIMIT 1
"""


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
        with holding(self._connection, pairs) as positions:
            yield positions

    def positions(self) -> dict[str, int]:
        """Return how far each table has come, in use or not."""
        return positions_of(self._connection)

    def join(self, pairs: Sequence[Pair]) -> None:
        """Let every page go into both tables of each pair from now on; within :meth:`holding`, at one position."""
        positions = self.positions()
        for pair in pairs:
            check_at(pair, positions, positions[pair.next.table])
            self._connection.execute(
                "INSERT INTO read_models.joined VALUES (%s, %s)", (pair.used.table, pair.next.table)
            )

    def part(self) -> None:
        """Let no page go into two tables any longer."""
        with self._connection.transaction():
            # As applying does, the row of the table in use first: so no page is under way for the other.
            joined = self._connection.execute("SELECT table_name FROM read_models.joined").fetchall()
            hold(self._connection, [name for (name,) in joined])
            self._connection.execute("DELETE FROM read_models.joined")

    def wait_for_older_readers(self, within_s: float = SWITCH_WITHIN_S) -> None:
        """Return when every transaction that was open at the call has ended.

        Whoever reads in one that is older than a join may see one of the two tables behind the other.
        Raises :class:`NotSwitchedError`, which names the oldest, where one has not ended within *within_s* seconds.
        """
        give_up_at = time.monotonic() + within_s
        older = self._open_transactions()
        while older := older & self._open_transactions():
            if time.monotonic() > give_up_at:
                row = self._connection.execute(_OLDEST, ([pid for pid, _ in older],)).fetchone()
                raise NotSwitchedError(
                    "transactions that began before the tables were fed alike have not ended, so they were not"
                    f" switched{'' if row is None else longest_there(*row)}; try again when that has ended"
                )
            time.sleep(0.05)

    def switch(self, pairs: Sequence[Pair], *, empty: bool = False, within_s: float = SWITCH_WITHIN_S) -> None:
        """Put each pair's next table in the place of the one in use, which is kept, all in one transaction.

        Both must have come to the same position, or with *empty* the one in use nowhere yet; it
        is then not kept. Readers that are under way are let end: locks that a reader would queue
        behind are asked for only for a moment. Raises :class:`NotSwitchedError` where that cannot be.
        """
        switch(self._connection, pairs, empty, within_s)

    def drop(self, tables: Sequence[str]) -> None:
        """Remove *tables* that are not in use, with how far they had come."""
        for name in tables:
            with self._connection.transaction():
                self._connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(SCHEMA, name)))
                self._connection.execute("DELETE FROM read_models.checkpoints WHERE table_name = %s", (name,))

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


def is_left_half_way(conninfo: str) -> bool:
    """Tell whether there is what only a rebuild makes, and no rebuild is under way."""
    with psycopg.connect(conninfo, autocommit=True, row_factory=tuple_row) as connection:
        # Looked at before and after: one that is under way meanwhile has not left anything.
        looks = [connection.execute(look).fetchone() for look in (_IS_UNDER_WAY, _IS_LEFT, _IS_UNDER_WAY)]
    return looks == [(False,), (True,), (False,)]


def _table(model: AnyReadModel) -> Composed:
    return SQL("{}").format(Identifier(SCHEMA, model.table))
