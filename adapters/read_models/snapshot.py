"""What can be read from one snapshot of the log and the read models?"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from adapters.read_models import day_files as day_file_reads
from adapters.read_models import deals as deal_pages
from adapters.read_models import events as log_reads
from adapters.read_models import evidence as evidence_reads
from adapters.read_models import feeds as feed_reads
from adapters.read_models import performance as performance_reads
from adapters.read_models import rejections as rejection_reads
from adapters.read_models import reports as report_reads
from adapters.read_models.feeds import CoverageMemory
from adapters.read_models.warnings import standing_warnings
from domain.book import Book
from domain.figures import Totals
from domain.losses import OutageAccount
from domain.performance import Knowledge, Performance, ReferencePrice, performance_of
from domain.periods import DeliveryPeriod, hours_of, periods_of
from projections import PROJECTION_VERSION
from projections.day_files import DayFileRow
from projections.deals import DealRow
from projections.explanation import Explanation, explanation
from projections.reading import (
    ROOM_BYTES,
    Changes,
    DealFilter,
    DealOrder,
    EventFilter,
    FeedConnection,
    FeedStatus,
    HealthStatus,
    LogEvent,
    Page,
    RecordedMoments,
    Scope,
    Slice,
)
from projections.rejections import RejectionRow
from projections.reports import ReportRow


@dataclass(frozen=True)
class ReadSnapshot:
    """One repeatable-read transaction; every answer in it is computed from the same rows.

    ``head`` is the last position of the log and ``projected`` how far all read models have
    come. ``sums_position`` is how far the sums alone have come: they have no history, so
    they answer only for exactly that position.
    """

    connection: AsyncConnection[TupleRow]
    zone: ZoneInfo
    lines: tuple[str, ...]
    coverage: CoverageMemory
    head: int
    projected: int
    sums_position: int
    _known: dict[int, Knowledge] = field(default_factory=dict)

    async def position_at(self, moment: datetime) -> int:
        """Return the position of the last event recorded at or before *moment*, 0 before the first."""
        return await log_reads.position_at(self.connection, moment)

    async def knowledge(self, position: int) -> Knowledge:
        """Return what an answer as of *position* is computed from."""
        known = self._known.get(position)
        if known is None:
            recorded_at, complete = await self.coverage.known_at(self.connection, position)
            known = self._known[position] = Knowledge(position, recorded_at, complete, PROJECTION_VERSION)
        return known

    async def performance(self, scope: Scope, trader_id: str | None, day: date, position: int) -> Performance:
        """Return how a trader, or the desk, did on *day* as known at *position*.

        Of books that *scope* does not show there are no rows, so the answer is that of an unknown trader.
        """
        totals = await self._totals(scope, trader_id, day, position)
        periods = {*hours_of(day, self.zone), *totals}
        return performance_of(
            trader_id=trader_id,
            delivery_day=day,
            zone=self.zone,
            totals=totals,
            reference_prices=await performance_reads.reference_prices(self.connection, day, periods, position),
            knowledge=await self.knowledge(position),
            open_rejections=await rejection_reads.concerning(self.connection, scope, trader_id, day, position),
        )

    async def _totals(
        self, scope: Scope, trader_id: str | None, day: date, position: int
    ) -> dict[DeliveryPeriod, Totals]:
        if position == self.sums_position:
            return await performance_reads.live_totals(self.connection, scope, trader_id, day)
        if position < self.sums_position == self.projected:
            # Most days that are asked about are over: their sums are long what they were.
            totals = await performance_reads.totals_since(self.connection, scope, trader_id, day, position)
            if totals:
                return totals
        return await performance_reads.totals_as_of(self.connection, scope, trader_id, day, position)

    async def explanation(
        self, scope: Scope, trader_id: str | None, day: date, start: int, end: int, limit: int
    ) -> Explanation | None:
        """Return what changed a performance between two positions, ``None`` where more than *limit* events did."""
        if scope.trader_id is not None and scope.trader_id != trader_id:
            return explanation(Book(trader_id, day), ())
        found = await log_reads.concerning(self.connection, trader_id, day, start, end, limit, ROOM_BYTES)
        if found is None:
            return None
        totals = await performance_reads.totals_as_of(self.connection, scope, trader_id, day, start)
        book = Book.known(trader_id, day, start, totals, await self.reference_prices(day, start))
        # Thousands of figures take a second or more: other answers must not wait for it.
        return await asyncio.to_thread(explanation, book, found)

    async def reference_prices(self, day: date, position: int) -> list[ReferencePrice]:
        """Return the observation that stands for each period of *day*, by start, the longer first."""
        return await performance_reads.reference_prices(self.connection, day, periods_of(day, self.zone), position)

    async def recorded_moments(self, scope: Scope, trader_id: str | None, day: date, at_most: int) -> RecordedMoments:
        """Return when something was recorded that may have changed a performance, no more than *at_most* moments."""
        if not scope.shows(trader_id):
            return RecordedMoments(0, ())
        return await evidence_reads.recorded_moments(self.connection, trader_id, day, self.projected, at_most)

    async def price_observations(self, day: date, label: str, position: int, limit: int) -> list[ReferencePrice]:
        """Return what was observed for a period of *day*: the observation that stands, then those before it."""
        return await evidence_reads.price_observations(self.connection, day, label, position, limit)

    async def traders(self, scope: Scope, position: int) -> list[str]:
        """Return the traders with deals as of *position*, in name order."""
        return await deal_pages.traders(self.connection, scope, position)

    async def traders_to_choose_from(self) -> list[str]:
        """Return all traders with deals, whoever asks: the names that the development sign-in offers."""
        return await self.traders(Scope(), self.projected)

    async def deals(
        self, scope: Scope, wanted: DealFilter, order: DealOrder, page: Page, position: int
    ) -> Slice[DealRow]:
        """Return a page of the deals that stand as of *position*."""
        return await deal_pages.deals(self.connection, scope, wanted, order, page, position)

    async def events(
        self, scope: Scope, wanted: EventFilter, page: Page, newest_first: bool = False
    ) -> Slice[LogEvent]:
        """Return a page of the log, upwards or the newest first; for a trader of own deals, prices and feeds."""
        return await log_reads.events(self.connection, scope, wanted, page, self.projected, newest_first)

    async def rejections(self, scope: Scope, include_resolved: bool, page: Page) -> Slice[RejectionRow]:
        """Return a page of the rejections, newest first."""
        return await rejection_reads.rejections(self.connection, scope, include_resolved, page, self.projected)

    async def reports(self, scope: Scope, trader_id: str | None, day: date | None, page: Page) -> Slice[ReportRow]:
        """Return a page of the published reports, of a trader or a day where given, newest first."""
        return await report_reads.reports(self.connection, scope, trader_id, day, page, self.projected)

    async def report(self, scope: Scope, report_position: int) -> ReportRow | None:
        """Return the report published at *report_position*, ``None`` where there is none."""
        return await report_reads.report(self.connection, scope, report_position, self.projected)

    async def day_files(self, scope: Scope, limit: int) -> Sequence[DayFileRow]:
        """Return the newest imports of day files, the newest first."""
        return await day_file_reads.day_files(self.connection, scope, limit, self.projected)

    async def feeds(self) -> Sequence[FeedStatus]:
        """Return how each line is: the configured ones in their order, then others that the log knows."""
        coverage = await self.coverage.at(self.connection, self.projected)
        return await feed_reads.feeds(self.connection, self.lines, coverage)

    async def outages(self, position: int, day: date | None, untold_only: bool, limit: int) -> list[OutageAccount]:
        """Return the newest outages known at *position*, or those that may have cost *day* deals, newest first."""
        coverage = await self.coverage.at(self.connection, position)
        if day is not None:
            last = [period.start for period in periods_of(day, self.zone)[-1:]]
            found = coverage.untold_accounts(last[0]) if last else iter(())
        else:
            found = coverage.untold_accounts() if untold_only else coverage.accounts()
        return list(islice(found, limit))

    async def feed_connections(self, start: datetime, end: datetime, limit: int) -> list[FeedConnection]:
        """Return the connections that were open at some moment from *start* to *end*, newest first."""
        return await feed_reads.connections(self.connection, start, end, limit, self.projected)

    async def health(self, scope: Scope) -> HealthStatus:
        """Return how current everything is."""
        coverage = await self.coverage.at(self.connection, self.projected)
        return HealthStatus(
            feeds=await self.feeds(),
            log_position=self.head,
            projection_position=self.projected,
            reference_price_fetched_at=await feed_reads.reference_price_fetched_at(self.connection),
            open_rejections=await rejection_reads.open_count(self.connection, scope, self.projected),
            complete_up_to=(await self.knowledge(self.projected)).complete_up_to,
            untold_outages=coverage.untold_outages,
            warnings=await standing_warnings(self.connection),
        )

    async def changes(self, after: int) -> Changes:
        """Return whose figures the events after *after*, as far as they are projected, concern."""
        return await performance_reads.changes(self.connection, after, self.projected)
