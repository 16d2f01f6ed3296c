"""Which deal does a message from the exchange confirm, or why can none be read from it?

Pure and strict: the exchange's JSON is read with every digit it has, and whatever is no
valid deal comes back as :class:`Unreadable` with its reason. No message raises.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, DecimalException
from typing import Any, Final
from zoneinfo import ZoneInfo

from adapters.exchange.common_form import LONGEST_NAME, WRITTEN_DAY, read_common
from adapters.exchange.written_json import Fractional, Integer, decoded, has_no_number, in_doubt
from domain.decimals import EXACT, parse_decimal
from domain.errors import (
    AmbiguousPeriodError,
    MalformedLabelError,
    NoSuchPeriodError,
    NotADecimalError,
    NotAnInstantError,
    UnreadableDealError,
)
from domain.events import Deal, Direction
from domain.instants import parse_instant
from domain.periods import DeliveryPeriod, parse_period

ENVELOPES: Final = ("deal_confirmation", "trade_confirmation")

FIELDS: Final = (
    "id",
    "price",
    "quantity",
    "direction",
    "delivery_day",
    "delivery_hour",
    "trader_id",
    "execution_time",
)

UNREADABLE: Final = "UNREADABLE"
NO_SUCH_PERIOD: Final = "NO_SUCH_PERIOD"
AMBIGUOUS_PERIOD: Final = "AMBIGUOUS_PERIOD"

LARGEST_MAGNITUDE: Final = Decimal(1_000_000)

_SMALLEST_STEP = Decimal("0.000001")
_ONE = Decimal(1)
_NOT_IN_NAMES = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a message is no valid deal; trader and delivery day where they can be read."""

    reason: str
    trader_id: str | None
    delivery_day: date | None


def read_message(raw: bytes, *, exchange: str, zone: ZoneInfo) -> Deal | Unreadable:
    """Return the deal that *raw* confirms, or why it is none."""
    common = read_common(raw, exchange=exchange, zone=zone)
    return read_strictly(raw, exchange=exchange, zone=zone) if common is None else common


def read_strictly(raw: bytes, *, exchange: str, zone: ZoneInfo) -> Deal | Unreadable:
    """Return the same as :func:`read_message`, for whatever was written."""
    try:
        fields = _fields(raw)
    except UnreadableDealError as error:
        return Unreadable(error.reason, None, None)
    if doubtful := in_doubt(fields, FIELDS):
        return _unreadable(UNREADABLE, {name: value for name, value in fields.items() if name not in doubtful})
    return read_deal(fields, exchange=exchange, zone=zone)


def read_for_period(raw: bytes, label: str, *, exchange: str, zone: ZoneInfo) -> Deal | Unreadable:
    """Return the deal that *raw* confirms where its period is *label*, whatever it says itself, or why it is none."""
    try:
        fields = _fields(raw)
    except UnreadableDealError as error:
        return Unreadable(error.reason, None, None)
    if in_doubt(fields, tuple(name for name in FIELDS if name != "delivery_hour")):
        return Unreadable(UNREADABLE, None, None)
    return read_deal({**fields, "delivery_hour": label}, exchange=exchange, zone=zone)


def read_deal(fields: dict[str, Any], *, exchange: str, zone: ZoneInfo) -> Deal | Unreadable:
    """Return the deal that the eight *fields* of a confirmation describe, or why they describe none.

    Values are strings, :class:`~adapters.exchange.written_json.Integer` or ``Fractional``; any other value is invalid.
    """
    try:
        deal_id = _name(fields, "id")
        price_eur_mwh = _number(fields, "price")
        quantity_mw = _number(fields, "quantity")
        if quantity_mw <= 0:
            raise _invalid("quantity")
        direction = _direction(fields)
        day = _delivery_day(fields)
        trader_id = _name(fields, "trader_id")
        executed_at = _instant(fields, "execution_time")
        period = _period(fields, day, zone, executed_at)
    except UnreadableDealError as error:
        return _unreadable(error.reason, fields)
    return Deal(
        exchange=exchange,
        deal_id=deal_id,
        trader_id=trader_id,
        direction=direction,
        quantity_mw=quantity_mw,
        price_eur_mwh=price_eur_mwh,
        period=period,
        executed_at=executed_at,
    )


