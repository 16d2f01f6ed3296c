"""What do clients ask with? The schema's input types, and how they become questions to the read models."""

import re
from datetime import date, datetime
from enum import Enum
from typing import Final, TypeVar, cast

import strawberry
from strawberry.types.unset import UnsetType

from domain.events import Direction as DealDirection
from domain.performance import Moment
from domain.resolution import Accept, Choice, Discard, ForPeriod
from graphql_api.errors import BadInputError
from graphql_api.scalars import Position
from graphql_api.types import Direction
from projections import reading

Value = TypeVar("Value")


@strawberry.enum
class SortDirection(Enum):
    ASC = "ASC"
    DESC = "DESC"


_AS_OF: Final = (
    "A moment of knowledge: exactly one of the two. A time means the last event recorded by then, so a time to come "
    "means now; what an answer is as of, its knowledge says."
)


@strawberry.input(one_of=True, description=_AS_OF)
class AsOf:
    position: Position | None = strawberry.UNSET
    recorded_at: datetime | None = strawberry.UNSET


@strawberry.input(description="All bounds are inclusive.")
class DealFilter:
    trader_id: str | None = strawberry.UNSET
    delivery_day_from: date | None = strawberry.UNSET
    delivery_day_to: date | None = strawberry.UNSET
    label: str | None = strawberry.UNSET
    direction: Direction | None = strawberry.UNSET
    executed_from: datetime | None = strawberry.UNSET
    executed_to: datetime | None = strawberry.UNSET


@strawberry.input(one_of=True)
class DealOrder:
    position: SortDirection | None = strawberry.UNSET
    execution_time: SortDirection | None = strawberry.UNSET
    delivery: SortDirection | None = strawberry.UNSET


@strawberry.input(description="Positions above `after` up to `until`.")
class EventFilter:
    after: Position | None = strawberry.UNSET
    until: Position | None = strawberry.UNSET
    types: list[str] | None = strawberry.UNSET
    stream: str | None = strawberry.UNSET


@strawberry.input(one_of=True, description="Exactly one: take it as it is, take it for a period, or set it aside.")
class Resolution:
    accept: bool | None = strawberry.UNSET
    period: str | None = strawberry.UNSET
    discard: bool | None = strawberry.UNSET


def given(value: Value | UnsetType | None) -> Value | None:
    """Return an optional argument, ``None`` where it was left out."""
    return None if isinstance(value, UnsetType) else value


def text(value: str | UnsetType | None) -> str | None:
    """Return an optional text; raise :class:`BadInputError` for one that no database can hold."""
    found = given(value)
    if found is not None and ("\0" in found or any("\ud800" <= character <= "\udfff" for character in found)):
        raise BadInputError("a text has a NUL or half a character")
    return found


def moment(value: AsOf | UnsetType | None) -> Moment | None:
    """Return the moment that an argument names, ``None`` for now."""
    as_of = given(value)
    return None if as_of is None else Moment(given(as_of.position), given(as_of.recorded_at))


def deal_filter(value: DealFilter | UnsetType | None) -> reading.DealFilter:
    """Return which deals an argument asks for."""
    wanted = given(value)
    if wanted is None:
        return reading.DealFilter()
    direction = given(wanted.direction)
    return reading.DealFilter(
        trader_id=text(wanted.trader_id),
        delivery_day_from=given(wanted.delivery_day_from),
        delivery_day_to=given(wanted.delivery_day_to),
        label=text(wanted.label),
        direction=None if direction is None else cast("DealDirection", direction.value.lower()),
        executed_from=given(wanted.executed_from),
        executed_to=given(wanted.executed_to),
    )


def deal_order(value: DealOrder | UnsetType | None) -> reading.DealOrder:
    """Return the order that an argument asks for: newest first where it asks for none."""
    order = given(value)
    if order is None:
        return reading.DealOrder()
    names: tuple[tuple[reading.DealSort, SortDirection | None], ...] = (
        ("position", given(order.position)),
        ("executionTime", given(order.execution_time)),
        ("delivery", given(order.delivery)),
    )
    by, direction = next((by, direction) for by, direction in names if direction is not None)
    return reading.DealOrder(by, direction is SortDirection.DESC)


def event_filter(value: EventFilter | UnsetType | None) -> reading.EventFilter:
    """Return which events an argument asks for."""
    wanted = given(value)
    if wanted is None:
        return reading.EventFilter()
    types = given(wanted.types)
    return reading.EventFilter(
        after=given(wanted.after),
        until=given(wanted.until),
        types=None if types is None else tuple(text(name) or "" for name in types),
        stream=text(wanted.stream),
    )


def choice(value: Resolution) -> Choice:
    """Return what a person chose; raise :class:`BadInputError` for a choice that says no."""
    label = text(value.period)
    if label is not None:
        return ForPeriod(label)
    if given(value.accept):
        return Accept()
    if given(value.discard):
        return Discard()
    raise BadInputError("say accept: true, discard: true, or the label of a period")


def position_of(identity: str, what: str) -> int:
    """Return the position that an id of *what* is; raise :class:`BadInputError` for what can be none."""
    if re.fullmatch(r"[0-9]{1,19}", identity, re.ASCII) and int(identity) < 2**63:
        return int(identity)
    raise BadInputError(f"there is no {what} {identity[:40]!r}: an id is a string of digits")
