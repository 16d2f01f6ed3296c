"""What does one commit write to a journal? What came, which connections are open, and when each was last heard."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from adapters.journal.entries import (
    INSERT_ENTRY,
    LineConnected,
    LineDisconnected,
    MessageHeard,
    Noted,
    insert_open,
    row_of,
    to_microseconds,
)

TOGETHER: Final = 50
"""Entries that one statement inserts: SQLite then looks up and notes their last number once for all of them."""

_INSERT_TOGETHER: Final = f"{INSERT_ENTRY}{', (?, ?, ?, ?, ?, ?, ?, ?, ?)' * (TOGETHER - 1)}"


def commit(database: sqlite3.Connection, batch: Sequence[Noted], heard: Mapping[str, datetime]) -> None:
    """Write all of *batch*, and when the connections were last *heard*, in one transaction."""
    database.execute("BEGIN IMMEDIATE")
    try:
        _write_entries(database, [row_of(noted) for noted in batch])
        _write_connections(database, batch)
        _write_heard(database, batch, heard)
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _write_entries(database: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    together = len(rows) // TOGETHER * TOGETHER
    for start in range(0, together, TOGETHER):
        database.execute(_INSERT_TOGETHER, list(chain.from_iterable(rows[start : start + TOGETHER])))
    database.executemany(INSERT_ENTRY, rows[together:])


def _write_connections(database: sqlite3.Connection, batch: Sequence[Noted]) -> None:
    for noted in batch:
        if isinstance(noted, LineConnected):
            insert_open(database, noted, noted.at)
        elif isinstance(noted, LineDisconnected):
            database.execute("DELETE FROM open_connections WHERE connection = ?", (noted.connection,))


def _write_heard(database: sqlite3.Connection, batch: Sequence[Noted], heard: Mapping[str, datetime]) -> None:
    database.executemany(
        "UPDATE open_connections SET last_heard_at = ? WHERE connection = ?",
        [(to_microseconds(at), connection) for connection, at in heard.items()],
    )
    newest = {noted.line: noted.at for noted in batch if isinstance(noted, MessageHeard)}
    database.executemany(
        "INSERT OR REPLACE INTO last_messages (line, at) VALUES (?, ?)",
        [(line, to_microseconds(at)) for line, at in newest.items()],
    )
