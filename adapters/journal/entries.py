"""What is a journal: what a receiver notes in it, and where it lies on disk?

The exchange never repeats itself, so between its sockets and the event log stands a
journal on local disk. Each receiver process writes one of its own: a SQLite file whose
name begins with the instant of its start, and beside it a lock file that the owner holds
as long as it lives.
"""

import fcntl
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from adapters.journal.notice import remove_notice
from adapters.journal.promise import OWNER_AT, checksum_of
from adapters.journal.schema import SCHEMA


class MessageHeard(Struct, frozen=True, gc=False):
    """A message came over a line: its bytes, untouched."""

    line: str
    connection: str
    at: datetime
    payload: bytes


class LineConnected(Struct, frozen=True, gc=False):
    """A line was opened; ``connection`` is new with every opening."""

    line: str
    connection: str
    at: datetime


class LineDisconnected(Struct, frozen=True, gc=False):
    """A line was lost, noticed ``at``; its last sign of life, the exchange's hanging up included, ``last_heard_at``."""

    line: str
    connection: str
    at: datetime
    connected_at: datetime
    last_heard_at: datetime
    reason: str


class LineInterrupted(Struct, frozen=True, gc=False):
    """Entries of a connection are lost, between one noted at ``lost_from`` and the next one that is whole, ``at``.

    Nobody writes it: a reader finds it where the journal is damaged.
    """

    line: str
    connection: str
    lost_from: datetime
    at: datetime
    reason: str


Noted = MessageHeard | LineConnected | LineDisconnected


class Entry(Struct, frozen=True, gc=False):
    """What was noted, in its place; sequence numbers rise strictly within a journal.

    Where it is not ``intact`` the disk has changed it since: a message is not what was heard.
    """

    sequence: int
    noted: Noted | LineInterrupted
    intact: bool = True


MESSAGE: Final = 0
CONNECTED: Final = 1
DISCONNECTED: Final = 2
LOST: Final = 3
"""Notes nothing but that the entries before it are gone: with it a damaged journal has an end again."""

SELECT_ENTRIES: Final = (
    "SELECT sequence, kind, line, connection, at, connected_at, last_heard_at, reason, payload, checksum"
    " FROM entries WHERE sequence > ? ORDER BY sequence LIMIT ?"
)

