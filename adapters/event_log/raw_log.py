"""What does the log hold, as it lies there? Pages of stored bytes for proofs, without any read model."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import tuple_row

from adapters.event_log.hash_chain import GENESIS
from adapters.event_log.pages import PAGE_BYTES
from adapters.event_log.stored_events import read_event
from domain.errors import LogDamagedError
from domain.events import Event

PAGE: Final = 5_000
"""Events a page at the most."""

_HEAD: Final = "SELECT position, recorded_at, hash FROM wattbook.log_head"
_POSITION_AT: Final = """
    SELECT notification_id FROM wattbook.events WHERE recorded_at <= %s
    ORDER BY recorded_at DESC, notification_id DESC LIMIT 1
"""
_AT: Final = "SELECT topic, state, hash FROM wattbook.events WHERE notification_id = %s"
_PAGE: Final = """
    SELECT notification_id, recorded_at, topic, state FROM (
        SELECT notification_id, recorded_at, topic, state,
               sum(octet_length(state)) OVER (ORDER BY notification_id) AS bytes_so_far
        FROM wattbook.events
        WHERE notification_id > %(after)s AND notification_id <= %(until)s ORDER BY notification_id LIMIT %(limit)s
    ) AS measured
    WHERE bytes_so_far <= %(bytes)s OR notification_id = %(after)s + 1
    ORDER BY notification_id
"""

Raw = tuple[int, datetime, str, bytes]
"""Position, recorded at, topic and stored bytes of one event."""


class RawHead(NamedTuple):
    """The end of the log: its last position, when that was recorded, and the hash up to it."""

    position: int
    recorded_at: datetime
    hash: bytes


class RawLog:
    """Reads the log of the database at *conninfo* on a connection of its own."""

    def __init__(self, conninfo: str) -> None:
        # Times come in UTC, so that reading one costs no search for an offset.
        self._connection: psycopg.Connection[tuple[Any, ...]] = psycopg.connect(
            make_conninfo(conninfo, options="-c timezone=UTC"), autocommit=True, row_factory=tuple_row
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def head(self) -> RawHead:
        """Return where the log ends now."""
        row = self._connection.execute(_HEAD).fetchone()
        assert row is not None
        return RawHead(row[0], row[1], bytes(row[2]))

    def position_at(self, moment: datetime) -> int:
        """Return the position of the last event recorded at or before *moment*, 0 before the first."""
        row = self._connection.execute(_POSITION_AT, (moment,)).fetchone()
        return int(row[0]) if row else 0

    def hash_at(self, position: int) -> bytes:
        """Return the chain hash up to *position*; raise :class:`LogDamagedError` where no event is."""
        if position == 0:
            return GENESIS
        row = self._connection.execute(_AT, (position,)).fetchone()
        if row is None:
            raise LogDamagedError(f"the event log has no event at position {position}")
        return bytes(row[2])

    def event_at(self, position: int) -> Event | None:
        """Return the event at *position*, ``None`` where there is none."""
        row = self._connection.execute(_AT, (position,)).fetchone()
        return None if row is None else read_event(row[0], bytes(row[1]))

    def pages(self, after: int, until: int) -> Iterator[Sequence[Raw]]:
        """Yield the events above *after* up to *until*, in order, in pages of bounded size."""
        with self._connection.cursor(binary=True) as cursor:
            while after < until:
                wanted = {"after": after, "until": until, "limit": PAGE, "bytes": PAGE_BYTES}
                page = cursor.execute(_PAGE, wanted, prepare=True).fetchall()
                if not page:
                    return
                yield page
                after = page[-1][0]
