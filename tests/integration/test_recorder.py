"""Does the log keep its promises: no hole, no double, one chain, nothing ever changed?"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, PersistenceError, StoredEvent
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

from adapters.event_log.hash_chain import GENESIS, Link, chained
from adapters.event_log.recorder import EventLogRecorder, library_environment, open_recorder
from adapters.event_log.stored_events import LogEntry
from adapters.postgres.installation import install
from domain.events import Event
from domain.recording import Outcome, deal_stream
from projections import READ_MODELS
from tests.notation import corrected, deal, instant, reference_price, rejected, resolved

ANNA = deal("anna buys 10 MW 08-09 at 40")
OTHER = deal("anna buys 10 MW 08-09 at 41")


@pytest.fixture
def recorder(database: str) -> Iterator[EventLogRecorder]:
    install(database, READ_MODELS)
    opened = open_recorder(database)
    yield opened
    opened.datastore.close()


def rows_of(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, recorded_at, state, hash"
            " FROM wattbook.events ORDER BY notification_id"
        ).fetchall()


def assert_one_unbroken_chain(url: str) -> int:
    """Recompute every hash from the stored rows; return how many there are."""
    rows = rows_of(url)
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert [row[4] for row in rows] == sorted(row[4] for row in rows)
    last = GENESIS
    for *link, stored_hash in rows:
        last = chained(last, Link(*link))
        assert stored_hash == last
    with psycopg.connect(url) as connection:
        head = connection.execute("SELECT position, recorded_at, hash FROM wattbook.log_head").fetchone()
    assert head is not None
    assert (head[0], head[2]) == (len(rows), last)
    assert not rows or head[1] == rows[-1][4]
    return len(rows)


class _WithoutPositions(EventLogRecorder):
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        super().insert_events(stored_events, **kwargs)


class OnOurRecorder:
    """What the library's test cases need: a recorder of ours on a fresh database, and text ids."""

    INITIAL_VERSION = 1
    url: str

    @pytest.fixture(autouse=True)
    def _fresh_log(self, database: str) -> Iterator[None]:
        install(database, READ_MODELS)
        self.url = database
        self.opened: list[EventLogRecorder] = []
        yield
        for recorder in self.opened:
            recorder.datastore.close()

    def new_originator_id(self) -> UUID | str:
        return f"deal:{uuid4()}"

    def create_recorder(self) -> EventLogRecorder:
        recorder = open_recorder(self.url)
        # The library's cases read, write and listen from several threads through one recorder.
        recorder.datastore.pool.resize(1, 4)
        self.opened.append(recorder)
        return recorder


class TestAggregateRecorder(OnOurRecorder, AggregateRecorderTestCase):
    """The library's shipped test case for aggregate recorders, which return no positions."""

    def create_recorder(self) -> EventLogRecorder:
        recorder = super().create_recorder()
        recorder.__class__ = _WithoutPositions
        return recorder


class TestApplicationRecorder(OnOurRecorder, ApplicationRecorderTestCase[EventLogRecorder]):
    """The library's shipped test case for application recorders, unchanged, with subscriptions."""

    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = True

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()

    def test_concurrent_no_conflicts(self, initial_position: int = 0) -> None:  # noqa: PT028
        super().test_concurrent_no_conflicts(initial_position)
        assert assert_one_unbroken_chain(self.url) == 10_000


class TestNonInterleaving(OnOurRecorder, NonInterleavingNotificationIDsBaseCase):
    """The library's shipped test case against interleaved positions, unchanged."""


def test_an_application_of_the_library_reads_our_events(recorder: EventLogRecorder, database: str) -> None:
    recorder.append([ANNA, OTHER])
    application = Application[str](env=library_environment(database))
    try:
        stream = deal_stream(ANNA.deal)
        entries = list(application.events.get(stream))
        assert entries[0] == LogEntry(stream, 1, ANNA)
        assert [entry.originator_version for entry in entries] == [1, 2]
        assert [item.id for item in application.notification_log.select(start=1, limit=10)] == [1, 2]
    finally:
        application.close()


def test_an_application_of_the_library_writes_events_that_we_read(recorder: EventLogRecorder, database: str) -> None:
    application = Application[str](env=library_environment(database))
    try:
        application.events.put([LogEntry(deal_stream(ANNA.deal), 1, ANNA)])
    finally:
        application.close()
    assert recorder.append([ANNA]) == [Outcome("duplicate", 1)]
    assert assert_one_unbroken_chain(database) == 1


def test_each_event_of_a_batch_learns_what_became_of_it(recorder: EventLogRecorder, database: str) -> None:
    outcomes = recorder.append([ANNA, ANNA, OTHER, reference_price("08-09 at 28"), OTHER, rejected(b"{")])
    assert outcomes == [
        Outcome("recorded", 1),
        Outcome("duplicate", 1),
        Outcome("conflict", 1),
        Outcome("recorded", 3),
        Outcome("duplicate", 2),
        Outcome("recorded", 4),
    ]
    assert assert_one_unbroken_chain(database) == 4


def test_duplicates_and_conflicts_are_found_across_batches_and_recorders(
    recorder: EventLogRecorder, database: str
) -> None:
    other_recorder = open_recorder(database)
    try:
        assert recorder.append([ANNA]) == [Outcome("recorded", 1)]
        assert recorder.append([ANNA]) == [Outcome("duplicate", 1)]
        assert other_recorder.append([ANNA, OTHER]) == [Outcome("duplicate", 1), Outcome("conflict", 1)]
        assert other_recorder.append([corrected(ANNA, OTHER, replaces=1)]) == [Outcome("recorded", 3)]
        assert recorder.append([OTHER, ANNA]) == [Outcome("duplicate", 2), Outcome("duplicate", 1)]
    finally:
        other_recorder.datastore.close()
    assert assert_one_unbroken_chain(database) == 3


