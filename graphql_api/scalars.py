"""How are days, times, decimals and positions read from a request? Strictly; on the way out they are text already."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from domain.decimals import parse_decimal
from domain.errors import NotADecimalError, NotAnInstantError
from domain.instants import parse_instant
from domain.periods import FIRST_DAY, LAST_DAY
from graphql_api.errors import BadInputError

Position = NewType("Position", int)
"""A place in the event log; in GraphQL a string of digits."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_POSITION: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
_LAST_POSITION: Final = 2**63 - 1


def parse_day(value: object) -> date:
    """Return the day that ``YYYY-MM-DD`` names; raise :class:`BadInputError` for anything else."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            pass
        else:
            if FIRST_DAY <= day <= LAST_DAY:
                return day
    raise BadInputError(f"not a day from {FIRST_DAY} to {LAST_DAY}: {str(value)[:40]!r}")


def parse_time(value: object) -> datetime:
    """Return the instant, aware UTC, that an RFC 3339 time with an offset names."""
    try:
        return parse_instant(value if isinstance(value, str) else "")
    except NotAnInstantError as error:
        raise BadInputError(f"not a time with an offset, like 2023-02-06T06:13:45Z: {str(value)[:40]!r}") from error


def parse_plain_decimal(value: object) -> Decimal:
    """Return the decimal that a string writes in plain notation."""
    try:
        return parse_decimal(value if isinstance(value, str) else "")
    except NotADecimalError as error:
        raise BadInputError(f'not a decimal in plain notation, like "20.5": {str(value)[:40]!r}') from error


def parse_position(value: object) -> Position:
    """Return the position that a string of digits names."""
    if isinstance(value, str) and _POSITION.fullmatch(value) and int(value) <= _LAST_POSITION:
        return Position(int(value))
    raise BadInputError(f'not a position, a string of digits like "4711": {str(value)[:40]!r}')


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"answers hold text already, not {type(value).__name__}")
    return value


SCALARS: Final[dict[object, ScalarDefinition]] = {
    date: strawberry.scalar(
        name="Date", description="A calendar day, `YYYY-MM-DD`.", serialize=_as_text, parse_value=parse_day
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339; an offset is required on the way in, `Z` on the way out.",
        serialize=_as_text,
        parse_value=parse_time,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="A string in plain notation: no exponent, no trailing zeros, no negative zero.",
        serialize=_as_text,
        parse_value=parse_plain_decimal,
    ),
    Position: strawberry.scalar(
        name="Position",
        description='A place in the event log, as a string of digits; "0" is before the first event.',
        serialize=_as_text,
        parse_value=parse_position,
    ),
}
