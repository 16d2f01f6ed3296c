"""How far did the log go when we saw it last? A log that was restored from a backup does not hold that end any more."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import psycopg
from psycopg.rows import scalar_row

HASH_AT: Final = "SELECT hash FROM wattbook.events WHERE notification_id = %s"

RECORDED_UNTIL: Final = """
    SELECT coalesce(
        (SELECT max(vouched_until) FROM wattbook_state.vouched_connections WHERE connection = ANY(%s)),
        (SELECT min(until) FROM (
            SELECT max(vouched_until) AS until FROM wattbook_state.vouched_connections GROUP BY line
        ) AS each),
        (SELECT recorded_at FROM wattbook.log_head)
    )
"""
"""Until when the log has all that was heard: who has these connections vouched for it. Where none of them is known
here, by what everybody vouched for; where nobody ever did, until the last event."""

_DIGITS: Final = 20
_FILE_NAME: Final = "log-end"


class LogEnd(NamedTuple):
    """A position of the log and its chain hash, which vouches for all before it."""

    position: int
    hash: bytes


@dataclass
class KnownEnd:
    """The last end of the log that is known, ``None`` while none is; it moves only while the log still holds it."""

    end: LogEnd | None = None

    async def is_held(self, connection: psycopg.AsyncConnection[object]) -> bool:
        """Tell whether the log that *connection* reaches holds it."""
        if (end := self.end) is None or end.position == 0:
            return True
        cursor = connection.cursor(row_factory=scalar_row)
        found = await (await cursor.execute(HASH_AT, (end.position,))).fetchone()
        return found == end.hash


class KeptEnd:
    """The known end in a file of a folder of journals: what they have forgotten, the log held up to there."""

    def __init__(self, folder: Path, known: KnownEnd) -> None:
        """Let *known* begin with what the file says."""
        self._path = folder / _FILE_NAME
        self._known = known
        self._kept = known.end = self._read()

    def keep(self) -> None:
        """Write the known end into the file, before what the log holds is forgotten; raise ``OSError`` if it cannot.

        In its place, so that a full disk takes it too, and without a sync: a machine that goes down
        may keep an end that is seconds older.
        """
        end = self._known.end
        if end is None or end == self._kept:
            return
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(file, b"%0*d %s\n" % (_DIGITS, end.position, end.hash.hex().encode()), 0)
        finally:
            os.close(file)
        self._kept = end

    def _read(self) -> LogEnd | None:
        with suppress(OSError, ValueError):
            position, digest = self._path.read_text().split()
            return LogEnd(int(position), bytes.fromhex(digest))
        return None
