"""How do rebuilt tables take the names of those in use? In one transaction that nobody has to queue behind."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable
from psycopg.sql import SQL, Composed, Identifier

from domain.errors import NotSwitchedError
from projections.read_model import AnyReadModel

Connection = psycopg.Connection[tuple[Any, ...]]

SCHEMA: Final = "read_models"

SWITCH_WITHIN_S: Final = 300.0
"""How long a moment is looked for in which nobody reads the tables."""
SWITCH_AGAIN_S: Final = 0.15

_WHILE_NOBODY_QUEUES: Final = "SET LOCAL lock_timeout = '3s'"
"""Longer than the server's ``deadlock_timeout``, after which it ends an autovacuum that somebody waits for."""
_WHILE_READERS_QUEUE: Final = "SET LOCAL lock_timeout = '50ms'"

_HOLD: Final = """
    SELECT 1 FROM read_models.checkpoints WHERE table_name = ANY(%s) ORDER BY table_name FOR UPDATE
"""
_NOTE: Final = """
    INSERT INTO read_models.checkpoints VALUES (%s, %s)
    ON CONFLICT (table_name) DO UPDATE SET position = excluded.position
"""
"""Where there is no checkpoint, nobody knows what the table holds: the one that takes its place brings it."""

_INDEXES: Final = """
    SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    WHERE x.indrelid = %s::regclass
"""
_IN_THE_WAY: Final = """
    SELECT c.relname, a.pid, coalesce(nullif(a.application_name, ''), a.backend_type, 'a session'),
           coalesce(a.usename, ''), extract(epoch FROM clock_timestamp() - a.xact_start)::bigint
    FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = l.relation
    WHERE l.locktype = 'relation' AND l.granted AND a.datname = current_database() AND a.pid <> pg_backend_pid()
      AND c.relnamespace = 'read_models'::regnamespace AND c.relname = ANY(%s)
    ORDER BY a.xact_start, c.relname LIMIT 1
"""


@dataclass(frozen=True)
class Pair:
    """A read model's table in use, and the one that is to take its place."""

    used: AnyReadModel
    next: AnyReadModel


def hold(connection: Connection, tables: Sequence[str]) -> None:
    """Let no page be applied to *tables* until this transaction ends.

    All who lock these rows do so in name order. Where somebody else did not, that one goes first.
    """
    while True:
        try:
            with connection.transaction():
                connection.execute(_HOLD, (list(tables),))
                return
        except DeadlockDetected:
            continue


@contextmanager
def holding(connection: Connection, pairs: Sequence[Pair]) -> Iterator[dict[str, int]]:
    """Let no page be applied to the pairs' tables meanwhile; yield how far each table has come."""
    with connection.transaction():
        hold(connection, [pair.used.table for pair in pairs])
        yield positions_of(connection)


def positions_of(connection: Connection) -> dict[str, int]:
    """Return how far each table has come, in use or not."""
    return dict(connection.execute("SELECT table_name, position FROM read_models.checkpoints").fetchall())


def switch(connection: Connection, pairs: Sequence[Pair], empty: bool, within_s: float) -> None:
    """Put each pair's next table in the place of the one in use, trying again for *within_s* seconds.

    Raises :class:`NotSwitchedError`, which names who was in the way, where that cannot be.
    """
    give_up_at = time.monotonic() + within_s
    while True:
        try:
            _switch_now(connection, pairs, empty)
        except (LockNotAvailable, DeadlockDetected):
            # Looked at just after the try, when whoever was in its way is there still.
            if time.monotonic() > give_up_at:
                raise NotSwitchedError(_not_switched(connection, pairs)) from None
            time.sleep(SWITCH_AGAIN_S)
        else:
            return


