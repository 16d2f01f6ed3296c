"""What does one deal look like, and how does the exchange say it?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from domain.decimals import plain
from domain.events import Direction
from domain.periods import DeliveryPeriod

Variant = Literal[
    "offset", "text_numbers", "number_id", "trade_envelope", "extra_fields", "binary_frame", "midnight_label"
]
"""A way in which the exchange is seen to say the same thing in other bytes."""

VARIANTS: Final[tuple[Variant, ...]] = (
    "offset",
    "text_numbers",
    "number_id",
    "trade_envelope",
    "extra_fields",
    "binary_frame",
    "midnight_label",
)

COLUMNS: Final = (
    "id",
    "price",
    "quantity",
    "direction",
    "delivery_day",
    "delivery_hour",
    "trader_id",
    "execution_time",
)
"""The fields of a confirmation and the columns of a day file, in their order."""


class Trade(NamedTuple):
    """What a deal adds to the average price of its period: MW at EUR/MWh, at an aware UTC time."""

    executed_at: datetime
    quantity_mw: Decimal
    price_eur_mwh: Decimal


@dataclass(frozen=True, slots=True)
class SimulatedDeal:
    """One deal of the desk's. Power in MW, price in EUR/MWh, ``executed_at`` aware UTC in whole seconds."""

    deal_id: str
    price_eur_mwh: Decimal
    quantity_mw: Decimal
    direction: Direction
    period: DeliveryPeriod
    trader_id: str
    executed_at: datetime

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes this deal one and the same on its exchange: id, trader and direction."""
        return (self.deal_id, self.trader_id, self.direction)

    @property
    def trade(self) -> Trade:
        """The deal as the market's average counts it."""
        return Trade(self.executed_at, self.quantity_mw, self.price_eur_mwh)

    def row(self) -> tuple[str, ...]:
        """Return the deal as a row of a day file, in the order of :data:`COLUMNS`."""
        return (
            self.deal_id,
            plain(self.price_eur_mwh),
            plain(self.quantity_mw),
            self.direction,
            self.period.day.isoformat(),
            self.period.label,
            self.trader_id,
            rfc3339(self.executed_at),
        )

    def message(self) -> str:
        """Return the confirmation as the exchange sends it: JSON with numbers as numbers."""
        return confirmation(self.row())

    def said_as(self, variants: Sequence[Variant]) -> str | bytes:
        """Return the same deal in other words; bytes are meant for a binary frame."""
        fields = list(self.row())
        if "offset" in variants:
            fields[7] = fields[7].replace("Z", "+00:00")
        if "midnight_label" in variants and fields[5] == "23-24":
            fields[5] = "23-00"
        text = confirmation(
            tuple(fields),
            envelope="trade_confirmation" if "trade_envelope" in variants else "deal_confirmation",
            text_numbers="text_numbers" in variants,
            number_id="number_id" in variants and self.deal_id.isdecimal() and not self.deal_id.startswith("0"),
            extra=', "venue_note": {"session": 7, "tags": ["XBID"]}' if "extra_fields" in variants else "",
        )
        return text.encode() if "binary_frame" in variants else text

    def contradicted(self) -> "SimulatedDeal":
        """Return the same deal with another content, as a conflicting second message claims it."""
        return replace(self, price_eur_mwh=self.price_eur_mwh + Decimal("1.50"))


def rfc3339(moment: datetime) -> str:
    """Return an aware UTC *moment* in whole seconds with a ``Z``."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def confirmation(
    fields: tuple[str, ...],
    envelope: str = "deal_confirmation",
    text_numbers: bool = False,
    number_id: bool = False,
    extra: str = "",
) -> str:
    """Return the confirmation of a deal with these fields, in the order of :data:`COLUMNS`, true or not."""
    # Written by hand, because the json module would take decimals through binary floats.
    deal_id, price, quantity, direction, day, hour, trader_id, executed = fields
    if text_numbers:
        price, quantity = f'"{price}"', f'"{quantity}"'
    said_id = deal_id if number_id else json.dumps(deal_id)
    return (
        f'{{"{envelope}": {{"id": {said_id}, "price": {price}, "quantity": {quantity}, "direction": "{direction}", '
        f'"delivery_day": "{day}", "delivery_hour": "{hour}", "trader_id": {json.dumps(trader_id)}, '
        f'"execution_time": "{executed}"{extra}}}}}'
    )
