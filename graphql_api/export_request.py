"""Which deals does the address of an export ask for? The fields of the schema's DealFilter, and ``asOf``."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, Final

from domain.events import Direction
from domain.performance import Moment
from graphql_api.errors import BadInputError
from graphql_api.inputs import text
from graphql_api.scalars import parse_day, parse_position, parse_time
from projections.reading import DealFilter

AS_OF: Final = "asOf"


def _text(value: str) -> str:
    return text(value) or ""


def _direction(value: str) -> Direction:
    directions: dict[str, Direction] = {"BUY": "buy", "SELL": "sell"}
    if value not in directions:
        raise BadInputError(f"neither BUY nor SELL: {value[:40]!r}")
    return directions[value]


def _moment(value: str) -> Moment:
    if value.isdecimal():
        return Moment(position=parse_position(value))
    try:
        return Moment(recorded_at=_time(value))
    except BadInputError as error:
        raise BadInputError(f"not a position, a string of digits, nor a time: {error}") from error


def _time(value: str) -> datetime:
    if " " in value:
        raise BadInputError(f"not a time with an offset: {value[:40]!r}; in an address + is written %2B")
    return parse_time(value)


_day: Callable[[str], date] = parse_day
_FILTERS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "traderId": ("trader_id", _text),
    "deliveryDayFrom": ("delivery_day_from", _day),
    "deliveryDayTo": ("delivery_day_to", _day),
    "label": ("label", _text),
    "direction": ("direction", _direction),
    "executedFrom": ("executed_from", _time),
    "executedTo": ("executed_to", _time),
}


def read_parameters(parameters: Iterable[tuple[str, str]]) -> tuple[DealFilter, Moment | None]:
    """Return which deals are wanted, and as of when, ``None`` for now.

    Raises :class:`BadInputError` for a parameter that is unknown, comes twice, or has a value that means nothing.
    """
    wanted: dict[str, Any] = {}
    moment: Moment | None = None
    seen: set[str] = set()
    for name, value in parameters:
        if name in seen:
            raise BadInputError(f"{name} is given twice")
        seen.add(name)
        if name != AS_OF and name not in _FILTERS:
            raise BadInputError(f"there is no parameter {name[:40]!r}: there are {', '.join([*_FILTERS, AS_OF])}")
        if not value:
            raise BadInputError(f"{name} has no value; leave it out to ask for all")
        try:
            if name == AS_OF:
                moment = _moment(value)
            else:
                field, read = _FILTERS[name]
                wanted[field] = read(value)
        except BadInputError as error:
            raise BadInputError(f"{name}: {error}") from error
    return DealFilter(**wanted), moment