def _fields(raw: bytes) -> dict[str, Any]:
    try:
        message = decoded(raw)
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableDealError(UNREADABLE) from error
    if not isinstance(message, dict) or in_doubt(message, ENVELOPES):
        raise UnreadableDealError(UNREADABLE)
    envelopes = [name for name in ENVELOPES if name in message]
    if len(envelopes) != 1 or not isinstance(fields := message[envelopes[0]], dict):
        raise UnreadableDealError(UNREADABLE)
    if b"NaN" in raw or b"Infinity" in raw:
        # In a field of the deal it makes that field invalid; anywhere else the message is no JSON.
        beside = {name: fields[name] for name in fields if name not in FIELDS}
        if has_no_number({**message, envelopes[0]: beside}):
            raise UnreadableDealError(UNREADABLE)
    return fields


def _invalid(field: str) -> UnreadableDealError:
    return UnreadableDealError(f"INVALID: {field}")


def _unreadable(reason: str, fields: dict[str, Any]) -> Unreadable:
    try:
        trader_id = _name(fields, "trader_id")
    except UnreadableDealError:
        trader_id = None
    try:
        day = _delivery_day(fields)
    except UnreadableDealError:
        day = None
    return Unreadable(reason, trader_id, day)


def _name(fields: dict[str, Any], field: str) -> str:
    value = fields.get(field)
    if type(value) is Integer:
        value = str(value)
    if type(value) is not str or not 1 <= len(value) <= LONGEST_NAME or _NOT_IN_NAMES.search(value):
        raise _invalid(field)
    return value


def _number(fields: dict[str, Any], field: str) -> Decimal:
    """Return the exact value of a number or a string in plain notation, equal ones always in the same form."""
    value = fields.get(field)
    try:
        if type(value) is str:
            number = parse_decimal(value)
        elif type(value) is Integer or type(value) is Fractional:
            number = Decimal(value)
        else:
            raise _invalid(field)
        steps = number.quantize(_SMALLEST_STEP, context=EXACT)
    except (NotADecimalError, DecimalException, ValueError) as error:
        raise _invalid(field) from error
    if abs(steps) > LARGEST_MAGNITUDE:
        raise _invalid(field)
    if not steps:
        return Decimal(0)
    shortest = steps.normalize(EXACT)
    return shortest.quantize(_ONE, context=EXACT) if shortest == shortest.to_integral_value() else shortest


def _direction(fields: dict[str, Any]) -> Direction:
    match fields.get("direction"):
        case "buy":
            return "buy"
        case "sell":
            return "sell"
    raise _invalid("direction")


def _delivery_day(fields: dict[str, Any]) -> date:
    value = fields.get("delivery_day")
    if type(value) is not str or not WRITTEN_DAY.fullmatch(value):
        raise _invalid("delivery_day")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise _invalid("delivery_day") from error


def _instant(fields: dict[str, Any], field: str) -> datetime:
    value = fields.get(field)
    if type(value) is not str:
        raise _invalid(field)
    try:
        return parse_instant(value)
    except NotAnInstantError as error:
        raise _invalid(field) from error


def _period(fields: dict[str, Any], day: date, zone: ZoneInfo, executed_at: datetime) -> DeliveryPeriod:
    label = fields.get("delivery_hour")
    if type(label) is not str:
        raise _invalid("delivery_hour")
    try:
        return parse_period(day, label, zone, executed_at)
    except MalformedLabelError as error:
        raise _invalid("delivery_hour") from error
    except NoSuchPeriodError as error:
        raise UnreadableDealError(NO_SUCH_PERIOD) from error
    except AmbiguousPeriodError as error:
        raise UnreadableDealError(AMBIGUOUS_PERIOD) from error
