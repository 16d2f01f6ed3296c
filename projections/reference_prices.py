"""What did the provider say a period is worth? Every observation; the newest by its own clock stands."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from domain.events import Recorded, ReferencePriceUpdated
from projections.read_model import ReadModel


class ReferencePriceRow(NamedTuple):
    """One observation, in EUR/MWh; the one with the newest ``last_update`` stands, of equals the later position."""

    position: int
    recorded_at: datetime
    delivery_day: date
    label: str
    delivery_start: datetime
    minutes: int
    value: Decimal | None
    last_update: datetime
    fetched_at: datetime


def contributions(recorded: Recorded) -> Sequence[ReferencePriceRow]:
    """Return the observation that an event holds."""
    match recorded.event:
        case ReferencePriceUpdated() as price:
            return [
                ReferencePriceRow(
                    position=recorded.position,
                    recorded_at=recorded.recorded_at,
                    delivery_day=price.period.day,
                    label=price.period.label,
                    delivery_start=price.period.start,
                    minutes=price.period.minutes,
                    value=price.value,
                    last_update=price.last_update,
                    fetched_at=price.fetched_at,
                )
            ]
        case _:
            return []


reference_prices = ReadModel(
    name="reference_prices",
    version=1,
    row=ReferencePriceRow,
    key=("position",),
    contributions=contributions,
    indexes=("delivery_day, delivery_start, minutes, last_update, position",),
)
