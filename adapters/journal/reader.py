"""What waits in the journals, and what may be forgotten because the event log has it?"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, wraps
from pathlib import Path
from types import TracebackType
from typing import Final, ParamSpec, Self, TypeVar

from adapters.journal.entries import (
    INSERT_ENTRY,
    SELECT_ENTRIES,
    Entry,
    LineDisconnected,
    delete_journal,
    journal_paths,
    lock_path,
    open_database,
    row_of,
    taken_over,
)
from adapters.journal.losses import JournalLosses
from adapters.journal.promise import evidence_path, has_gone_on, keep_evidence, promised, promised_at
from adapters.journal.rows import instant_of, is_name, name_of, read_row
from domain.events import RECEIVER_ENDED

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


@dataclass(frozen=True)
class OpenConnection:
    """A connection that a receiver holds open, as far as its journal knows."""

    line: str
    connection: str
    connected_at: datetime
    last_heard_at: datetime


def _damage_told(method: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Let a damaged file be told as one where sqlite3 cannot even decode its own message about it."""

    @wraps(method)
    def told(*given: Given.args, **named: Given.kwargs) -> Answer:
        try:
            return method(*given, **named)
        except UnicodeError as error:
            raise sqlite3.DatabaseError(f"the file is damaged: {error}") from error

    return told


@lru_cache(maxsize=256)
def _text_of(written: bytes) -> str:
    """Return the text of a column: the same few names stand in all of them."""
    return written.decode("utf-8", "replace")


class JournalReader:
    """One journal, seen by a recorder; used by one thread at a time.

    Every method raises ``sqlite3.Error`` where the file cannot be read or written.
    """

    @_damage_told
    def __init__(self, path: Path) -> None:
        self.path = path
        self._holes: dict[int, int] = {}
        self._database = open_database(path)
        # What a damaged disk made of a text is no text; its checksum tells.
        self._database.text_factory = _text_of
        try:
            # A forgotten deletion only brings an entry back, and the log knows it: no sync of our own.
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("PRAGMA wal_autocheckpoint = 0")
            self.losses = JournalLosses(self._database)
            """What is known of what is lost of this journal."""
        except BaseException:
            self._database.close()
            raise

    @_damage_told
    def read(self, limit: int, after: int = 0, limit_bytes: int = READ_BYTES) -> list[Entry]:
        """Return the oldest entries past sequence *after*: at most *limit*, and about *limit_bytes* of payload.

        Where entries are gone, or cannot be read, it is told of each connection that may have brought
        them, beside the limit. In a damaged file, those before the damage; the error comes when there are none.
        """
        self._database.execute("BEGIN")
        try:
            return self._read(limit, after, limit_bytes)
        finally:
            # Nothing was written, and a damaged file refuses a commit.
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    def _read(self, limit: int, after: int, limit_bytes: int) -> list[Entry]:
        whole = self.losses.recorded_before(after)
        entries: list[Entry] = []
        last, size = after, 0
        rows = self._database.execute(SELECT_ENTRIES, (after, limit))
        try:
            for columns in rows:
                sequence = columns[0]
                if sequence <= last:
                    # A number that was changed on disk; the entries that it jumps over must not pass for recorded.
                    entries = [each for each in entries if each.sequence < sequence]
                    raise sqlite3.DatabaseError(f"entry {sequence} is out of its place")
                last = sequence
                row = read_row(columns, whole)
                if row is None:
                    continue
                if whole is not None and sequence > whole.sequence + 1:
                    self._holes[sequence] = sequence - whole.sequence - 1
                    entries += self.losses.between(whole, row)
                whole = row.mark
                if row.entry is not None:
                    entries.append(row.entry)
                    size += row.payload_bytes
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
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self.losses.note_recorded(up_to_sequence)
            deleted = self._delete_some(up_to_sequence)
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        while deleted == FORGET_STEP:
            deleted = self._delete_some(up_to_sequence)

    def _delete_some(self, up_to_sequence: int) -> int:
        return self._database.execute(
            "DELETE FROM entries WHERE sequence IN"
            " (SELECT sequence FROM entries WHERE sequence <= ? ORDER BY sequence LIMIT ?)",
            (up_to_sequence, FORGET_STEP),
        ).rowcount

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
            oldest_at=None if oldest is None else instant_of(oldest),
            last_message_at={line: instant_of(at) for line, at in messages},
        )

    @_damage_told
    def open_connections(self, recorded: int) -> tuple[list[OpenConnection], datetime | None]:
        """Return the connections that are open, and when the first entry past *recorded* was noted, if there is one."""
        rows = self._database.execute(
            "SELECT line, connection, connected_at, last_heard_at,"
            " (SELECT at FROM entries WHERE sequence > ? ORDER BY sequence LIMIT 1) FROM open_connections"
            " UNION ALL SELECT NULL, NULL, NULL, NULL,"
            " (SELECT at FROM entries WHERE sequence > ? ORDER BY sequence LIMIT 1)",
            (recorded, recorded),
        ).fetchall()
        waits = rows[-1][-1]
        found = [
            OpenConnection(line, name, instant_of(up), instant_of(heard))
            for line, name, up, heard, _ in rows[:-1]
            if is_name(line) and is_name(name)
        ]
        return found, None if waits is None else instant_of(waits)

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
        lock = lock_path(self.path)
        self._database.execute("BEGIN IMMEDIATE")
        try:
            left_open = self._database.execute(
                "SELECT line, connection, connected_at, last_heard_at FROM open_connections ORDER BY connected_at, line"
            ).fetchall()
            self.losses.keep_the_ended()
            self.losses.give_an_end(promised(lock), promised_at(lock), now)
            lost = [
                LineDisconnected(name_of(line), connection, now, instant_of(opened), instant_of(heard), RECEIVER_ENDED)
                for line, connection, opened, heard in left_open
                if not has_gone_on(lock)  # for what goes on in another file has not ended with this one
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
