"""What does a message of the exchange say? The contract's reading once more, apart from Wattbook's own code."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from tests.oracle_json import Constant, Twice, Whole, has_constant, parsed

Message = Mapping[str, object] | bytes | str
"""A message of the exchange, as an object or as it was sent."""

_PLAIN: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_NUMBER: Final = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", re.ASCII)
_OFFSET_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_LABEL: Final = re.compile(r"(\d\d)(:\d\d)?-(\d\d)(:\d\d)?([AB]?)", re.ASCII)


_ENVELOPES: Final = {"deal_confirmation", "trade_confirmation"}
_FIELDS: Final = frozenset(
    ("id", "price", "quantity", "direction", "delivery_day", "delivery_hour", "trader_id", "execution_time")
)
_LONGEST_PLAIN: Final = 400
_LONGEST_EXPONENT: Final = 17
"""Bounds that Wattbook sets itself: characters of a quoted number, digits of an exponent."""


class NoDealError(Exception):
    """The message is no valid deal; says why."""


@dataclass(frozen=True)
class Slot:
    """A delivery period: its label, its start and its length."""

    label: str
    start: datetime
    minutes: int

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Trade:
    """A deal as the definitions see it."""

    trader: str
    buys: bool
    mwh: Fraction
    price: Fraction
    day: str
    slot: Slot


@dataclass(frozen=True)
class Told:
    """A message that is a deal: whose and which it is, its eight fields by value, and what it means."""

    identity: tuple[object, ...]
    content: object
    trade: Trade


@dataclass(frozen=True)
class Refused:
    """A message that is no deal."""

    trader: str | None
    day: str | None


def book(messages: Sequence[Message], market: ZoneInfo) -> tuple[list[Trade], list[tuple[str | None, str | None]]]:
    """Return the deals that stand, and for each open rejection whom and which day it concerns."""
    contents: dict[tuple[object, ...], list[object]] = {}
    trades: list[Trade] = []
    refused: dict[bytes, tuple[str | None, str | None]] = {}
    conflicts: list[tuple[str | None, str | None]] = []
    for message in messages:
        sent = message if isinstance(message, bytes | str) else json.dumps(message)
        raw = sent.encode() if isinstance(sent, str) else sent
        match reading(raw, market):
            case Refused() as no_deal:
                refused.setdefault(raw, (no_deal.trader, no_deal.day))
            case told:
                seen = contents.setdefault(told.identity, [])
                if told.content in seen:
                    continue
                if seen:
                    conflicts.append((told.trade.trader, told.trade.day))
                else:
                    trades.append(told.trade)
                seen.append(told.content)
    return trades, [*refused.values(), *conflicts]


def reading(raw: bytes, market: ZoneInfo) -> Told | Refused:
    """Return what *raw* says, or whom and which day it concerns where it is no deal."""
    fields = _fields_of(raw)
    doubtful = isinstance(fields, Twice) and not fields.doubtful.isdisjoint(_FIELDS)
    if isinstance(fields, Twice):
        fields = {name: value for name, value in fields.items() if name not in fields.doubtful}
    try:
        if doubtful:
            raise NoDealError
        return Told(*_read_deal(fields, market))
    except NoDealError:
        return Refused(_trader_of(fields), _day_of(fields))


def _fields_of(raw: bytes) -> Mapping[str, object] | None:
    """Return the deal's fields with numbers as text, or nothing where there are none."""
    message = parsed(raw)
    if not isinstance(message, dict) or (isinstance(message, Twice) and message.doubtful & _ENVELOPES):
        return None
    envelopes = _ENVELOPES & message.keys()
    fields = message[envelopes.pop()] if len(envelopes) == 1 else None
    if not isinstance(fields, dict):
        return None
    beside = [value for name, value in message.items() if value is not fields]
    beside += [value for name, value in fields.items() if name not in _FIELDS]
    return None if any(map(has_constant, beside)) else fields


def _read_deal(fields: Mapping[str, object] | None, market: ZoneInfo) -> tuple[tuple[object, ...], object, Trade]:
    trader, day = _trader_of(fields), _day_of(fields)
    deal_id = _name(fields.get("id")) if fields else None
    direction = fields.get("direction") if fields else None
    if fields is None or trader is None or day is None or deal_id is None or direction not in ("buy", "sell"):
        raise NoDealError
    price, quantity = _amount(fields.get("price")), _amount(fields.get("quantity"))
    executed, label = instant(fields.get("execution_time")), fields.get("delivery_hour")
    if price is None or quantity is None or quantity <= 0 or executed is None or not isinstance(label, str):
        raise NoDealError
    slot = slot_of(day, label, executed, market)
    trade = Trade(trader, direction == "buy", quantity * Fraction(slot.minutes, 60), price, day, slot)
    return (deal_id, trader, direction), (price, quantity, slot, executed), trade


