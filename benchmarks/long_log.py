"""How does a benchmark come to a log of millions of deals? Chained and copied as the recorder does, from one seed."""

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import psycopg

from adapters.event_log.rows import COPY_ROWS, Head, Rows
from adapters.event_log.stored_events import state_of
from benchmarks.deals import deals
from domain.events import DealConfirmed
from domain.recording import stream_of

A_DAY = 20_000
"""Deals for one delivery day."""

BATCH = 5_000


def write_long_log(database_url: str, count: int, seed: int = 1) -> None:
    """Fill an empty log with *count* deals, spread over as many delivery days as they need."""
    started = time.perf_counter()
    with psycopg.connect(database_url) as connection:
        start: Any = connection.execute("SELECT position, clock_timestamp(), hash FROM wattbook.log_head").fetchone()
        head = Head(start[0], start[1], bytes(start[2]))
        for batch in _batches(count, seed):
            recorded_at = head.recorded_at + timedelta(milliseconds=100)
            rows = Rows(Head(head.position, recorded_at, head.hash))
            for event in batch:
                rows.add(stream_of(event), 1, event.TOPIC, state_of(event))
            with connection.cursor() as cursor, cursor.copy(COPY_ROWS) as copy:
                for piece in rows.copied():
                    copy.write(piece)
            head = Head(rows.position, recorded_at, rows.hash)
        connection.execute(
            "UPDATE wattbook.log_head SET position = %s, recorded_at = %s, hash = %s",
            (head.position, head.recorded_at, head.hash),
        )
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) wattbook.events")
    print(f"  {count:,} deals written in {time.perf_counter() - started:.0f} s", flush=True)


def _batches(count: int, seed: int) -> Iterator[list[DealConfirmed]]:
    made = deals(count, seed, a_day=A_DAY)
    while batch := list(islice(made, BATCH)):
        yield batch
