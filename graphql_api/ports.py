"""What does the API need from outside? The log and the read models, and news of their changes."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from domain.events import Recorded
from domain.losses import OutageAccount
from domain.performance import Knowledge, Performance, ReferencePrice
from domain.resolution import Choice, Settled
from projections.day_files import DayFileRow
from projections.deals import DealRow
from projections.explanation import Explanation
from projections.reading import (
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


class Positions(Protocol):
    """How far the log goes, and how far all read models have come."""

    @property
    def head(self) -> int: ...
    @property
    def projected(self) -> int: ...


class PositionsNow(Positions, Protocol):
    """The same, with the tables of read models that no event was applied to yet, while some were to others."""

    @property
    def new(self) -> Sequence[str]: ...


class Snapshot(Positions, Protocol):
    """A view of everything that holds still; each method reads only what its scope shows."""

    async def position_at(self, moment: datetime) -> int:
        """Return the position of the last event recorded at or before *moment*, 0 before the first."""

    async def knowledge(self, position: int) -> Knowledge:
        """Return what an answer as of *position* is computed from."""

    async def performance(self, scope: Scope, trader_id: str | None, day: date, position: int) -> Performance:
        """Return how a trader, or the desk, did on *day* as known at *position*."""

    async def explanation(
        self, scope: Scope, trader_id: str | None, day: date, start: int, end: int, limit: int
    ) -> Explanation | None:
        """Return what changed a performance between two positions, ``None`` where more than *limit* events did."""

    async def recorded_moments(self, scope: Scope, trader_id: str | None, day: date, at_most: int) -> RecordedMoments:
        """Return when something was recorded that may have changed a performance, no more than *at_most* moments."""

    async def reference_prices(self, day: date, position: int) -> Sequence[ReferencePrice]:
        """Return the observation that stands for each period of *day*."""

    async def price_observations(self, day: date, label: str, position: int, limit: int) -> Sequence[ReferencePrice]:
        """Return what was observed for a period of *day*: the observation that stands, then those before it."""

    async def traders(self, scope: Scope, position: int) -> Sequence[str]:
        """Return the traders with deals as of *position*, in name order."""

    async def traders_to_choose_from(self) -> Sequence[str]:
        """Return all traders with deals, whoever asks: the names that the development sign-in offers."""

    async def deals(
        self, scope: Scope, wanted: DealFilter, order: DealOrder, page: Page, position: int
    ) -> Slice[DealRow]:
        """Return a page of the deals that stand as of *position*."""

    async def events(
        self, scope: Scope, wanted: EventFilter, page: Page, newest_first: bool = False
    ) -> Slice[LogEvent]:
        """Return a page of the log, upwards or the newest first, as far as it has room for their payloads."""

    async def rejections(self, scope: Scope, include_resolved: bool, page: Page) -> Slice[RejectionRow]:
        """Return a page of the rejections, newest first, as far as it has room for their messages."""

    async def reports(self, scope: Scope, trader_id: str | None, day: date | None, page: Page) -> Slice[ReportRow]:
        """Return a page of the published reports, newest first, as far as it has room for what they say."""

    async def report(self, scope: Scope, report_position: int) -> ReportRow | None:
        """Return the report published at a position."""

    async def day_files(self, scope: Scope, limit: int) -> Sequence[DayFileRow]:
        """Return the newest imports of day files, the newest first."""

    async def feeds(self) -> Sequence[FeedStatus]:
        """Return how each line to the exchange is."""

    async def outages(self, position: int, day: date | None, untold_only: bool, limit: int) -> Sequence[OutageAccount]:
        """Return the newest outages known at *position*, or those that may have cost *day* deals, newest first."""

    async def feed_connections(self, start: datetime, end: datetime, limit: int) -> Sequence[FeedConnection]:
        """Return the connections that were open at some moment from *start* to *end*, newest first."""

    async def health(self, scope: Scope) -> HealthStatus:
        """Return how current everything is."""

    async def changes(self, after: int) -> Changes:
        """Return whose figures the events after *after* concern."""


class Store(Protocol):
    """The log and the read models."""

    async def positions(self) -> PositionsNow:
        """Return where the log and the read models are now."""

    async def lag_s(self) -> float:
        """Return for how many seconds the oldest event that is not in all read models has been recorded."""

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Open a view that holds still."""

    async def wait_for(self, position: int) -> None:
        """Return when all read models have reached *position*, at the latest after 2 s.

        Raises :class:`domain.errors.UnknownPositionError` past the head of the log and
        :class:`domain.errors.ReadModelsBehindError` when it takes too long.
        """

    async def recorded_deals(
        self, scope: Scope, trader_id: str | None, after: int, until: int, limit: int
    ) -> Sequence[DealRow]:
        """Return the deals recorded after *after* up to *until*, in log order."""


class Watch(Protocol):
    """News of the read models."""

    def moves(self) -> AsyncGenerator[None, None]:
        """Yield when the read models may have moved on, and every second in any case."""


class Settler(Protocol):
    """Where rejections are settled: in the log, durably, once each."""

    async def settle(self, position: int, choice: Choice, reason: str, author: str) -> Settled:
        """Settle the rejection at *position*, with what follows from it.

        Raises :class:`domain.errors.ResolutionRefusedError` where it cannot be settled like that, and
        :class:`domain.errors.DatabaseUnavailableError` when the log does not answer within seconds.
        """


class Publisher(Protocol):
    """Where reports are published: in the log, durably."""

    async def publish(self, performance: Performance, author: str) -> Recorded:
        """Freeze *performance* as a report; return its event.

        Raises :class:`domain.errors.DatabaseUnavailableError` when the log does not answer within seconds.
        """
