"""What is a read model? A small commutative merge of rows, so pages can be folded in any order.

A read model names its row, what an event contributes, and how two rows of one key become
one. The same declaration folds pages in memory and writes the table, so both always agree.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, Literal, Protocol, TypeVar, cast

from domain.decimals import EXACT
from domain.events import Recorded

Row = TypeVar("Row")
Merge = Literal["sum", "first known"]
"""How a column of two rows becomes one: added exactly, or whichever of the two is known."""


@dataclass(frozen=True)
class ReadModel(Generic[Row]):
    """One read model: its rows in a table of the same name, found by ``key``.

    ``merges`` says how each column outside the key is merged; a read model whose rows
    never share a key has none. ``indexes`` are column lists. A new ``version`` gets a new
    table, filled from the log.
    """

    name: str
    version: int
    row: type[Row]
    key: tuple[str, ...]
    contributions: Callable[[Recorded], Iterable[Row]]
    merges: tuple[tuple[str, Merge], ...] = ()
    indexes: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The name of the table that holds this version's rows."""
        return f"{self.name}_v{self.version}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The row's fields, which are the table's columns, in order."""
        return tuple(field.name for field in fields(cast("Any", self.row)))

    def fold(self, events: Iterable[Recorded]) -> list[Row]:
        """Return the rows that *events* contribute, one a key, in key order of first appearance."""
        rows: dict[object, Row] = {}
        key_of = attrgetter(*self.key)
        for event in events:
            for row in self.contributions(event):
                key = key_of(row)
                known = rows.get(key)
                rows[key] = row if known is None else self.merge(known, row)
        return list(rows.values())

    def merge(self, one: Row, other: Row) -> Row:
        """Return the row that two rows of one key make; the order of the two does not matter."""
        if not self.merges:
            raise ValueError(f"two rows of {self.name} share a key: {one} and {other}")
        values_of, hows = _parts(cast("Any", self.row), self.merges)
        merged = map(_merged, hows, values_of(one), values_of(other))
        return self.row(*merged)


class AnyReadModel(Protocol):
    """A read model of whatever row, for those who fold and store without looking inside."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def table(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def key(self) -> tuple[str, ...]: ...
    @property
    def merges(self) -> tuple[tuple[str, Merge], ...]: ...
    @property
    def indexes(self) -> tuple[str, ...]: ...
    @property
    def row(self) -> type[Any]: ...
    def __hash__(self) -> int: ...
    def fold(self, events: Iterable[Recorded]) -> Sequence[object]:
        """Return the rows that *events* contribute, one a key."""


@lru_cache
def _parts(
    row: type[Any], merges: tuple[tuple[str, Merge], ...]
) -> tuple[Callable[[object], tuple[object, ...]], tuple[Merge | None, ...]]:
    """Return what takes a row apart, and how each of its columns is merged: those of the key are the same in both."""
    names = [field.name for field in fields(row)]
    return attrgetter(*names), tuple(map(dict(merges).get, names))


def _merged(how: Merge | None, one: Any, other: Any) -> object:
    if how is None:
        return one
    if how == "first known":
        return other if one is None else one
    if isinstance(one, Decimal):
        return EXACT.add(one, other)
    return one + other
