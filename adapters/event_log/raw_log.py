"""What does the log hold, as it lies there? Pages of stored bytes for proofs, without any read model."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple, Self

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Literal

from adapters.event_log.chain_check import Link
from adapters.event_log.folding import ESCAPED, OF_ONE_DAY, no_event_at
from adapters.event_log.hash_chain import GENESIS
from adapters.event_log.pages import PAGE_BYTES
from adapters.event_log.stored_events import read_event
from adapters.postgres.calendar import read_all_times
from domain.canonical import day_text
from domain.errors import LogDamagedError
from domain.events import Event
from domain.proofs import LogSealed
from domain.recording import deal_streams

PAGE: Final = 5_000
"""Events a page at the most."""

_HEAD: Final = "SELECT position, recorded_at, hash FROM wattbook.log_head"
_POSITION_AT: Final = """
    SELECT notification_id FROM wattbook.events WHERE recorded_at <= %s
    ORDER BY recorded_at DESC, notification_id DESC LIMIT 1
"""
_AT: Final = "SELECT topic, state, hash FROM wattbook.events WHERE notification_id = %s"
_SEALS: Final = """
    SELECT notification_id, topic, state FROM wattbook.events
    WHERE originator_id >= 'seal:' AND originator_id < 'seal;' AND notification_id > %s
        AND topic IS NOT NULL AND state IS NOT NULL
    ORDER BY notification_id
"""
_UNSEALED: Final = """
    SELECT recorded_at FROM wattbook.events WHERE notification_id > %s AND topic <> 'log.sealed.v1'
    ORDER BY notification_id LIMIT 1
"""
_DEAL: Final = """
    SELECT notification_id, originator_id, originator_version, topic, recorded_at, state, hash FROM wattbook.events
    WHERE originator_id >= %s AND originator_id < %s ORDER BY notification_id
"""
_SHORT: Final = """
    SELECT {columns} FROM wattbook.events
    WHERE notification_id > %(after)s AND notification_id <= %(until)s ORDER BY notification_id LIMIT %(limit)s
"""
_BOUNDED: Final = """
    SELECT {columns} FROM (
        SELECT {columns}, sum(octet_length(state)) OVER so_far AS bytes_so_far, row_number() OVER so_far AS number
        FROM wattbook.events
        WHERE notification_id > %(after)s AND notification_id <= %(until)s
        WINDOW so_far AS (ORDER BY notification_id) ORDER BY notification_id LIMIT %(limit)s
    ) AS measured
    WHERE bytes_so_far <= %(bytes)s OR number = 1
    ORDER BY notification_id
"""


class _Page(NamedTuple):
    """How a page is read: at once, with ``NULL`` for each state that is long, or with its bytes counted one by one."""

    short: bytes
    bounded: bytes
    state: int

    @classmethod
    def of(cls, *columns: str) -> Self:
        short = f"CASE WHEN octet_length(state) <= {PAGE_BYTES // PAGE} THEN state END"
        at_once = [short if column == "state" else column for column in columns]
        return cls(
            _SHORT.format(columns=", ".join(at_once)).encode(),
            _BOUNDED.format(columns=", ".join(columns)).encode(),
            columns.index("state"),
        )


_RAW: Final = _Page.of("notification_id", "recorded_at", "topic", "state")
_LINKS: Final = _Page.of(
    "notification_id", "originator_id", "originator_version", "topic", "recorded_at", "state", "hash"
)

CHUNK: Final = 100
"""Events that are in memory at once, of those that concern a day."""

_CONCERNING: Final = b"""
    SELECT notification_id, recorded_at, topic,
           CASE WHEN octet_length(state) <= %(short)s THEN state END, number
    FROM (
        SELECT *, row_number() OVER (ORDER BY notification_id) AS number FROM wattbook.events
        WHERE notification_id > %(after)s AND notification_id <= %(until)s
    ) AS numbered
    WHERE NOT topic ^@ ANY(%(of_one_day)s)
       OR position(%(day)s IN state) > 0 OR position(%(escaped)s IN state) > 0
       OR notification_id = %(until)s OR notification_id <> %(after)s + number
    ORDER BY notification_id
