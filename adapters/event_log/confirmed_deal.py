"""What does the stored form of a confirmed deal say? Read whole, but without the domain's objects for each one."""

from decimal import Decimal, DecimalException
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from adapters.event_log.stored_forms import Instant, StoredPeriod
from adapters.event_log.stored_parts import PERIODS_KEPT, finite, read_period
from domain.decimals import EXACT
from domain.events import Direction
from domain.periods import HOURS_OF, DeliveryPeriod, Minutes

NUMBERS_KEPT: Final = 65_536
"""Most deals are of one of a few quantities and prices."""

UNUSUAL: Final = (msgspec.MsgspecError, ValueError, DecimalException)
"""What reading raises for anything but the usual form: whether that is an event, only the stored forms can tell."""


class ReadPeriod(msgspec.Struct, frozen=True, gc=False):
    """A delivery period in its stored texts, not looked into yet."""

    day: str
    label: str
    start: str
    minutes: int


class ReadDeal(msgspec.Struct, gc=False):
    """A deal's content in its stored texts; numbers and the period are not looked into yet."""

    exchange: str
    deal_id: str
    trader_id: str
    direction: Direction
    quantity_mw: str
    price_eur_mwh: str
    period: ReadPeriod
    executed_at: Instant


class _Original(msgspec.Struct, gc=False):
    text: str
    base64: str | None = None


class _Receipt(msgspec.Struct, gc=False):
    """Says nothing of the deal, but where it is damaged the event is."""

    source: str
    received_at: Instant
    original: _Original


class ReadConfirmed(msgspec.Struct, gc=False):
    """A confirmed deal with its receipt."""

    deal: ReadDeal
    receipt: _Receipt


class Energy(NamedTuple):
    """A quantity as text, and the energy in MWh that it is over a period, as number and text."""

    quantity: str
    mwh: Decimal
    text: str


read_confirmed: Final = msgspec.json.Decoder(ReadConfirmed).decode
"""Reads the stored bytes; raises one of :data:`UNUSUAL`."""


def is_usual(state: bytes) -> bool:
    """Tell whether *state* is a confirmed deal in the usual form; one that is not may be an event yet."""
    try:
        deal = read_confirmed(state).deal
        period_of(deal.period)
        number_of(deal.quantity_mw)
        number_of(deal.price_eur_mwh)
    except UNUSUAL:
        return False
    return True


@lru_cache(maxsize=PERIODS_KEPT)
def period_of(stored: ReadPeriod) -> DeliveryPeriod:
    """Return the period; raise one of :data:`UNUSUAL` where it is none."""
    return read_period(msgspec.convert(msgspec.to_builtins(stored), StoredPeriod, strict=True))


@lru_cache(maxsize=NUMBERS_KEPT)
def energy_of(quantity_mw: str, minutes: Minutes) -> Energy:
    """Return the energy of a stored quantity; raise one of :data:`UNUSUAL` where it is none."""
    quantity, text = number_of(quantity_mw)
    mwh = EXACT.multiply(quantity, HOURS_OF[minutes])
    return Energy(text, mwh, str(mwh))


@lru_cache(maxsize=NUMBERS_KEPT)
def number_of(stored: str) -> tuple[Decimal, str]:
    """Return a stored number and its text; raise one of :data:`UNUSUAL` where it is none."""
    value = finite(stored)
    return value, str(value)
