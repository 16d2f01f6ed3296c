"""What do the events alone say of one book on one delivery day? Every figure from the facts, without a read model."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from domain.events import (
    DayFileImported,
    Deal,
    DealCancelled,
    DealConfirmed,
    DealConflicted,
    DealCorrected,
    FeedConnected,
    FeedDisconnected,
    FeedInterrupted,
    MessageRejected,
    Recorded,
    ReferencePriceUpdated,
    RejectionResolved,
    connection_of,
)
from domain.figures import Figures, Totals, figures_of_period, figures_over, totals_of
from domain.losses import Coverage, Interruption, LineConnection, whole_stretches
from domain.performance import Knowledge, Performance, ReferencePrice, performance_of
from domain.periods import DeliveryPeriod, hours_of
from domain.telling import ToldByFile

_Slot = tuple[datetime, int]
"""When a period begins, and how many minutes it has: prices know no labels of deals."""


@dataclass
class Book:
    """One trader's book, or with ``trader_id`` ``None`` the desk's, on ``delivery_day``, after the events added so far.

    The order in which events are added does not matter, so stretches of a log can be read
    side by side and put together.
    """

    trader_id: str | None
    delivery_day: date
    position: int = 0
    recorded_at: datetime | None = None
    _totals: dict[DeliveryPeriod, Totals] = field(default_factory=dict)
    _prices: dict[_Slot, ReferencePrice] = field(default_factory=dict)
    _rejections: set[int] = field(default_factory=set)
    _resolved: set[int] = field(default_factory=set)
    _connections: dict[tuple[str, str], LineConnection] = field(default_factory=dict)
    _interruptions: dict[tuple[str, str], list[Interruption]] = field(default_factory=dict)
    _told: list[ToldByFile] = field(default_factory=list)

    @classmethod
    def known(
        cls,
        trader_id: str | None,
        delivery_day: date,
        position: int,
        totals: Mapping[DeliveryPeriod, Totals],
        prices: Iterable[ReferencePrice],
    ) -> Self:
        """Return the book as its sums and standing prices at *position* are; only its figures can be asked for."""
        book = cls(trader_id, delivery_day, position)
        book._totals = dict(totals)
        book._prices = {(price.period.start, price.period.minutes): price for price in prices}
        return book

    def reached(self, position: int, recorded_at: datetime) -> None:
        """Note that every event up to *position* was added, or does not concern this book."""
        if position > self.position:
            self.position, self.recorded_at = position, recorded_at

    def add(self, recorded: Recorded) -> None:
        """Let one event count."""
        self.reached(recorded.position, recorded.recorded_at)
        match recorded.event:
            case DealConfirmed(deal=deal):
                self._count(deal, totals_of(deal))
            case DealCancelled(deal=deal):
                self._count(deal, -totals_of(deal))
            case DealCorrected(before=before, deal=deal):
                self._count(before, -totals_of(before))
                self._count(deal, totals_of(deal))
            case DealConflicted(deal=deal):
                self._reject(recorded.position, deal.trader_id, deal.period.day)
            case MessageRejected(trader_id=trader_id, delivery_day=day):
                self._reject(recorded.position, trader_id, day)
            case RejectionResolved(rejection=position):
                self._resolved.add(position)
            case ReferencePriceUpdated():
                self._price(recorded, recorded.event)
            case FeedConnected() as up:
                self._connections.setdefault(
                    (up.line, up.connection), LineConnection(up.connected_at, None, up.line, None, None)
                )
            case FeedDisconnected() as down:
                self._connections[down.line, down.connection] = LineConnection(
                    down.connected_at, down.last_heard_at, down.line, down.disconnected_at, down.reason
                )
            case FeedInterrupted() as gap:
                lost = Interruption(gap.lost_from, gap.lost_until, gap.reason)
                self._interruptions.setdefault((gap.line, gap.connection), []).append(lost)
            case DayFileImported() as file if file.told_until > file.told_from:
                self._told.append(ToldByFile(file.told_from, file.told_until, file.name))

    def count(self, trader_id: str, period: DeliveryPeriod, totals: Totals) -> None:
        """Let what a trader did in a period count, where it is of this book; positions are for :meth:`reached`."""
        if period.day == self.delivery_day and self.trader_id in (None, trader_id):
            self._totals[period] = self._totals.get(period, Totals()) + totals

    def merge(self, other: "Book") -> None:
        """Let all that *other* has counted, of other events of the same log, count here too."""
        if other.recorded_at is not None:
            self.reached(other.position, other.recorded_at)
        for period, totals in other._totals.items():
            self._totals[period] = self._totals.get(period, Totals()) + totals
        for slot, price in other._prices.items():
            self._prices[slot] = _newest(self._prices.get(slot), price)
        self._rejections |= other._rejections
        self._resolved |= other._resolved
        for key, connection in other._connections.items():
            known = self._connections.get(key)
            if known is None or known.ended_at is None:
                self._connections[key] = connection
        for key, lost in other._interruptions.items():
            self._interruptions.setdefault(key, []).extend(lost)
        self._told += other._told

    def performance(self, zone: ZoneInfo, projection_version: str) -> Performance:
        """Return the figures, in the market's *zone*, as known at the position reached."""
        periods = {*hours_of(self.delivery_day, zone), *self._totals}
        whole = (
            stretch
            for (line, name), connection in self._connections.items()
            for stretch in whole_stretches(connection, self._interruptions.get((line, connection_of(name)), ()))
        )
        coverage = Coverage(whole, self._told)
        return performance_of(
            trader_id=self.trader_id,
            delivery_day=self.delivery_day,
            zone=zone,
            totals=self._totals,
            reference_prices=self._prices_of(periods),
            knowledge=Knowledge(
                self.position, self.recorded_at, coverage.complete_up_to(self.recorded_at), projection_version
            ),
            open_rejections=len(self._rejections - self._resolved),
        )

    def total(self) -> Figures:
        """Return the figures over all periods."""
        return figures_over(
            figures_of_period(totals, None if price is None else price.value)
            for period, totals in self._totals.items()
            for price in (self._prices.get((period.start, period.minutes)),)
        )

    def _prices_of(self, periods: Iterable[DeliveryPeriod]) -> list[ReferencePrice]:
        standing = ((period, self._prices.get((period.start, period.minutes))) for period in periods)
        return [
            ReferencePrice(period, price.value, price.last_update, price.recorded_at, price.position)
            for period, price in standing
            if price is not None
        ]

    def _count(self, deal: Deal, totals: Totals) -> None:
        self.count(deal.trader_id, deal.period, totals)

    def _reject(self, position: int, trader_id: str | None, day: date | None) -> None:
        """Count a rejection that may concern this book: one whose trader or day cannot be read may concern any."""
        nobodys = trader_id is None or day is None
        if nobodys or (day == self.delivery_day and self.trader_id in (None, trader_id)):
            self._rejections.add(position)

    def _price(self, recorded: Recorded, price: ReferencePriceUpdated) -> None:
        if price.period.day == self.delivery_day:
            slot = (price.period.start, price.period.minutes)
            seen = ReferencePrice(price.period, price.value, price.last_update, recorded.recorded_at, recorded.position)
            self._prices[slot] = _newest(self._prices.get(slot), seen)


def _newest(one: ReferencePrice | None, other: ReferencePrice) -> ReferencePrice:
    if one is None or (one.last_update, one.position) < (other.last_update, other.position):
        return other
    return one
