"""How is a batch appended, so that positions have no hole, every duplicate is known and hashes chain?

One READ COMMITTED transaction a batch: lock the head row, read what the streams already
hold, decide, insert with the positions that follow, move the head, NOTIFY once. The lock
is held until the commit, so positions become visible in order, without a hole, and a
reader that has seen P has seen everything before it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, cast

import psycopg
from eventsourcing.persistence import InfrastructureFactory, InterfaceError, OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.utils import Environment, retry
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from adapters.event_log.hash_chain import GENESIS
from adapters.event_log.known_end import HASH_AT, RECORDED_UNTIL, KnownEnd, LogEnd
from adapters.event_log.rows import COPY_ROWS, Head, Rows
from adapters.event_log.schema import CREATE_LOG
from adapters.event_log.stored_events import read_event, state_of
from domain.errors import LogDamagedError, LogSetBackError
from domain.events import Event, Recorded
from domain.recording import AlreadyRecorded, Outcome, decide, stream_of

_LOCK_HEAD: Final = "SELECT position, recorded_at, hash FROM wattbook.log_head FOR UPDATE"
_PAST: Final = """
    SELECT originator_id, originator_version, topic, state, notification_id, recorded_at
    FROM wattbook.events WHERE originator_id = ANY(%b) ORDER BY originator_id, originator_version
"""
_AT: Final = "SELECT topic, state, recorded_at FROM wattbook.events WHERE notification_id = %s"
# Whatever the server's habit: the journal forgets what was recorded, so a commit here waits for the disk.
_NOW_DURABLY: Final = """
    SELECT greatest(clock_timestamp(), %s), CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
        THEN set_config('synchronous_commit', 'on', true) END