"""
_STATE: Final = "SELECT state FROM wattbook.events WHERE notification_id = %s"
_COUNT: Final = "SELECT count(*) FROM wattbook.events WHERE notification_id > %s AND notification_id <= %s"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Raw = tuple[int, datetime, str, bytes]
"""Position, recorded at, topic and stored bytes of one event."""


class RawHead(NamedTuple):
    """The end of the log: its last position, when that was recorded, and the hash up to it."""

    position: int
    recorded_at: datetime
    hash: bytes


class RawLog:
    """Reads the log of the database at *conninfo* on a connection of its own.

    With *snapshot*, one that another transaction has exported, it sees what that one sees. Raises
    ``psycopg.DataError`` at a time that no calendar holds, unless *all_times* are to be read.
    """

    def __init__(self, conninfo: str, snapshot: str | None = None, *, all_times: bool = False) -> None:
        self._conninfo, self._snapshot = conninfo, snapshot
        # Times come in UTC, so that reading one costs no search for an offset; as text they are ISO 8601's.
        self.connection: psycopg.Connection[tuple[Any, ...]] = psycopg.connect(
            make_conninfo(conninfo, options="-c timezone=UTC -c datestyle=ISO"),
            autocommit=snapshot is None,
            row_factory=tuple_row,
        )
        if all_times:
            read_all_times(self.connection)
        if snapshot is not None:
            self.connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self.connection.execute(SQL("SET TRANSACTION SNAPSHOT {}").format(Literal(snapshot)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def head(self) -> RawHead:
        """Return where the log ends now."""
        row = self.connection.execute(_HEAD).fetchone()
        assert row is not None
        return RawHead(row[0], row[1], bytes(row[2]))

    def position_at(self, moment: datetime) -> int:
        """Return the position of the last event recorded at or before *moment*, 0 before the first."""
        row = self.connection.execute(_POSITION_AT, (moment,)).fetchone()
        return int(row[0]) if row else 0

    def before(self, position: int) -> tuple[datetime, bytes] | None:
        """Return when the event at *position* was recorded and its hash, ``None`` where no event is.

        Where somebody has made one of them ``NULL``, it is the epoch, or no bytes.
        """
        if position == 0:
            return _EPOCH, GENESIS
        row = self.connection.execute(
            "SELECT recorded_at, hash FROM wattbook.events WHERE notification_id = %s", (position,)
        ).fetchone()
        return None if row is None else (row[0] or _EPOCH, bytes(row[1] or b""))

    def hash_at(self, position: int) -> bytes:
        """Return the chain hash up to *position*; raise :class:`LogDamagedError` where no event is."""
        if position == 0:
            return GENESIS
        row = self.connection.execute(_AT, (position,)).fetchone()
        if row is None:
            raise LogDamagedError(f"the event log has no event at position {position}")
        return bytes(row[2])

    def event_at(self, position: int) -> Event | None:
        """Return the event at *position*, ``None`` where there is none."""
        row = self.connection.execute(_AT, (position,)).fetchone()
        return None if row is None else read_event(row[0], bytes(row[1]))

    def seals(self, after: int = 0) -> list[tuple[int, LogSealed]]:
        """Return the seals recorded above *after*, each with its own position, in order.

        One that cannot be read is passed over, as if it were not there.
        """
        found: list[tuple[int, LogSealed]] = []
        for position, topic, state in self.connection.execute(_SEALS, (after,)):
            with suppress(LogDamagedError):
                seal = read_event(topic, bytes(state))
                if isinstance(seal, LogSealed):
                    found.append((position, seal))
        return found

    def oldest_unsealed_at(self, after: int) -> datetime | None:
        """Return when the first event above *after* was recorded that is more than a seal, ``None`` without one."""
        row = self.connection.execute(_UNSEALED, (after,)).fetchone()
        return None if row is None else row[0]

    def deal_links(self, exchange: str, deal_id: str) -> list[Link]:
        """Return the events of every deal of that id, in log order: a cross trade is two deals."""
        start = deal_streams(exchange, deal_id)
        rows = self.connection.execute(_DEAL, (start, start[:-1] + ";")).fetchall()
        return [(*row[:5], bytes(row[5]), bytes(row[6])) for row in rows]

    def concerning(self, delivery_day: date, after: int, until: int) -> Iterator[Raw]:
        """Yield the events above *after* up to *until* that can concern a day, and the last one, in order.

        The server passes over the others: bringing them here would cost more than all else. A long one comes alone.
        Raises :class:`LogDamagedError` at the first position that is missing.
        """
        day = day_text(delivery_day).encode()
        wanted = {
            "after": after, "until": until, "of_one_day": [*OF_ONE_DAY], "day": day, "escaped": ESCAPED,
            "short": PAGE_BYTES // CHUNK,
        }  # fmt: skip
        position = after
        with self.connection.cursor(binary=True) as cursor, ExitStack() as besides:
            long: RawLog | None = None
            try:
                for position, recorded_at, topic, state, number in cursor.stream(_CONCERNING, wanted, size=CHUNK):
                    if position != after + number:
                        raise no_event_at(after + number, position)
                    if state is not None:
                        yield position, recorded_at, topic, state
                        continue
                    # The connection is busy with the others.
                    long = long or besides.enter_context(RawLog(self._conninfo, self._snapshot))
                    yield position, recorded_at, topic, long._state_at(position)
            except psycopg.DataError as error:
                raise LogDamagedError(f"an event after position {position} was recorded at no time: {error}") from error
        if position < until:
            row = self.connection.execute(_COUNT, (after, until)).fetchone()
            assert row is not None
            raise no_event_at(after + row[0] + 1)

    def _state_at(self, position: int) -> bytes:
        row = self.connection.execute(_STATE, (position,), binary=True).fetchone()
        if row is None:
            raise no_event_at(position)
        return bytes(row[0])

    def pages(self, after: int, until: int) -> Iterator[Sequence[Raw]]:
        """Yield the events above *after* up to *until*, in order, in pages of bounded size."""
        return self._pages(_RAW, after, until)

    def links(self, after: int, until: int) -> Iterator[Sequence[Link]]:
        """Yield the same events with all that their chain hashes cover."""
        return self._pages(_LINKS, after, until)

    def _pages(self, query: _Page, after: int, until: int) -> Iterator[Sequence[Any]]:
        with self.connection.cursor(binary=True) as cursor:
            while after < until:
                wanted = {"after": after, "until": until, "limit": PAGE, "bytes": PAGE_BYTES}
                page = cursor.execute(query.short, wanted, prepare=True).fetchall()
                if None in map(itemgetter(query.state), page):
                    page = cursor.execute(query.bounded, wanted, prepare=True).fetchall()
                if not page:
                    return
                yield page
                after = page[-1][0]
