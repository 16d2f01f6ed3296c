"""What does an answer of the market-data provider say about the period asked for? Pure: bytes in, meaning out."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, DecimalException
from email.utils import parsedate_to_datetime
from typing import Final, TypeGuard
from zoneinfo import ZoneInfo

from domain.decimals import EXACT, LONGEST_TEXT, parse_decimal, plain
from domain.errors import (
    NotADecimalError,
    NotAnInstantError,
    OddAnswerError,
    UnknownPeriodError,
    UnusableAnswerError,
)
from domain.instants import parse_instant
from domain.periods import DeliveryPeriod, parse_period

LONGEST_ANSWER: Final = 64 * 1024
"""Bytes of an answer's body; a longer one is refused."""

LONGEST_PAUSE_S: Final = 86_400
"""A Retry-After beyond a day is taken as a day: a slip of the provider must not end polling for good."""

_MOST_DECIMALS = 340  # a provider's average may be a float near zero, with up to 324 decimals
_LARGEST = Decimal(10**9)
_UNITS = ("euro", "euro/mwh")  # both mean EUR/MWh
_NOT_FOUND = 404
_TOO_MANY_REQUESTS = 429
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True)
class Observation:
    """The provider's price in EUR/MWh as of ``last_update`` (aware UTC); ``None`` while it is undefined."""

    value: Decimal | None
    last_update: datetime


@dataclass(frozen=True)
class NothingSaid:
    """A proper answer that observes nothing: it sets no price and unsets none."""


class _Number(str):
    """A JSON number, as its digits stood in the answer."""


def read_answer(status: int, body: bytes, *, asked: DeliveryPeriod, zone: ZoneInfo) -> Observation | NothingSaid:
    """Return what an answer says about the period *asked*.

    404 and an answer without ``last_update`` say nothing. Raises :class:`UnusableAnswerError`,
    whose text is a sentence for an operator, for everything that cannot be relied on: another
    status, broken or half JSON; and of these :class:`OddAnswerError` for what concerns the one
    period alone: a refusal (4xx but 429), another period, another unit, values out of bounds.
    """
    if status == _NOT_FOUND:
        return NothingSaid()
    if 400 <= status < 500 and status != _TOO_MANY_REQUESTS:
        raise OddAnswerError(f"the provider refuses the request with status {status}")
    if status != 200:
        raise UnusableAnswerError(f"the provider answered with status {status}")
    answer = _read_object(body)
    known_period = "delivery_day" in answer or "delivery_hour" in answer
    if answer.get("last_update") is None:
        if known_period:
            _check_period(answer, asked, zone)
        return NothingSaid()
    _check_period(answer, asked, zone)
    last_update = _read_instant(answer["last_update"])
    return Observation(_read_value(answer), last_update)


def read_retry_after(header: str | None, now: datetime) -> float | None:
    """Return for how many seconds a Retry-After asks to stay away: a number, or an HTTP date seen at *now*.

    ``None`` where there is no such header or it cannot be read.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:10]), LONGEST_PAUSE_S))
    try:
        until = parsedate_to_datetime(text)
        seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), float(LONGEST_PAUSE_S))


def read_http_date(header: str | None, fallback: datetime) -> datetime:
    """Return the instant of a Date header (the provider's own clock), *fallback* where it cannot be read."""
    try:
        read = parsedate_to_datetime(header or "")
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return fallback


def _read_object(body: bytes) -> dict[str, object]:
    if len(body) > LONGEST_ANSWER:
        raise UnusableAnswerError(f"the answer is longer than {LONGEST_ANSWER} bytes")
    try:
        answer = json.loads(
            body.decode("utf-8-sig"),
            parse_float=_Number,
            parse_int=_Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_once_each,
        )
    except (ValueError, RecursionError) as error:
        raise UnusableAnswerError(f"the answer is no JSON: it begins with {body[:40]!r}") from error
    if not isinstance(answer, dict):
        raise UnusableAnswerError(f"the answer is no JSON object: it begins with {body[:40]!r}")
    return answer


def _refuse_constant(name: str) -> object:
    raise OddAnswerError(f"the answer holds {name}, which is no number")


def _once_each(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise OddAnswerError("the answer names a field twice")
    return fields


def _check_period(answer: dict[str, object], asked: DeliveryPeriod, zone: ZoneInfo) -> None:
    day, label = answer.get("delivery_day"), answer.get("delivery_hour")
    if not _is_text(day) or not _is_text(label):
        raise OddAnswerError("the answer does not say for which delivery_day and delivery_hour it is")
    try:
        if not _DAY.fullmatch(day):
            raise OddAnswerError(f"delivery_day is no day: {day[:40]!r}")
        named = parse_period(date.fromisoformat(day), label[:40], zone)
    except (UnknownPeriodError, ValueError, OverflowError) as error:
        raise OddAnswerError(f"the answer is for no known delivery period: {day[:40]} {label[:40]!r}") from error
    if (named.start, named.minutes) != (asked.start, asked.minutes):
        raise OddAnswerError(
            f"the answer is for {named.day} {named.label}, but {asked.day} {asked.label} was asked for"
        )


def _read_instant(written: object) -> datetime:
    if _is_text(written):
        with suppress(NotAnInstantError):
            return parse_instant(written)
    raise OddAnswerError(f"last_update is no RFC 3339 time with an offset: {_shown(written)}")


def _read_value(answer: dict[str, object]) -> Decimal | None:
    written, unit = answer.get("value"), answer.get("unit")
    if unit not in _UNITS and not (unit is None and written is None):
        raise OddAnswerError(f"the unit is neither {' nor '.join(map(repr, _UNITS))}: {_shown(unit)}")
    if written is None:
        return None
    try:
        if isinstance(written, _Number) and len(written) <= LONGEST_TEXT:
            value = EXACT.create_decimal(written)
        elif _is_text(written):
            value = parse_decimal(written)
        else:
            raise NotADecimalError
        return _within_bounds(value)
    except (NotADecimalError, DecimalException) as error:
        raise OddAnswerError(f"the value is no decimal: {_shown(written)}") from error


def _within_bounds(value: Decimal) -> Decimal:
    if value.copy_abs() > _LARGEST:
        raise OddAnswerError(f"the value is beyond {_LARGEST} EUR/MWh: {str(value)[:40]}")
    exponent = value.normalize(EXACT).as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > _MOST_DECIMALS:
        raise OddAnswerError(f"the value has more than {_MOST_DECIMALS} decimals: {str(value)[:40]}")
    return Decimal(plain(value.normalize(EXACT)))


def _is_text(written: object) -> TypeGuard[str]:
    return isinstance(written, str) and not isinstance(written, _Number)


def _shown(written: object) -> str:
    return repr(str(written)[:40]) if isinstance(written, str | bool | None) else f"a JSON {type(written).__name__}"