"""
_MOVE_HEAD: Final = "UPDATE wattbook.log_head SET position = %s, recorded_at = %s, hash = %s"

_KNOWN_PARAMETERS: Final = ("dbname", "host", "port", "user", "password")

_Cursor = psycopg.Cursor[tuple[Any, ...]]


class EventLogRecorder(PostgresApplicationRecorder):
    """The eventsourcing library's recorder over our log; its own readers work on it unchanged."""

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "events") -> None:
        """Open the recorder. The table is always ``wattbook.events``, whatever name the library proposes."""
        super().__init__(datastore, events_table_name="events")
        self.known = KnownEnd()
        """The end of the log after what was appended here last, as long as the log holds the one before it."""
        self.sql_create_statements = [SQL(statement).format() for statement in CREATE_LOG]

    def append(self, events: Sequence[Event], *, anew: bool = False) -> list[Outcome]:
        """Append what is news of *events*, in order, durably; return what became of each.

        One transaction: all of it or nothing. Safe to repeat when the outcome of an
        earlier try is unknown: what it recorded is then found to be a duplicate.
        Raises :class:`LogSetBackError` where the log does not hold the known end; *anew* it is
        then known from here on.
        """
        streams = [stream_of(event) for event in events]
        with self._writing() as curs:
            head = _lock_head(curs)
            if not anew:
                _goes_on(curs, head, self.known.end)
            past = _past(curs, streams)
            rows = Rows(head)
            outcomes = _follow(rows, past, head.recorded_at, zip(events, streams, strict=True))
            _insert(curs, head, rows)
        self.known.end = LogEnd(rows.position, rows.hash)
        return outcomes

    def look_up(self, position: int, stream: str) -> tuple[Recorded | None, list[Recorded]]:
        """Return the event at *position*, ``None`` where there is none, and what *stream* holds."""
        with self._writing() as curs:
            row = curs.execute(_AT, (position,)).fetchone()
            past = _past(curs, [stream]).get(stream, [])
        found = None if row is None else Recorded(position, row[2], read_event(row[0], bytes(row[1])))
        return found, [recorded for _, recorded in past]

    def hash_at(self, position: int) -> bytes:
        """Return the chain hash up to and including *position*; raise :class:`LogDamagedError` where nothing is."""
        if position == 0:
            return GENESIS
        with self._writing() as curs:
            row = curs.execute(HASH_AT, (position,)).fetchone()
        if row is None:
            raise LogDamagedError(f"the event log has no event at position {position}")
        return bytes(row[0])

    def recorded_until(self, connections: Collection[str]) -> datetime:
        """Return until when the log has all that was heard by those who have these *connections*."""
        with self._writing() as curs:
            row = curs.execute(RECORDED_UNTIL, (list(connections),)).fetchone()
        assert row is not None
        until: datetime = row[0]
        return until

    def append_decided(
        self, streams: Sequence[str], decided: Callable[[Mapping[str, Sequence[Recorded]]], Sequence[Event]]
    ) -> list[Recorded]:
        """Append the events that *decided* makes of what *streams* hold, all of them or, where it raises, none.

        Nobody appends in between. Each event belongs to one of *streams*.
        """
        with self._writing() as curs:
            head = _lock_head(curs)
            past = _past(curs, streams)
            events = decided({stream: [recorded for _, recorded in past.get(stream, ())] for stream in streams})
            rows = Rows(head)
            appended: list[Recorded] = []
            for event in events:
                known = past.setdefault(stream_of(event), [])
                version = known[-1][0] + 1 if known else 1
                position = rows.add(stream_of(event), version, event.TOPIC, state_of(event))
                appended.append(Recorded(position, head.recorded_at, event))
                known.append((version, appended[-1]))
            _insert(curs, head, rows)
        return appended

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append *stored_events* exactly as they are; one that exists already refuses all of them."""
        if not stored_events:
            return None
        with self._writing() as curs:
            head = _lock_head(curs)
            rows = Rows(head)
            positions = [rows.add(str(e.originator_id), e.originator_version, e.topic, e.state) for e in stored_events]
            _insert(curs, head, rows)
        return positions

    @contextmanager
    def _writing(self) -> Iterator[_Cursor]:
        """One durable READ COMMITTED transaction: what follows the lock must see what its last holder committed."""
        with self.datastore.get_connection() as connection:
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            with connection.transaction(), connection.cursor(row_factory=tuple_row, binary=True) as cursor:
                yield cursor


def open_recorder(conninfo: str) -> EventLogRecorder:
    """Return a recorder on the database at *conninfo*, made by the eventsourcing library's factory.

    One connection: there is one writer thread a process.
    """
    factory = InfrastructureFactory.construct(Environment("wattbook", library_environment(conninfo)))
    datastore: PostgresDatastore = factory.datastore  # type: ignore[attr-defined]
    # The library knows five connection parameters; libpq's others (TLS, time-outs, several hosts) pass as they are.
    others = {name: value for name, value in conninfo_to_dict(conninfo).items() if name not in _KNOWN_PARAMETERS}
    datastore.pool.kwargs = {**cast("dict[str, Any]", datastore.pool.kwargs), **others}
    recorder = factory.application_recorder()
    assert isinstance(recorder, EventLogRecorder)
    return recorder


def library_environment(conninfo: str) -> dict[str, str]:
    """Return the environment with which the eventsourcing library opens our log, in an ``Application`` too."""
    parameters = {name: str(value or "") for name, value in conninfo_to_dict(conninfo).items()}
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "APPLICATION_RECORDER_TOPIC": "adapters.event_log.recorder:EventLogRecorder",
        "MAPPER_TOPIC": "adapters.event_log.stored_events:EventMapper",
        "ORIGINATOR_ID_TYPE": "text",
        "CREATE_TABLE": "no",
        "POSTGRES_SCHEMA": "wattbook",
        "POSTGRES_POOL_SIZE": "1",
        "POSTGRES_MAX_OVERFLOW": "0",
        "POSTGRES_CONNECT_TIMEOUT": "10",
        "POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT": "60",
        "POSTGRES_DBNAME": parameters.get("dbname", ""),
        "POSTGRES_HOST": parameters.get("host", ""),
        "POSTGRES_PORT": parameters.get("port") or "5432",
        "POSTGRES_USER": parameters.get("user", ""),
        "POSTGRES_PASSWORD": parameters.get("password", ""),
    }


def _lock_head(curs: _Cursor) -> Head:
    """Wait for our turn, and return the head with the instant that this batch is recorded at."""
    row = curs.execute(_LOCK_HEAD, prepare=True).fetchone()
    assert row is not None
    position, last_recorded_at, last_hash = row
    # The clock is read after the lock was given, and never runs backwards in the log.
    now = curs.execute(_NOW_DURABLY, (last_recorded_at,), prepare=True).fetchone()
    assert now is not None
    return Head(position, now[0], bytes(last_hash))


def _goes_on(curs: _Cursor, head: Head, known: LogEnd | None) -> None:
    """Raise :class:`LogSetBackError` where the log that ends at *head* does not hold the *known* end."""
    if known is None or known == (head.position, head.hash) or known.position == 0:
        return
    row = curs.execute(HASH_AT, (known.position,)).fetchone()
    if row is None or bytes(row[0]) != known.hash:
        raise LogSetBackError(
            f"the log ends at position {head.position} and does not hold any more what was recorded up to position "
            f"{known.position}: it was restored from a backup, or another server has taken its place"
        )


def _past(curs: _Cursor, streams: Iterable[str]) -> dict[str, list[tuple[int, Recorded]]]:
    """Return what the streams hold, by stream: (version, recorded event) in order."""
    past: dict[str, list[tuple[int, Recorded]]] = {}
    rows = curs.execute(_PAST, (list(set(streams)),)).fetchall()
    for stream, version, topic, state, position, recorded_at in rows:
        past.setdefault(stream, []).append((version, Recorded(position, recorded_at, read_event(topic, bytes(state)))))
    return past


def _follow(
    rows: Rows, past: dict[str, list[tuple[int, Recorded]]], recorded_at: datetime, events: Iterable[tuple[Event, str]]
) -> list[Outcome]:
    """Let what is news of *events* follow, each with its stream; return what became of each."""
    outcomes: list[Outcome] = []
    here: dict[str, tuple[int, Event]] = {}
    for event, stream in events:
        if stream not in past:
            if stream not in here:
                # In short what decide says of a stream that holds nothing: append, whatever it is.
                position = rows.add(stream, 1, event.TOPIC, state_of(event))
                here[stream] = (position, event)
                outcomes.append(Outcome("recorded", position))
                continue
            position, first = here[stream]
            past[stream] = [(1, Recorded(position, recorded_at, first))]
        known = past[stream]
        decision = decide(event, [recorded for _, recorded in known])
        if isinstance(decision, AlreadyRecorded):
            outcomes.append(Outcome("duplicate", decision.position, decision.brought_by))
            continue
        version, news = known[-1][0] + 1, decision.event
        position = rows.add(stream, version, news.TOPIC, state_of(news))
        known.append((version, Recorded(position, recorded_at, news)))
        conflict = decision.conflicts_with
        outcomes.append(Outcome("recorded", position) if conflict is None else Outcome("conflict", conflict))
    return outcomes


def _insert(curs: _Cursor, head: Head, rows: Rows) -> None:
    if not rows:
        return
    with curs.copy(COPY_ROWS) as copy:
        for piece in rows.copied():
            copy.write(piece)
    curs.execute(_MOVE_HEAD, (rows.position, head.recorded_at, rows.hash), prepare=True)
    curs.execute("NOTIFY events")
