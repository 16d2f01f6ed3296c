"""How many events a second do the read models take?"""

import asyncio
import time
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from adapters.event_log.pages import LogPages
from adapters.event_log.recorder import open_recorder
from adapters.event_log.stored_events import LogEntry
from adapters.postgres.embedded import SERVICE_ROLE, EmbeddedPostgres
from adapters.postgres.installation import install
from adapters.read_models.tables import ReadTables
from benchmarks.appending import library_environment
from benchmarks.deals import deals
from benchmarks.shown import show_rates
from domain.events import DealConfirmed
from domain.figures import totals_of
from domain.recording import stream_of
from projections import READ_MODELS
from projections.runner import Runner

COUNT = 40_000
LIBRARY_COUNT = 400


def projecting(postgres: EmbeddedPostgres, _: Path) -> None:
    """All read models from the log, beside the library's ProjectionRunner with one of them."""
    install(postgres.url, READ_MODELS, service_role=SERVICE_ROLE)
    recorder = open_recorder(postgres.service_url)
    events = list(deals(COUNT))
    for start in range(0, COUNT, 1_000):
        recorder.append(events[start : start + 1_000])
    recorder.datastore.close()
    ours = asyncio.run(_wattbook(postgres))
    show_rates(
        [("Wattbook, all read models", ours), ("eventsourcing ProjectionRunner, one", library_runner(postgres))],
        "events/s",
    )


async def _wattbook(postgres: EmbeddedPostgres) -> float:
    async with LogPages(postgres.service_url) as pages, ReadTables(postgres.service_url) as tables:
        runner = Runner(pages, tables, READ_MODELS)
        started = time.perf_counter()
        while await runner.step():
            pass
        return COUNT / (time.perf_counter() - started)


class PositionsView(PostgresTrackingRecorder):
    """The sums of each trader and hour, as one would write them with the library alone."""

    def __init__(self, datastore: Any, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS library_positions (trader text, label text, bought numeric,"
                " sold numeric, PRIMARY KEY (trader, label))"
            ).format()
        )

    def add(self, event: DealConfirmed, tracking: Tracking) -> None:
        """Add one deal and move the tracking position with it."""
        totals = totals_of(event.deal)
        with self.datastore.transaction(commit=True) as curs:
            curs.execute(
                "INSERT INTO library_positions AS t VALUES (%s, %s, %s, %s) ON CONFLICT (trader, label)"
                " DO UPDATE SET bought = t.bought + excluded.bought, sold = t.sold + excluded.sold",
                (event.deal.trader_id, event.deal.period.label, totals.bought_mwh, totals.sold_mwh),
                prepare=True,
            )
            self._insert_tracking(curs, tracking)


class PositionsProjection(Projection[PositionsView]):
    """Feeds the view, event by event."""

    name = "positions"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Add the deal of one event."""
        entry: LogEntry = domain_event
        assert isinstance(entry.event, DealConfirmed)
        self.view.add(entry.event, tracking)


def library_runner(postgres: EmbeddedPostgres) -> float:
    """Return how many events a second the library's runner projects into one read model, each in a transaction."""
    environment = library_environment(postgres)
    application: Application[Any] = Application(env=environment)
    entries: list[Any] = [LogEntry(stream_of(event), 1, event) for event in deals(LIBRARY_COUNT)]
    application.save(*entries)
    last = application.recorder.max_notification_id()
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Application, projection_class=PositionsProjection, view_class=PositionsView, env=environment
    ) as runner:
        runner.wait(last, timeout=120)
    rate = LIBRARY_COUNT / (time.perf_counter() - started)
    application.close()
    return rate
