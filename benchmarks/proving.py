"""How fast is a long log replayed, verified and asked about, beside the library's own way to read it?"""

import asyncio
import os
import resource
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from eventsourcing.persistence import JSONTranscoder

from adapters.event_log.raw_log import RawLog
from adapters.event_log.recorder import open_recorder
from adapters.event_log.stored_events import EventMapper
from adapters.postgres.embedded import SERVICE_ROLE, EmbeddedPostgres
from adapters.postgres.installation import install
from adapters.read_models.store import ReadStore
from benchmarks.bounds import bounds, ledger_bound, rebuild_bound
from benchmarks.deals import DAY, ZONE
from benchmarks.long_log import A_DAY, write_long_log
from benchmarks.projecting import library_runner
from benchmarks.shown import percentile, show_rates
from domain.book import Book
from projections import READ_MODELS
from projections.reading import Scope
from wattbook.rebuild import drop_kept, fill_new, rebuild
from wattbook.replay import replayed
from wattbook.settings import Settings
from wattbook.verify import verified_log

DEALS = int(os.environ.get("WATTBOOK_BENCH_DEALS", "5000000"))
LIBRARY_DEALS = min(100_000, DEALS)
REPORTS = 200


def proving(postgres: EmbeddedPostgres, folder: Path) -> None:
    """A log of 5 million deals (WATTBOOK_BENCH_DEALS): replay, verify, rebuild, reports as of any position."""
    install(postgres.url, READ_MODELS, service_role=SERVICE_ROLE)
    write_long_log(postgres.url, DEALS)
    url = postgres.service_url
    settings = Settings.from_environment({"WATTBOOK_DATA_DIR": str(folder)})
    log = partial(RawLog, url)
    rates = [
        ("Wattbook, replay of a trader's day", _timed(lambda: replayed(settings, log, Book("trader_1", DAY), DEALS))),
        ("Wattbook, verify, no read models yet", _timed(lambda: verified_log(url))),
        *((name, _timed(work)) for name, work in bounds(url, DEALS)),
        ("eventsourcing, select_notifications and mapper", _library(url)),
        ("eventsourcing, ProjectionRunner with one read model", library_runner(postgres)),
    ]
    show_rates(rates, "events/s")
    with redirect_stdout(None):
        rates = [
            ("Wattbook, all read models filled", _timed(lambda: fill_new(postgres.url, READ_MODELS))),
            ("Wattbook, rebuilt in use, compared, switched", _timed(lambda: rebuild(postgres.url, READ_MODELS))),
        ]
        drop_kept(postgres.url, READ_MODELS)
    rates.append(
        ("the bound: PostgreSQL writes and indexes the deals, alone", _timed(rebuild_bound(postgres.url, DEALS)))
    )
    show_rates(rates, "events/s")
    rates = [
        ("Wattbook, verify with all read models", _timed(lambda: verified_log(url))),
        ("the bound: PostgreSQL writes the ledger as text, alone", _timed(ledger_bound(url, DEALS))),
    ]
    show_rates(rates, "events/s")
    for whose in ("trader", "desk"):
        seconds = asyncio.run(_reports(url, whose))
        median, p99 = percentile(seconds, 0.5) * 1e3, percentile(seconds, 0.99) * 1e3
        print(f"  a {whose}'s day as of any position: median {median:.1f} ms, p99 {p99:.1f} ms, of {REPORTS}")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"  memory of the largest process: {peak / 1024:.0f} MB; load {os.getloadavg()[0]:.1f}")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return DEALS / (time.perf_counter() - started)


def _library(url: str) -> float:
    recorder = open_recorder(url)
    mapper = EventMapper(JSONTranscoder())
    started, after = time.perf_counter(), 0
    while after < LIBRARY_DEALS:
        page: Any = recorder.select_notifications(start=after, limit=500, inclusive_of_start=False)
        for notification in page:
            mapper.to_domain_event(notification)
        after = page[-1].id
    rate = after / (time.perf_counter() - started)
    recorder.datastore.close()
    return rate


async def _reports(url: str, whose: str) -> list[float]:
    random, seconds = Random(1), []
    async with ReadStore(url, ZONE, (), size=1) as store:
        for _ in range(REPORTS):
            position = random.randrange(1, DEALS + 1)
            day: date = DAY + timedelta(days=random.randrange(position) // A_DAY)
            started = time.perf_counter()
            async with store.snapshot() as snapshot:
                trader = f"trader_{random.randrange(10)}" if whose == "trader" else None
                await snapshot.performance(Scope(), trader, day, position)
            seconds.append(time.perf_counter() - started)
    return seconds