def check_at(pair: Pair, positions: dict[str, int], wanted: int) -> None:
    """Raise :class:`NotSwitchedError` unless the table in use is at the position *wanted*, or at 0 without any."""
    reached = positions.get(pair.used.table, 0)
    if reached != wanted:
        raise NotSwitchedError(
            f"{pair.used.table} is at position {reached} and not at {wanted}, so it is not switched;"
            " another process feeds the read models that does not know of this rebuild"
        )


def kept_table(model: AnyReadModel) -> str:
    """Return the name of the table that was in use before the last switch."""
    return f"{model.table}_kept"


def _switch_now(connection: Connection, pairs: Sequence[Pair], empty: bool) -> None:
    with connection.transaction():
        # Vacuuming conflicts with this lock; reading and writing do not.
        connection.execute(_WHILE_NOBODY_QUEUES)
        for name in sorted(table.table for pair in pairs for table in (pair.used, pair.next)):
            connection.execute(SQL("LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE").format(_table(name)))
        replaced = [kept_table(pair.used) for pair in pairs if kept_table(pair.used) != pair.next.table]
        for name in sorted(replaced):
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(_table(name)))
        with holding(connection, pairs) as positions:
            for pair in pairs:
                check_at(pair, positions, 0 if empty else positions[pair.next.table])
            connection.execute(_WHILE_READERS_QUEUE)
            for name in sorted(pair.used.table for pair in pairs):
                connection.execute(SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(_table(name)))
            connection.execute("DELETE FROM read_models.checkpoints WHERE table_name = ANY(%s)", (replaced,))
            for pair in pairs:
                _exchange(connection, pair, positions[pair.next.table], empty)


def _exchange(connection: Connection, pair: Pair, position: int, empty: bool) -> None:
    used, ready, kept = pair.used.table, pair.next.table, kept_table(pair.used)
    aside = f"{used}_aside"
    _rename(connection, used, aside)
    _rename(connection, ready, used)
    connection.execute(SQL("ALTER TABLE {} RESET (autovacuum_enabled)").format(_table(used)))
    connection.execute("DELETE FROM read_models.joined WHERE table_name = %s", (used,))
    connection.execute("DELETE FROM read_models.checkpoints WHERE table_name = %s", (ready,))
    connection.execute(_NOTE, (used, position))
    if empty:
        connection.execute(SQL("DROP TABLE {}").format(_table(aside)))
    else:
        _rename(connection, aside, kept)
        connection.execute("INSERT INTO read_models.checkpoints VALUES (%s, %s)", (kept, position))


def _rename(connection: Connection, table: str, name: str) -> None:
    """Rename a table and its indexes, whose names begin with its own."""
    indexes = connection.execute(_INDEXES, (f'{SCHEMA}."{table}"',)).fetchall()
    for (index,) in indexes:
        if index.startswith(table):
            renamed = Identifier(name + index.removeprefix(table))
            connection.execute(SQL("ALTER INDEX {} RENAME TO {}").format(_table(index), renamed))
    connection.execute(SQL("ALTER TABLE {} RENAME TO {}").format(_table(table), Identifier(name)))


def _not_switched(connection: Connection, pairs: Sequence[Pair]) -> str:
    """Say who holds the tables."""
    tables = [name for pair in pairs for name in (pair.used.table, pair.next.table, kept_table(pair.used))]
    row = connection.execute(_IN_THE_WAY, ([*tables, "checkpoints"],)).fetchone()
    who = "" if row is None else f"{longest_there(*row[1:])} on {SCHEMA}.{row[0]}"
    return f"the tables are in use without a pause, so they were not switched{who}; try again when that has ended"


def longest_there(pid: int, name: str, user: str, seconds: int | None) -> str:
    """Return the part of a sentence that names a session of an application and a user, and since when it is there."""
    of = f" of {user}" if user else ""
    since = "" if seconds is None else f", for {seconds} s"
    return f"; the longest there{since}: process {pid} ({name}{of})"


def _table(name: str) -> Composed:
    return SQL("{}").format(Identifier(SCHEMA, name))
