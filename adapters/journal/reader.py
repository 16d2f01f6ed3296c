"""What waits in the journals, and what may be forgotten because the event log has it?"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from adapters.journal.entries import (
    CONNECTED,
    INSERT_ENTRY,
    MESSAGE,
    Entry,
    LineConnected,
    LineDisconnected,
    MessageHeard,
    Noted,
    delete_journal,
    from_microseconds,
    journal_paths,
    open_database,
    row_of,
    taken_over,
)

READ_BYTES: Final = 8 * 1024 * 1024
FORGET_STEP: Final = 1_000

RECEIVER_ENDED: Final = "receiver ended"
"""The reason of a loss that nobody noted: the receiver was killed, or its machine went down."""


@dataclass(frozen=True)
class Waiting:
    """What a journal still holds for the event log."""

    entries: int
    oldest_at: datetime | None
    last_message_at: Mapping[str, datetime]


class JournalReader:
    """One journal, seen by a recorder; used by one thread at a time.

    Every method raises ``sqlite3.Error`` where the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = open_database(path)
        try:
            # A forgotten deletion only brings an entry back, and the log knows it: no sync of our own.
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("PRAGMA wal_autocheckpoint = 0")
        except BaseException:
            self._database.close()
            raise

    def read(self, limit: int, after: int = 0, limit_bytes: int = READ_BYTES) -> list[Entry]:
        """Return the oldest entries past sequence *after*: at most *limit*, and about *limit_bytes* of payload.

        In a damaged file, those before the damage; the error comes when there are none.
        """
        rows = self._database.execute(
            "SELECT sequence, kind, line, connection, at, connected_at, last_heard_at, reason, payload"
            " FROM entries WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (after, limit),
        )
        entries: list[Entry] = []
        size = 0
        try:
            for row in rows:
                entries.append(Entry(row[0], _noted(*row[1:])))
                size += len(row[8] or b"")
                if size >= limit_bytes:
                    break
        except sqlite3.DatabaseError:
            if not entries:
                raise
        finally:
            rows.close()
        return entries

    def forget(self, up_to_sequence: int) -> None:
        """Delete the entries up to *up_to_sequence*, in steps short enough for the writer to get in between."""
        while (
            self._database.execute(
                "DELETE FROM entries WHERE sequence IN"
                " (SELECT sequence FROM entries WHERE sequence <= ? ORDER BY sequence LIMIT ?)",
                (up_to_sequence, FORGET_STEP),
            ).rowcount
            == FORGET_STEP
        ):
            pass

    def waiting(self) -> Waiting:
        """Return how much waits, since when, and when each line last brought a message."""
        # Sequence numbers have no holes, so the ends say how many there are without counting.
        first, oldest, last = self._database.execute(
            "SELECT (SELECT min(sequence) FROM entries), (SELECT at FROM entries ORDER BY sequence LIMIT 1),"
            " (SELECT max(sequence) FROM entries)"
        ).fetchone()
        messages = self._database.execute("SELECT line, at FROM last_messages").fetchall()
        return Waiting(
            entries=0 if first is None else last - first + 1,
            oldest_at=None if oldest is None else from_microseconds(oldest),
            last_message_at={line: from_microseconds(at) for line, at in messages},
        )

    def settle_if_abandoned(self, now: datetime) -> bool:
        """Note the loss of each connection that a dead owner left open; return whether the owner is dead."""
        with taken_over(self.path) as abandoned:
            if abandoned:
                self._settle(now)
            return abandoned

    def remove_if_done(self) -> bool:
        """Delete the journal if its owner is dead and nothing is left in it; return whether it is gone."""
        with taken_over(self.path) as abandoned:
            if not abandoned or self._holds_anything():
                return False
            delete_journal(self.path)
            self.close()
            return True

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _settle(self, now: datetime) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            left_open = self._database.execute(
                "SELECT line, connection, connected_at, last_heard_at FROM open_connections ORDER BY connected_at, line"
            ).fetchall()
            lost = [
                LineDisconnected(
                    line, connection, now, from_microseconds(opened), from_microseconds(heard), RECEIVER_ENDED
                )
                for line, connection, opened, heard in left_open
            ]
            self._database.executemany(INSERT_ENTRY, [row_of(each) for each in lost])
            self._database.execute("DELETE FROM open_connections")
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def _holds_anything(self) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM entries) OR EXISTS (SELECT 1 FROM open_connections)"
        return bool(self._database.execute(query).fetchone()[0])


def raise_error(path: Path, error: sqlite3.Error) -> None:
    """Let a file that is no journal, or a broken one, stop whoever opens the journals."""
    raise error


def open_journals(
    folders: Path | Sequence[Path], on_unreadable: Callable[[Path, sqlite3.Error], None] = raise_error
) -> Iterator[JournalReader]:
    """Yield a reader of each journal in *folders*, the oldest first, opened only when it is asked for.

    The caller closes it. Left out are journals that cannot be opened, as :func:`open_journal` says.
    """
    for path in journal_paths(*([folders] if isinstance(folders, Path) else folders)):
        reader = open_journal(path, on_unreadable)
        if reader is not None:
            yield reader


def open_journal(path: Path, on_unreadable: Callable[[Path, sqlite3.Error], None]) -> JournalReader | None:
    """Open the journal at *path*; where that fails, *on_unreadable* is told, unless it was just removed."""
    try:
        return JournalReader(path)
    except sqlite3.Error as error:
        if path.exists():
            on_unreadable(path, error)
        return None


def _noted(
    kind: int,
    line: str,
    connection: str,
    at: int,
    connected_at: Any,
    last_heard_at: Any,
    reason: Any,
    payload: Any,
) -> Noted:
    instant = from_microseconds(at)
    if kind == MESSAGE:
        return MessageHeard(line, connection, instant, payload)
    if kind == CONNECTED:
        return LineConnected(line, connection, instant)
    opened, heard = from_microseconds(connected_at), from_microseconds(last_heard_at)
    return LineDisconnected(line, connection, instant, opened, heard, reason)
