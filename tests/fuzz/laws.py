"""What holds for every message, whatever it is? It is read, twice the same, as a deal or as a rejection."""

from fractions import Fraction
from typing import Final

from adapters.exchange.common_form import read_common
from adapters.exchange.messages import (
    AMBIGUOUS_PERIOD,
    FIELDS,
    NO_SUCH_PERIOD,
    UNREADABLE,
    Unreadable,
    read_message,
    read_strictly,
)
from domain.events import Deal
from tests.notation import BERLIN
from tests.oracle_reading import Refused, Told, reading

DEAL: Final = "a deal"
EXCHANGE: Final = "exchange"
_REASONS: Final = {UNREADABLE, NO_SUCH_PERIOD, AMBIGUOUS_PERIOD, *(f"INVALID: {field}" for field in FIELDS)}


class LawBrokenError(Exception):
    """A message for which one of the laws does not hold."""

    def __init__(self, law: str, raw: bytes) -> None:
        shown = repr(raw) if len(raw) <= 4_096 else f"{raw[:2_048]!r} ... ({len(raw)} bytes)"
        super().__init__(f"{law}\nmessage: {shown}")
        self.raw = raw


def outcome_of(raw: bytes) -> str:
    """Return what became of *raw*, a deal or the reason of its rejection; raise where a law is broken."""
    try:
        read = read_message(raw, exchange=EXCHANGE, zone=BERLIN)
        common = read_common(raw, exchange=EXCHANGE, zone=BERLIN)
        strict = read if common is None else read_strictly(raw, exchange=EXCHANGE, zone=BERLIN)
    except Exception as error:
        raise LawBrokenError(f"no message may raise: {error!r}", raw) from error
    if common is not None and (common != strict or repr(common) != repr(strict)):
        raise LawBrokenError(f"the fast reader says {common}, the strict one {strict}", raw)
    independent = reading(raw, BERLIN)
    if not _agree(read, independent):
        raise LawBrokenError(f"Wattbook reads {read}, the independent reader {independent}", raw)
    if isinstance(read, Deal):
        return DEAL
    if read.reason not in _REASONS:
        raise LawBrokenError(f"nobody knows the reason {read.reason!r}", raw)
    return read.reason


def _agree(read: Deal | Unreadable, independent: Told | Refused) -> bool:
    match read, independent:
        case Unreadable(), Refused(trader, day):
            return (read.trader_id, None if read.delivery_day is None else str(read.delivery_day)) == (trader, day)
        case Deal(), Told(identity, content, trade):
            price, quantity, slot, executed = read.price_eur_mwh, read.quantity_mw, trade.slot, read.executed_at
            return (
                identity == (read.deal_id, read.trader_id, read.direction)
                and content == (Fraction(price), Fraction(quantity), slot, executed)
                and (trade.day, slot.label, slot.start, slot.minutes)
                == (str(read.period.day), read.period.label, read.period.start, read.period.minutes)
            )
    return False