INSERT_ENTRY: Final = (
    "INSERT INTO entries (kind, line, connection, at, connected_at, last_heard_at, reason, payload, checksum)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
STARTED_FORM: Final = "%Y%m%dT%H%M%S.%fZ"
"""How a journal's name begins: nothing in it was noted before."""

_SUFFIX = ".sqlite"
_LOCK_SUFFIX = ".lock"
_ENTRY_BYTES = 256


@lru_cache(maxsize=1_024)
def to_microseconds(instant: datetime) -> int:
    """Return *instant* as whole microseconds since 1970, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=1_024)
def from_microseconds(microseconds: int) -> datetime:
    """Return the aware UTC instant that *microseconds* since 1970 name: what came at once has one for all of it."""
    return _EPOCH + timedelta(microseconds=microseconds)


def row_of(noted: Noted) -> tuple[int | str | bytes | None, ...]:
    """Return the values of :data:`INSERT_ENTRY` for *noted*, the checksum of the others being the last."""
    values = _values_of(noted)
    return *values, checksum_of(*values)


def _values_of(noted: Noted) -> tuple[int, str, str, int, int | None, int | None, str | None, bytes | None]:
    at = to_microseconds(noted.at)
    match noted:
        case MessageHeard():
            return MESSAGE, noted.line, noted.connection, at, None, None, None, noted.payload
        case LineConnected():
            return CONNECTED, noted.line, noted.connection, at, None, None, None, None
        case LineDisconnected():
            opened, heard = to_microseconds(noted.connected_at), to_microseconds(noted.last_heard_at)
            reason = noted.reason.encode("utf-8", "replace").decode()
            return DISCONNECTED, noted.line, noted.connection, at, opened, heard, reason, None


def insert_open(database: sqlite3.Connection, connected: LineConnected, heard_at: datetime) -> None:
    """Note in a journal that a connection is open, last heard at *heard_at*."""
    database.execute(
        "INSERT OR REPLACE INTO open_connections (connection, line, connected_at, last_heard_at) VALUES (?, ?, ?, ?)",
        (connected.connection, connected.line, to_microseconds(connected.at), to_microseconds(heard_at)),
    )


def size_of(noted: Noted) -> int:
    """Return about how many bytes of memory *noted* takes."""
    return _ENTRY_BYTES + len(noted.payload) if isinstance(noted, MessageHeard) else _ENTRY_BYTES


def journal_paths(*folders: Path) -> list[Path]:
    """Return the journals in *folders*, the one that was begun first in front."""
    return sorted((path for folder in folders for path in folder.glob(f"*{_SUFFIX}")), key=lambda path: path.name)


def create_journal(folder: Path, started_at: datetime, owner: bytes = b"") -> tuple[Path, int]:
    """Make a new journal in *folder*; return its path and the descriptor that holds its lock.

    Nothing is noted in it that was heard before *started_at*. The journal appears under its
    name only when it is complete, so a reader never meets half of one. *owner* stands in the
    lock file. Raises ``OSError`` or ``sqlite3.Error`` where the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(folder)
    path = folder / f"{started_at.astimezone(UTC):{STARTED_FORM}}-{uuid.uuid4().hex[:8]}{_SUFFIX}"
    unfinished = _unfinished_path(path)
    lock = _new_lock(lock_path(path))
    try:
        os.pwrite(lock, owner, OWNER_AT)
        _write_schema(unfinished, started_at)
        unfinished.rename(path)
        _sync_folder(folder)
    except BaseException:
        _delete_files(unfinished)
        lock_path(path).unlink(missing_ok=True)
        os.close(lock)
        raise
    return path, lock


def open_database(path: Path) -> sqlite3.Connection:
    """Open the journal at *path* without creating it; each transaction is begun explicitly."""
    return sqlite3.connect(
        f"file:{_quoted(path)}?mode=rw", uri=True, isolation_level=None, timeout=5, check_same_thread=False
    )


def lock_path(path: Path) -> Path:
    """Return the lock file beside the journal at *path*."""
    return path.with_suffix(_LOCK_SUFFIX)


def _unfinished_path(path: Path) -> Path:
    return path.with_suffix(".unfinished")


@contextmanager
def taken_over(path: Path) -> Iterator[bool]:
    """Hold the lock of the journal at *path* for a while; yields whether it was free, so its owner dead."""
    lock = os.open(lock_path(path), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        free = _try_lock(lock) and _is_at(lock, lock_path(path))
        if free and not path.exists():
            # Another recorder has removed the journal since it was listed, or a kill came before there was one.
            _delete_files(_unfinished_path(path))
            remove_notice(path)
            lock_path(path).unlink(missing_ok=True)
            free = False
        yield free
    finally:
        os.close(lock)


def delete_journal(path: Path) -> None:
    """Delete the journal at *path*; its lock must be held, and goes last."""
    _delete_files(path)
    remove_notice(path)
    lock_path(path).unlink(missing_ok=True)


def _clear_leftovers(folder: Path) -> None:
    """Delete what a kill has left of journals that were being made, or deleted; never anything of a living process."""
    for path in (each.with_suffix(_SUFFIX) for each in folder.glob(f"*{_LOCK_SUFFIX}")):
        if not path.exists():
            # Who makes a journal holds its lock from before the first byte; who has lost it makes another lock.
            with suppress(OSError), taken_over(path):
                pass


def _new_lock(path: Path) -> int:
    """Make a lock file and hold it; return its descriptor."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_at(lock, path):
            return lock
        # Between these two steps it was cleared away as a leftover: it would protect nothing.
        os.close(lock)


def _is_at(lock: int, path: Path) -> bool:
    """Return whether the lock is still the one that others find."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_schema(path: Path, started_at: datetime) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(f"BEGIN; {SCHEMA.format(started_at=to_microseconds(started_at))} COMMIT;")
    finally:
        database.close()


def _delete_files(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
