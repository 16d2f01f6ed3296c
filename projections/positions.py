"""What has each trader bought and sold in each delivery period? The sums behind the live figures."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from domain.events import Deal, DealCancelled, DealConfirmed, DealCorrected, Recorded
from domain.figures import Totals, totals_of
from projections.read_model import ReadModel


class PositionRow(NamedTuple):
    """One trader's sums in one delivery period: energy in MWh, money in EUR."""

    delivery_day: date
    trader_id: str
    delivery_start: datetime
    minutes: int
    label: str
    deals: int
    bought_mwh: Decimal
    sold_mwh: Decimal
    bought_eur: Decimal
    sold_eur: Decimal


def contributions(recorded: Recorded) -> Sequence[PositionRow]:
    """Return what one event adds to the sums."""
    match recorded.event:
        case DealConfirmed(deal=deal):
            return [_row(deal, totals_of(deal))]
        case DealCancelled(deal=deal):
            return [_row(deal, -totals_of(deal))]
        case DealCorrected(before=before, deal=deal):
            return [_row(before, -totals_of(before)), _row(deal, totals_of(deal))]
        case _:
            return []


def _row(deal: Deal, totals: Totals) -> PositionRow:
    return PositionRow(
        delivery_day=deal.period.day,
        trader_id=deal.trader_id,
        delivery_start=deal.period.start,
        minutes=deal.period.minutes,
        label=deal.period.label,
        deals=totals.deals,
        bought_mwh=totals.bought_mwh,
        sold_mwh=totals.sold_mwh,
        bought_eur=totals.bought_eur,
        sold_eur=totals.sold_eur,
    )


positions = ReadModel(
    name="positions",
    version=1,
    row=PositionRow,
    key=("delivery_day", "trader_id", "delivery_start", "minutes", "label"),
    contributions=contributions,
    merges=(
        ("deals", "sum"),
        ("bought_mwh", "sum"),
        ("sold_mwh", "sum"),
        ("bought_eur", "sum"),
        ("sold_eur", "sum"),
    ),
    indexes=("delivery_start",),
)
