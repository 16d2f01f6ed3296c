"""What does a message of the exchange say? The contract's reading once more, apart from Wattbook's own code."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

Message = Mapping[str, object] | bytes | str
"""A message of the exchange, as an object or as it was sent."""

_PLAIN: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_OFFSET_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LABEL: Final = re.compile(r"(\d\d)(:\d\d)?-(\d\d)(:\d\d)?([AB]?)", re.ASCII)


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


def book(messages: Sequence[Message], market: ZoneInfo) -> tuple[list[Trade], list[tuple[str | None, str | None]]]:
    """Return the deals that stand, and for each open rejection whom and which day it concerns."""
    contents: dict[tuple[object, ...], list[object]] = {}
    trades: list[Trade] = []
    refused: dict[bytes, tuple[str | None, str | None]] = {}
    conflicts: list[tuple[str | None, str | None]] = []
    for message in messages:
        sent = message if isinstance(message, bytes | str) else json.dumps(message)
        raw = sent.encode() if isinstance(sent, str) else sent
        fields = _fields_of(raw)
        try:
            identity, content, trade = _read_deal(fields, market)
        except NoDealError:
            refused.setdefault(raw, (_trader_of(fields), _day_of(fields)))
            continue
        seen = contents.setdefault(identity, [])
        if content in seen:
            continue
        if seen:
            conflicts.append((trade.trader, trade.day))
        else:
            trades.append(trade)
        seen.append(content)
    return trades, [*refused.values(), *conflicts]


def _fields_of(raw: bytes) -> Mapping[str, object] | None:
    """Return the deal's fields with numbers as text, or nothing where there are none."""
    try:
        message = json.loads(raw.decode(), parse_float=_Number, parse_int=_Number, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    fields = message.get("deal_confirmation", message.get("trade_confirmation"))
    return fields if isinstance(fields, dict) else None


class _Number(str):
    """A JSON number, verbatim."""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


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
    if isinstance(value, _Number):
        return str(value) if re.fullmatch(r"-?\d+", value) else None
    if type(value) is not str or not 1 <= len(value) <= 128:
        return None
    return None if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in value) else value


def _amount(value: object) -> Fraction | None:
    if not isinstance(value, str):
        return None
    if not isinstance(value, _Number) and not _PLAIN.fullmatch(value):
        return None
    amount = Fraction(value)
    return amount if abs(amount) <= 1_000_000 and (amount * 10**6).denominator == 1 else None


def instant(value: object) -> datetime | None:
    if type(value) is not str or not _OFFSET_TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@cache
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
    known = {slot.label: slot for slot in slots_of(day, market)}
    label = _one_spelling(label)
    if label in known:
        return known[label]
    a, b = known.get(label + "A"), known.get(label + "B")
    if a and b and executed and a.start < executed and not b.start < executed:
        return b
    raise NoDealError


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
