"""How many deals a second does the log take, durably?"""

import os
import time
from pathlib import Path
from typing import Any

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg.conninfo import conninfo_to_dict

from adapters.event_log.recorder import open_recorder
from adapters.event_log.stored_events import LogEntry, state_of
from adapters.event_log.writer import BATCH
from adapters.postgres.embedded import SERVICE_ROLE, EmbeddedPostgres
from adapters.postgres.installation import install
from benchmarks.deals import deals
from benchmarks.roles import cpu_s
from benchmarks.shown import show_rates
from domain.recording import stream_of
from projections import READ_MODELS


def appending(postgres: EmbeddedPostgres, _: Path) -> None:
    """Durable appends of independent deals, one stream each, beside the library as it comes and a bare COPY."""
    install(postgres.url, READ_MODELS, service_role=SERVICE_ROLE)
    show_rates(
        [
            (f"Wattbook, batches of {BATCH:,}", _wattbook(postgres, 40_000, first_id=0, batch=BATCH)),
            ("Wattbook, batches of 500", _wattbook(postgres, 40_000, first_id=2_000_000, batch=500)),
            ("eventsourcing, one deal a save", _library_saves(postgres, 400)),
            ("eventsourcing, 500 deals an insert", _library_batches(postgres, 10_000)),
            ("bare COPY of the same rows", _copy(postgres, 40_000)),
        ],
        "events/s",
    )


def _wattbook(postgres: EmbeddedPostgres, count: int, first_id: int, batch: int) -> float:
    recorder = open_recorder(postgres.service_url)
    recorder.append(list(deals(100, first_id=10_000_000 + first_id)))
    with recorder.datastore.get_connection() as connection:
        backend = connection.info.backend_pid
    events = list(deals(count, first_id=first_id))
    started, own_s, backend_s = time.perf_counter(), time.process_time(), cpu_s(backend)
    for start in range(0, count, batch):
        recorder.append(events[start : start + batch])
    rate = count / (time.perf_counter() - started)
    own_us, backend_us = ((time.process_time() - own_s) / count * 1e6, (cpu_s(backend) - backend_s) / count * 1e6)
    print(
        f"  batches of {batch:,}: CPU of an event {own_us:.1f} us here and {backend_us:.1f} us in the database,"
        f" {1e6 / (own_us + backend_us):,.0f} events a second of one core; load {os.getloadavg()[0]:.1f}"
    )
    recorder.datastore.close()
    return rate


def library_environment(postgres: EmbeddedPostgres) -> dict[str, str]:
    """Return the environment of an eventsourcing application as it comes, with text ids and our mapper."""
    known: dict[str, Any] = conninfo_to_dict(postgres.url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "MAPPER_TOPIC": "adapters.event_log.stored_events:EventMapper",
        "ORIGINATOR_ID_TYPE": "text",
        "POSTGRES_DBNAME": str(known["dbname"]),
        "POSTGRES_HOST": str(known["host"]),
        "POSTGRES_USER": str(known["user"]),
        "POSTGRES_PASSWORD": "",
    }


def _library_saves(postgres: EmbeddedPostgres, count: int) -> float:
    entries: list[Any] = [LogEntry(stream_of(event), 1, event) for event in deals(count)]
    with _application(postgres) as application:
        started = time.perf_counter()
        for entry in entries:
            application.save(entry)
        return count / (time.perf_counter() - started)


def _library_batches(postgres: EmbeddedPostgres, count: int) -> float:
    events = deals(count, first_id=1_000_000)
    stored = [StoredEvent(stream_of(event), 1, event.TOPIC, state_of(event)) for event in events]
    with _application(postgres) as application:
        recorder = application.recorder
        assert isinstance(recorder, PostgresApplicationRecorder)
        started = time.perf_counter()
        for start in range(0, count, 500):
            recorder.insert_events(stored[start : start + 500])
        return count / (time.perf_counter() - started)


def _application(postgres: EmbeddedPostgres) -> "_Closing":
    return _Closing(Application(env=library_environment(postgres)))


class _Closing:
    def __init__(self, application: Any) -> None:
        self._application = application

    def __enter__(self) -> Any:
        return self._application

    def __exit__(self, *_: object) -> None:
        self._application.close()


def _copy(postgres: EmbeddedPostgres, count: int) -> float:
    rows = [(stream_of(event), 1, event.TOPIC, state_of(event)) for event in deals(count)]
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(
            'CREATE TABLE bare (id text COLLATE "C", version bigint, topic text, state bytea,'
            " position bigserial, PRIMARY KEY (id, version))"
        )
        started = time.perf_counter()
        for start in range(0, count, BATCH):
            with connection.cursor().copy("COPY bare (id, version, topic, state) FROM STDIN (FORMAT binary)") as copy:
                copy.set_types(["text", "bigint", "text", "bytea"])
                for row in rows[start : start + BATCH]:
                    copy.write_row(row)
        return count / (time.perf_counter() - started)
