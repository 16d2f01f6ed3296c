"""Which deal does a message confirm that is written as nearly all of them are? Read fast, or left to the strict reader.

A message that is told here is told the same by the strict reader: where there is any
doubt (an escape, another field, a key that comes twice, a number with an exponent),
``None`` says that it has to be read by that one.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from domain.errors import NotAnInstantError, UnknownPeriodError
from domain.events import Deal, Direction
from domain.instants import parse_instant
from domain.periods import DeliveryPeriod, parse_period


class _Fields(msgspec.Struct, forbid_unknown_fields=True):
    id: msgspec.Raw
    price: msgspec.Raw
    quantity: msgspec.Raw
    direction: Direction
    delivery_day: str
    delivery_hour: str
    trader_id: msgspec.Raw
    execution_time: str


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    deal_confirmation: _Fields | None = None
    trade_confirmation: _Fields | None = None


_LARGEST_BYTES: Final = 2_048
_ALWAYS_QUOTED: Final = 2 * (1 + 8 + 4)
"""Quotation marks around the keys (the envelope and eight fields) and the four values that are always strings."""

_NUMBER: Final = re.compile(rb'"?(-?(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,6})?)"?')
_DIGITS: Final = re.compile(rb"[1-9][0-9]{0,17}")
WRITTEN_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LONGEST_NAME: Final = 128
_LONGEST_TEXT: Final = 32
_QUOTE: Final = 0x22

_decode = msgspec.json.Decoder(_Message).decode


def read_common(raw: bytes, *, exchange: str, zone: ZoneInfo) -> Deal | None:
    """Return the deal that *raw* confirms, or ``None`` where the strict reader has to look."""
    return _read(raw, exchange, zone) if len(raw) <= _LARGEST_BYTES else None


# A second line brings the same bytes a moment later: they are read once.
@lru_cache(maxsize=8_192)
def _read(raw: bytes, exchange: str, zone: ZoneInfo) -> Deal | None:
    if b"\\" in raw:
        return None
    try:
        message = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    fields = message.deal_confirmation or message.trade_confirmation
    if fields is None:
        return None
    deal_id, trader_id = bytes(fields.id), bytes(fields.trader_id)
    price, quantity = bytes(fields.price), bytes(fields.quantity)
    quoted = (deal_id[0] == _QUOTE) + (trader_id[0] == _QUOTE) + (price[0] == _QUOTE) + (quantity[0] == _QUOTE)
    # Without escapes each quotation mark begins or ends a string: more of them are a key that comes twice.
    if raw.count(b'"') != _ALWAYS_QUOTED + 2 * quoted:
        return None
    price_eur_mwh, quantity_mw = _number(price), _number(quantity)
    if price_eur_mwh is None or quantity_mw is None or quantity_mw <= 0:
        return None
    period = _period(fields.delivery_day, fields.delivery_hour, zone)
    executed_at = _instant(fields.execution_time)
    known_id, known_trader = _name(deal_id), _known_trader(trader_id)
    if period is None or executed_at is None or known_id is None or known_trader is None:
        return None
    return Deal(
        exchange=exchange,
        deal_id=known_id,
        trader_id=known_trader,
        direction=fields.direction,
        quantity_mw=quantity_mw,
        price_eur_mwh=price_eur_mwh,
        period=period,
        executed_at=executed_at,
    )


def _name(text: bytes) -> str | None:
    """Return a name without anything odd in it; an integer is its digits."""
    if text[0] != _QUOTE:
        return text.decode() if _DIGITS.fullmatch(text) else None
    try:
        name = text[1:-1].decode()
    except UnicodeDecodeError:
        return None
    return name if 1 <= len(name) <= LONGEST_NAME and name.isprintable() else None


_known_trader = lru_cache(maxsize=8_192)(_name)


@lru_cache(maxsize=16_384)
def _number(text: bytes) -> Decimal | None:
    """Return the exact value of a short number, equal ones always in the same form."""
    match = _NUMBER.fullmatch(text)
    if match is None or (text[0] == _QUOTE) != (text[-1] == _QUOTE):
        return None
    digits = match[1].decode()
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return Decimal(digits) or Decimal(0)


@lru_cache(maxsize=8_192)
def _known_period(day: str, label: str, zone: ZoneInfo) -> DeliveryPeriod | None:
    if not WRITTEN_DAY.fullmatch(day):
        return None
    try:
        return parse_period(date.fromisoformat(day), label, zone)
    except (ValueError, UnknownPeriodError):
        return None


def _period(day: str, label: str, zone: ZoneInfo) -> DeliveryPeriod | None:
    """Return the period that these two name, whenever the deal was made."""
    return _known_period(day, label, zone) if len(day) + len(label) <= _LONGEST_TEXT else None


@lru_cache(maxsize=8_192)
def _known_instant(text: str) -> datetime | None:
    try:
        return parse_instant(text)
    except NotAnInstantError:
        return None


def _instant(text: str) -> datetime | None:
    return _known_instant(text) if len(text) <= _LONGEST_TEXT else None