def test_nothing_new_leaves_no_trace(recorder: EventLogRecorder, database: str) -> None:
    recorder.append([ANNA])
    assert recorder.append([]) == []
    recorder.append([ANNA])
    assert assert_one_unbroken_chain(database) == 1


def test_a_batch_is_recorded_whole_or_not_at_all(recorder: EventLogRecorder, database: str) -> None:
    poison = replace(OTHER, deal=replace(OTHER.deal, trader_id="a\0b"))
    with pytest.raises(PersistenceError):
        recorder.append([ANNA, poison])
    assert assert_one_unbroken_chain(database) == 0
    assert recorder.append([ANNA]) == [Outcome("recorded", 1)]


def test_the_longest_legal_identity_is_recorded(recorder: EventLogRecorder) -> None:
    random = Random(1)
    name = ["".join(chr(random.randrange(0x20000, 0x2A6DF)) for _ in range(128)) for _ in range(2)]
    longest = replace(ANNA, deal=replace(ANNA.deal, deal_id=name[0], trader_id=name[1]))
    assert recorder.append([longest]) == [Outcome("recorded", 1)]


def test_a_message_of_several_megabytes_is_kept_whole(recorder: EventLogRecorder) -> None:
    big = rejected(b"\xff" + Random(1).randbytes(8_000_000))
    assert recorder.append([big, big]) == [Outcome("recorded", 1), Outcome("duplicate", 1)]


def test_recorded_at_never_runs_backwards(recorder: EventLogRecorder, database: str) -> None:
    recorder.append([ANNA])
    ahead = instant("2999-01-01T00:00:00Z")
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE wattbook.log_head SET recorded_at = %s", (ahead,))
    recorder.append([OTHER])
    assert [row[4] for row in rows_of(database)][1] == ahead


def test_two_writers_with_overlapping_deals_and_rollbacks_leave_one_unbroken_chain(database: str) -> None:
    install(database, READ_MODELS)
    deals: list[Event] = [deal(f"anna buys {n} MW 08-09 at 40", deal_id=str(n % 80)) for n in range(1, 121)]
    poison = replace(ANNA, deal=replace(ANNA.deal, deal_id="\0"))

    def write(seed: int) -> list[Outcome]:
        random, outcomes = Random(seed), []
        recorder = open_recorder(database)
        try:
            for _ in range(60):
                batch = random.sample(deals, random.randint(1, 12))
                if random.random() < 0.2:
                    with pytest.raises(PersistenceError):
                        recorder.append([*batch, poison])
                else:
                    outcomes += recorder.append(batch)
            return outcomes + recorder.append(deals)
        finally:
            recorder.datastore.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = [outcome for written in pool.map(write, (1, 2)) for outcome in written]
    count = assert_one_unbroken_chain(database)
    assert count == len(deals)
    assert sum(outcome.kind != "duplicate" for outcome in outcomes) == count
    assert len({outcome.position for outcome in outcomes if outcome.kind == "recorded"}) == 80


@pytest.mark.parametrize("change", ["UPDATE wattbook.events SET topic = 'x'", "DELETE FROM wattbook.events"])
def test_the_chain_breaks_at_what_was_changed_behind_our_back(
    recorder: EventLogRecorder, database: str, change: str
) -> None:
    recorder.append([ANNA, OTHER])
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        connection.execute(f"{change} WHERE notification_id = 1".encode())
    with pytest.raises(AssertionError):
        assert_one_unbroken_chain(database)


def test_an_event_of_the_library_that_exists_already_is_refused(recorder: EventLogRecorder, database: str) -> None:
    event = StoredEvent("deal:x", 1, "deal.confirmed.v1", b"{}")
    assert recorder.insert_events([event]) == [1]
    with pytest.raises(IntegrityError):
        recorder.insert_events([replace(event, originator_id="deal:y"), event])
    assert assert_one_unbroken_chain(database) == 1


del AggregateRecorderTestCase, ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase


NOTED_AT_THE_COMMIT = """
    CREATE TABLE noted (setting text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO noted VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER note AFTER INSERT ON wattbook.events DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION note()
"""


@pytest.mark.parametrize("where", ["database", "role", "url"])
@pytest.mark.parametrize(
    ("habit", "kept"), [("off", "on"), ("local", "on"), ("on", "on"), ("remote_write", "remote_write")]
)
def test_every_commit_waits_for_the_disk_also_where_the_habit_is_another(
    database: str, where: str, habit: str, kept: str
) -> None:
    install(database, READ_MODELS)
    name = urlsplit(database).path[1:]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(NOTED_AT_THE_COMMIT.encode())
        if where != "url":
            whose = f'DATABASE "{name}"' if where == "database" else f'ROLE CURRENT_USER IN DATABASE "{name}"'
            connection.execute(f"ALTER {whose} SET synchronous_commit = {habit}".encode())
    url = f"{database}&options=-csynchronous_commit%3D{habit}" if where == "url" else database
    recorder = open_recorder(url)
    try:
        recorder.append([ANNA])
        recorder.append([OTHER])
        recorder.append_decided(["resolution:1"], lambda _: [resolved(1)])
        recorder.insert_events([StoredEvent("library", 1, "deal.confirmed.v1", b"{}")])
    finally:
        recorder.datastore.close()
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT setting FROM noted").fetchall() == [(kept,)] * 4
