"""What of a journal is on disk, and what is still in memory only?"""

import logging
import os
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.journal.entries import (
    INSERT_ENTRY,
    LineConnected,
    LineDisconnected,
    MessageHeard,
    Noted,
    create_journal,
    delete_journal,
    row_of,
    to_microseconds,
)

_log = logging.getLogger(__name__)

_PASSING: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM)
"""Errors after which the file is as good as before; after any other its content is in doubt."""


class JournalStore:
    """The file behind a writer, and what is not yet in it; used by one thread."""

    def __init__(
        self, folder: Path, clock: Callable[[], datetime], connect: Callable[[Path], sqlite3.Connection]
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._connect = connect
        self._pending: list[Noted] = []
        self._heard: dict[str, datetime] = {}
        self._open: dict[str, LineConnected] = {}
        self._last_heard: dict[str, datetime] = {}
        self._locks: list[int] = []
        self._distrusted: list[sqlite3.Connection] = []
        self.path, self._database = self._open_new()

    @property
    def unwritten(self) -> int:
        """How many entries are in memory only."""
        return len(self._pending)

    def take(self, batch: list[Noted], heard: dict[str, datetime]) -> None:
        """Add to what the next commit must write."""
        self._pending += batch
        self._heard |= heard

    def commit(self) -> str | None:
        """Write all that was taken, in one transaction; return what went wrong, if anything did."""
        if not self._pending and not self._heard:
            return None
        try:
            if self._database in self._distrusted:
                self.path, self._database = self._open_new()
                self._leave_distrusted()
            self._transaction(self._database)
        except Exception as error:
            # Whatever it is, this thread goes on: were it to end, all that follows would be lost.
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & 0xFF not in _PASSING:
                self._distrust()
            return f"{type(error).__name__}: {error}"
        self._remember()
        return None

    def close(self) -> None:
        """Close every file and let go of their locks; what is still open in them passes for lost from now on."""
        for database in {*self._distrusted, self._database}:
            database.close()
        for lock in self._locks:
            os.close(lock)
        self._locks.clear()

    def _open_new(self) -> tuple[Path, sqlite3.Connection]:
        """Begin a new file, with the connections that are open now."""
        path, lock = create_journal(self._folder, self._clock())
        try:
            database = self._connect(path)
            database.execute("PRAGMA synchronous = FULL")
            for connected in self._open.values():
                _insert_open(database, connected, self._last_heard.get(connected.connection, connected.at))
        except BaseException:
            delete_journal(path)
            os.close(lock)
            raise
        self._locks.append(lock)
        return path, database

    def _distrust(self) -> None:
        """Write no more to this file: after a failed sync nobody knows what is in it."""
        if self._database not in self._distrusted:
            self._distrusted.append(self._database)

    def _leave_distrusted(self) -> None:
        """Leave the files before this one to the recorders.

        Their locks are kept to the end of the process, lest connections that live on here
        pass for lost where they could not be struck out.
        """
        for database in self._distrusted:
            try:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                database.execute("DELETE FROM open_connections")
            except sqlite3.Error as error:
                _log.warning("A journal in %s is left as it is: %s", self._folder, error)
            database.close()
        self._distrusted.clear()

    def _transaction(self, database: sqlite3.Connection) -> None:
        database.execute("BEGIN IMMEDIATE")
        try:
            database.executemany(INSERT_ENTRY, [row_of(noted) for noted in self._pending])
            self._write_connections(database)
            self._write_heard(database)
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    def _write_connections(self, database: sqlite3.Connection) -> None:
        for noted in self._pending:
            if isinstance(noted, LineConnected):
                _insert_open(database, noted, noted.at)
            elif isinstance(noted, LineDisconnected):
                database.execute("DELETE FROM open_connections WHERE connection = ?", (noted.connection,))

    def _write_heard(self, database: sqlite3.Connection) -> None:
        database.executemany(
            "UPDATE open_connections SET last_heard_at = ? WHERE connection = ?",
            [(to_microseconds(at), connection) for connection, at in self._heard.items()],
        )
        newest = {noted.line: to_microseconds(noted.at) for noted in self._pending if isinstance(noted, MessageHeard)}
        database.executemany("INSERT OR REPLACE INTO last_messages (line, at) VALUES (?, ?)", newest.items())

    def _remember(self) -> None:
        for noted in self._pending:
            if isinstance(noted, LineConnected):
                self._open[noted.connection] = noted
            elif isinstance(noted, LineDisconnected):
                self._open.pop(noted.connection, None)
        # A sign of life is written up to a second late, so also after the end of its connection.
        last_heard = self._last_heard | self._heard
        self._last_heard = {each: last_heard[each] for each in self._open if each in last_heard}
        self._pending.clear()
        self._heard.clear()


def _insert_open(database: sqlite3.Connection, connected: LineConnected, heard_at: datetime) -> None:
    database.execute(
        "INSERT OR REPLACE INTO open_connections (connection, line, connected_at, last_heard_at) VALUES (?, ?, ?, ?)",
        (connected.connection, connected.line, to_microseconds(connected.at), to_microseconds(heard_at)),
    )
