"""What does a row of a journal say, on a disk that may have changed it since?"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from adapters.journal.entries import (
    CONNECTED,
    LOST,
    MESSAGE,
    Entry,
    LineConnected,
    LineDisconnected,
    MessageHeard,
    Noted,
    from_microseconds,
)
from adapters.journal.promise import checksum_of

UNKNOWN_LINE: Final = "unknown line"
"""From where a message came whose line the disk has changed."""


class Mark(NamedTuple):
    """Up to which entry a journal is known: its number, and when the last whole one up to it was noted."""

    sequence: int
    at: datetime


class Row(NamedTuple):
    """A row that can be read. ``entry`` is ``None`` where it only says that others before it are gone."""

    mark: Mark
    entry: Entry | None
    payload_bytes: int = 0


def read_row(columns: Sequence[Any], before: Mark | None) -> Row | None:
    """Return what a row says, ``None`` where nothing can be made of it; *before* it the journal was last whole.

    A message is kept whatever the disk made of the columns beside it.
    """
    sequence, kind, line, connection, noted_at, connected_at, last_heard_at, reason, payload, checksum = columns
    if checksum_of(kind, line, connection, noted_at, connected_at, last_heard_at, reason, payload) == checksum:
        at = instant_of(noted_at)
        if kind == MESSAGE:
            # No checksum tells what became of an empty payload, and it was empty all the same.
            heard = MessageHeard(line, connection, at, payload if isinstance(payload, bytes) else b"")
            return Row(Mark(sequence, at), Entry(sequence, heard), len(heard.payload))
        if kind == LOST:
            return Row(Mark(sequence, at), None)
        return Row(Mark(sequence, at), Entry(sequence, _noted(*columns[1:8])))
    if not isinstance(payload, bytes):
        return None
    known = from_microseconds(0) if before is None else before.at
    try:
        at = instant_of(noted_at)
    except sqlite3.DatabaseError:
        at = known
    heard = MessageHeard(line if is_name(line) else UNKNOWN_LINE, str(connection), at, payload)
    return Row(Mark(sequence, known), Entry(sequence, heard, intact=False), len(payload))


def instant_of(microseconds: Any) -> datetime:
    """Return the instant in a column; on a damaged disk there may be anything in it."""
    try:
        return from_microseconds(microseconds)
    except (TypeError, ValueError, OverflowError) as error:
        raise sqlite3.DatabaseError("a time is not what was written") from error


def name_of(line: Any) -> str:
    """Return the name of a line in a column; on a damaged disk there may be anything in it."""
    if is_name(line):
        return str(line)
    raise sqlite3.DatabaseError("the name of a line is not what was written")


def is_name(line: Any) -> bool:
    """Tell whether a column has what can be the name of a line or a connection."""
    return isinstance(line, str) and line.isprintable() and "\ufffd" not in line


def _noted(kind: int, line: str, connection: str, at: int, connected_at: Any, last_heard_at: Any, reason: Any) -> Noted:
    if kind == CONNECTED:
        return LineConnected(line, connection, instant_of(at))
    opened, heard = instant_of(connected_at), instant_of(last_heard_at)
    return LineDisconnected(line, connection, instant_of(at), opened, heard, reason)
