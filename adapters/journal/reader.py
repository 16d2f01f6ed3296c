"""What waits in the journals, and what may be forgotten because the event log has it?"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar

from adapters.journal.entries import (
    CONNECTED,
    INSERT_ENTRY,
    MESSAGE,
    RECEIVER_ENDED,
    Entry,
    LineConnected,
    LineDisconnected,
    MessageHeard,
    Noted,
    delete_journal,
    from_microseconds,
    journal_paths,
    lock_path,
    open_database,
    row_of,
    taken_over,
)
from adapters.journal.promise import checksum_of, evidence_path, keep_evidence, promised

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

READ_BYTES: Final = 8 * 1024 * 1024
FORGET_STEP: Final = 1_000


@dataclass(frozen=True)
class Waiting:
    """What a journal still holds for the event log."""

    entries: int
    oldest_at: datetime | None
    last_message_at: Mapping[str, datetime]


def _damage_told(method: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Let a damaged file be told as one where sqlite3 cannot even decode its own message about it."""

    @wraps(method)
    def told(*given: Given.args, **named: Given.kwargs) -> Answer:
        try:
            return method(*given, **named)
        except UnicodeError as error:
            raise sqlite3.DatabaseError(f"the file is damaged: {error}") from error

    return told


class JournalReader:
    """One journal, seen by a recorder; used by one thread at a time.

    Every method raises ``sqlite3.Error`` where the file cannot be read or written.
    """

    @_damage_told
    def __init__(self, path: Path) -> None:
        self.path = path
        self._holes: dict[int, int] = {}
        self._database = open_database(path)
        try:
            # A forgotten deletion only brings an entry back, and the log knows it: no sync of our own.
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("PRAGMA wal_autocheckpoint = 0")
        except BaseException:
            self._database.close()
            raise

    @_damage_told
    def read(self, limit: int, after: int = 0, limit_bytes: int = READ_BYTES) -> list[Entry]:
        """Return the oldest entries past sequence *after*: at most *limit*, and about *limit_bytes* of payload.

        In a damaged file, those before the damage; the error comes when there are none. Where
        entries between others are gone, :meth:`missing` tells it.
        """
        rows = self._database.execute(
            "SELECT sequence, kind, line, connection, at, connected_at, last_heard_at, reason, payload, checksum"
            " FROM entries WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (after, limit),
        )
        entries: list[Entry] = []
        size = 0
        try:
            for row in rows:
                entry = _entry(*row)
                if entry.sequence <= (entries[-1].sequence if entries else after):
                    # A number that was changed on disk; the entries that it jumps over must not pass for recorded.
                    entries = [each for each in entries if each.sequence < entry.sequence]
                    raise sqlite3.DatabaseError(f"entry {entry.sequence} is out of its place")
                if entries and entry.sequence > entries[-1].sequence + 1:
                    self._holes[entry.sequence] = entry.sequence - entries[-1].sequence - 1
                entries.append(entry)
                size += len(row[8] or b"")
                if size >= limit_bytes:
                    break
        except sqlite3.DatabaseError:
            if not entries:
                raise
        finally:
            rows.close()
        return entries

    @_damage_told
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

    @_damage_told
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
            oldest_at=None if oldest is None else _instant(oldest),
            last_message_at={line: _instant(at) for line, at in messages},
        )

    @_damage_told
    def missing(self) -> int:
        """Return how many entries were once on disk and are gone; what is left of SQLite's log is kept aside then."""
        once = promised(lock_path(self.path))
        # Only the oldest are ever deleted, so the last entry is the last that was given a number, unless all are gone.
        row = self._database.execute(
            "SELECT (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'entries'),"
            " (SELECT max(sequence) FROM entries)"
        ).fetchone()
        given: int = row[0]
        last: int = given if row[1] is None else row[1]
        once = max(once, given)
        gone = max(0, once - last) + sum(self._holes.values())
        if evidence_path(self.path).exists():
            return max(1, gone)
        if gone:
            keep_evidence(self.path)
        return gone

    @_damage_told
    def settle_if_abandoned(self, now: datetime) -> bool:
        """Note the loss of each connection that a dead owner left open; return whether the owner is dead."""
        with taken_over(self.path) as abandoned:
            if abandoned:
                self._settle(now)
            return abandoned

    @_damage_told
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
                LineDisconnected(_name(line), connection, now, _instant(opened), _instant(heard), RECEIVER_ENDED)
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


def _instant(microseconds: Any) -> datetime:
    """Return the instant in a column; on a damaged disk there may be anything in it."""
    try:
        return from_microseconds(microseconds)
    except (TypeError, ValueError, OverflowError) as error:
        raise sqlite3.DatabaseError("a time is not what was written") from error


def _name(line: Any) -> str:
    """Return the name of a line in a column; on a damaged disk there may be anything in it."""
    if isinstance(line, str) and line.isprintable():
        return line
    raise sqlite3.DatabaseError("the name of a line is not what was written")


def _entry(sequence: int, *columns: Any) -> Entry:
    """Return the entry in a row; raise ``sqlite3.DatabaseError`` where the row can be no entry at all."""
    *values, checksum = columns
    intact = checksum_of(values) == checksum
    kind, line, payload = values[0], values[1], values[-1]
    if not intact and not (kind == MESSAGE and _name(line) and isinstance(payload, bytes)):
        raise sqlite3.DatabaseError(f"entry {sequence} is not what was written")
    return Entry(sequence, _noted(*values), intact)


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
    instant = _instant(at)
    if kind == MESSAGE:
        return MessageHeard(line, connection, instant, payload)
    if kind == CONNECTED:
        return LineConnected(line, connection, instant)
    opened, heard = _instant(connected_at), _instant(last_heard_at)
    return LineDisconnected(line, connection, instant, opened, heard, reason)
