"""What does a row of a journal say, on a disk that may have changed it since?"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

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


@dataclass(frozen=True)
class Mark:
    """Up to which entry a journal is known: its number, and when the last whole one up to it was noted."""

    sequence: int
    at: datetime


@dataclass(frozen=True)
class Row:
    """A row that can be read. ``entry`` is ``None`` where it only says that others before it are gone."""

    mark: Mark
    entry: Entry | None
    payload_bytes: int = 0


def read_row(sequence: int, columns: Sequence[Any], before: Mark | None) -> Row | None:
    """Return what a row says, ``None`` where nothing can be made of it; *before* it the journal was last whole.

    A message is kept whatever the disk made of the columns beside it.
    """
    *values, checksum = columns
    kind, payload = values[0], values[-1]
    if checksum_of(values) == checksum:
        at = instant_of(values[3])
        entry = None if kind == LOST else Entry(sequence, _noted(*values))
        return Row(Mark(sequence, at), entry, len(payload or b""))
    if not isinstance(payload, bytes):
        return None
    line, connection, noted_at = values[1:4]
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
    instant = instant_of(at)
    if kind == MESSAGE:
        return MessageHeard(line, connection, instant, payload)
    if kind == CONNECTED:
        return LineConnected(line, connection, instant)
    opened, heard = instant_of(connected_at), instant_of(last_heard_at)
    return LineDisconnected(line, connection, instant, opened, heard, reason)