def _trader_of(fields: Mapping[str, object] | None) -> str | None:
    return _name(fields.get("trader_id")) if fields else None


def _day_of(fields: Mapping[str, object] | None) -> str | None:
    day = fields.get("delivery_day") if fields else None
    if type(day) is not str or not re.fullmatch(r"\d{4}-\d\d-\d\d", day, re.ASCII):
        return None
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        return None


def _name(value: object) -> str | None:
    if isinstance(value, Whole):
        value = str(value)
    if type(value) is not str or not 1 <= len(value) <= 128:
        return None
    return None if any(c < " " or "\x7f" <= c < "\xa0" or "\ud800" <= c < "\ue000" for c in value) else value


def _amount(value: object) -> Fraction | None:
    """Return the exact amount; never builds a number as long as an exponent can make it."""
    if not isinstance(value, str) or isinstance(value, Constant):
        return None
    if type(value) is str and (not _PLAIN.fullmatch(value) or len(value) > _LONGEST_PLAIN):
        return None
    match = _NUMBER.fullmatch(value)
    if match is None or len((match[4] or "").lstrip("+-0")) > _LONGEST_EXPONENT:
        return None
    decimals, exponent = (match[3] or "").rstrip("0"), int((match[4] or "0")[-_LONGEST_EXPONENT:] or 0)
    digits = (match[2] + decimals).lstrip("0")
    if not digits:
        return Fraction(0)
    shift = (-1 if (match[4] or "").startswith("-") else 1) * abs(exponent) - len(decimals)
    shift += len(digits) - len(digits.rstrip("0"))
    digits = digits.rstrip("0")
    if shift < -6 or len(digits) + shift > 7:
        return None
    amount = int(match[1] + digits) * Fraction(10) ** shift
    return amount if abs(amount) <= 1_000_000 else None


def instant(value: object) -> datetime | None:
    if type(value) is not str or not _OFFSET_TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=512)
def slots_of(day: str, market: ZoneInfo) -> list[Slot]:
    """Return all hours, half- and quarter-hours of *day*, walking from local midnight to local midnight."""
    first = date.fromisoformat(day)
    if not 1900 <= first.year <= 2199:
        return []
    begin = datetime(first.year, first.month, first.day, tzinfo=market).astimezone(UTC)
    following = first + timedelta(days=1)
    stop = datetime(following.year, following.month, following.day, tzinfo=market).astimezone(UTC)
    slots = []
    for minutes in (60, 30, 15):
        start = begin
        while start < stop:
            slots.append(Slot(_label(start, minutes, market), start, minutes))
            start += timedelta(minutes=minutes)
    return slots


def _label(start: datetime, minutes: int, market: ZoneInfo) -> str:
    local = start.astimezone(market)
    end = local.hour * 60 + local.minute + minutes
    twin = start + timedelta(hours=1), start - timedelta(hours=1)
    clock = (local.hour, local.minute)
    after, before = (_clock(each, market) == clock for each in twin)
    suffix = "A" if after else "B" if before else ""
    if minutes == 60:
        return f"{local.hour:02}-{end // 60:02}{suffix}"
    return f"{local.hour:02}:{local.minute:02}-{end // 60:02}:{end % 60:02}{suffix}"


def _clock(instant: datetime, market: ZoneInfo) -> tuple[int, int]:
    local = instant.astimezone(market)
    return (local.hour, local.minute)


def slot_of(day: str, label: str, executed: datetime | None, market: ZoneInfo) -> Slot:
    known = _by_label(day, market)
    label = _one_spelling(label)
    if label in known:
        return known[label]
    a, b = known.get(label + "A"), known.get(label + "B")
    if a and b and executed and a.start < executed and not b.start < executed:
        return b
    raise NoDealError


@lru_cache(maxsize=512)
def _by_label(day: str, market: ZoneInfo) -> Mapping[str, Slot]:
    return {slot.label: slot for slot in slots_of(day, market)}


def _one_spelling(label: str) -> str:
    match = _LABEL.fullmatch(label)
    if not match or bool(match[2]) != bool(match[4]):
        raise NoDealError
    begin, end = match[1] + (match[2] or ":00"), match[3] + (match[4] or ":00")
    if end == "00:00" and begin != "00:00":
        end = "24:00"
    on_the_hour = begin.endswith(":00") and end.endswith(":00")
    if not match[2] or (on_the_hour and int(end[:2]) - int(begin[:2]) == 1):
        return f"{begin[:2]}-{end[:2]}{match[5]}"
    return f"{begin}-{end}{match[5]}"
