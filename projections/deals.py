"""Which deals were made? A ledger: every row stays, and a deal taken back has a second row that says so."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from domain.events import Deal, DealCancelled, DealConfirmed, DealCorrected, Direction, Recorded
from domain.figures import worth_of
from projections.read_model import ReadModel


class DealRow(NamedTuple):
    """One entry of the ledger: ``sign`` 1 adds the deal, -1 takes back the one recorded at ``replaces``."""

    position: int
    sign: int
    replaces: int | None
    recorded_at: datetime
    exchange: str
    deal_id: str
    trader_id: str
    direction: Direction
    quantity_mw: Decimal
    price_eur_mwh: Decimal
    energy_mwh: Decimal
    money_eur: Decimal
    delivery_day: date
    label: str
    delivery_start: datetime
    minutes: int
    executed_at: datetime


def contributions(recorded: Recorded) -> Sequence[DealRow]:
    """Return the ledger rows of one event."""
    match recorded.event:
        case DealConfirmed(deal=deal):
            return [_row(recorded, deal, 1, None)]
        case DealCancelled(deal=deal, replaces=position):
            return [_row(recorded, deal, -1, position)]
        case DealCorrected(before=before, deal=deal, replaces=position):
            return [_row(recorded, before, -1, position), _row(recorded, deal, 1, None)]
        case _:
            return []


def _row(recorded: Recorded, deal: Deal, sign: int, replaces: int | None) -> DealRow:
    energy_mwh, money_eur = worth_of(deal)
    return DealRow(
        position=recorded.position,
        sign=sign,
        replaces=replaces,
        recorded_at=recorded.recorded_at,
        exchange=deal.exchange,
        deal_id=deal.deal_id,
        trader_id=deal.trader_id,
        direction=deal.direction,
        quantity_mw=deal.quantity_mw,
        price_eur_mwh=deal.price_eur_mwh,
        energy_mwh=energy_mwh,
        money_eur=money_eur,
        delivery_day=deal.period.day,
        label=deal.period.label,
        delivery_start=deal.period.start,
        minutes=deal.period.minutes,
        executed_at=deal.executed_at,
    )


deals = ReadModel(
    name="deals",
    version=1,
    row=DealRow,
    key=("position", "sign"),
    contributions=contributions,
    indexes=(
        "delivery_day, trader_id, position",
        "trader_id, position",
        "executed_at, position",
        "delivery_start",
    ),
    sparse_indexes=("replaces",),
)
