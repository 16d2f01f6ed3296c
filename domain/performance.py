"""How did one book do on one delivery day, and what was known when the answer was made?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.figures import Figures, Totals, figures_of_period, figures_over
from domain.periods import DeliveryPeriod, hours_of


@dataclass(frozen=True)
class Moment:
    """A moment of knowledge: a position of the log, the last one recorded at or before a time, or with neither now."""

    position: int | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class Knowledge:
    """What an answer was computed from: a place in the log, and up to when no deal can be missing."""

    position: int
    recorded_at: datetime | None
    complete_up_to: datetime | None
    projection_version: str


@dataclass(frozen=True)
class ReferencePrice:
    """The observation that stands for a period: its value in EUR/MWh may be undefined (``None``)."""

    period: DeliveryPeriod
    value: Decimal | None
    last_update: datetime
    recorded_at: datetime
    position: int


@dataclass(frozen=True)
class PeriodFigures:
    """The figures of one period, and how old its reference price is."""

    period: DeliveryPeriod
    figures: Figures
    reference_last_update: datetime | None


@dataclass(frozen=True)
class Performance:
    """How a trader did on a delivery day; ``trader_id`` is ``None`` for the whole desk, one book of all deals."""

    trader_id: str | None
    delivery_day: date
    knowledge: Knowledge
    total: Figures
    periods: tuple[PeriodFigures, ...]
    open_rejections: int


def performance_of(
    *,
    trader_id: str | None,
    delivery_day: date,
    zone: ZoneInfo,
    totals: Mapping[DeliveryPeriod, Totals],
    reference_prices: Sequence[ReferencePrice],
    knowledge: Knowledge,
    open_rejections: int,
) -> Performance:
    """Return the performance that these sums and prices make.

    Every delivery hour of the day has an entry, and each half- and quarter-hour with
    deals, by start, the longer first.
    """
    standing = {price.period: price for price in reference_prices}
    with_deals = {period for period, sums in totals.items() if sums.deals}
    periods = sorted({*hours_of(delivery_day, zone), *with_deals}, key=lambda period: period.sort_key)
    rows = tuple(_row(period, totals.get(period, Totals()), standing.get(period)) for period in periods)
    return Performance(
        trader_id, delivery_day, knowledge, figures_over(row.figures for row in rows), rows, open_rejections
    )


def _row(period: DeliveryPeriod, totals: Totals, price: ReferencePrice | None) -> PeriodFigures:
    figures = figures_of_period(totals, price.value if price else None)
    return PeriodFigures(period, figures, price.last_update if price else None)
