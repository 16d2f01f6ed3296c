"""What is a read model? A small commutative merge of rows, so pages can be folded in any order.

A read model names its row, what an event contributes, and how two rows of one key become
one. The same declaration folds pages in memory and writes the table, so both always agree.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from operator import itemgetter
from typing import Any, Final, Generic, Literal, Protocol, TypeVar, cast

from domain.decimals import EXACT
from domain.events import Recorded

Row = TypeVar("Row", bound=tuple[Any, ...])
Rows = Sequence[tuple[Any, ...]]
"""Rows of one read model, whichever."""

Merge = Literal["sum", "first known"]
"""How a column of two rows becomes one: added exactly, or whichever of the two is known."""


@dataclass(frozen=True)
class ReadModel(Generic[Row]):
    """One read model: its rows, named tuples, in a table of the same name, found by ``key``.

    ``merges`` says how each column outside the key is merged; a read model whose rows
    never share a key has none. ``indexes`` are column lists; ``sparse_indexes`` are columns
    that few rows have a value in, and index those rows alone. A new ``version`` gets a new
    table, filled from the log. ``beside`` names a second table of the same version: one that
    is being filled, or was in use before.
    """

    name: str
    version: int
    row: type[Row]
    key: tuple[str, ...]
    contributions: Callable[[Recorded], Iterable[Row]]
    merges: tuple[tuple[str, Merge], ...] = ()
    indexes: tuple[str, ...] = ()
    sparse_indexes: tuple[str, ...] = ()
    beside: str = ""

    @property
    def table(self) -> str:
        """The name of the table that holds this version's rows."""
        return f"{self.name}_v{self.version}{self.beside}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The row's fields, which are the table's columns, in order."""
        return cast("tuple[str, ...]", cast("Any", self.row)._fields)

    def fold(self, events: Iterable[Recorded]) -> list[Row]:
        """Return the rows that *events* contribute, one a key, in key order of first appearance."""
        return self.one_a_key(row for event in events for row in self.contributions(event))

    def one_a_key(self, rows: Iterable[Row]) -> list[Row]:
        """Return *rows* with those of one key merged, in key order of first appearance."""
        by_key: defaultdict[object, list[Row]] = defaultdict(list)
        key_of = itemgetter(*map(self.columns.index, self.key))
        for row in rows:
            by_key[key_of(row)].append(row)
        return [self.merge(*alike) if len(alike) > 1 else alike[0] for alike in by_key.values()]

    def merge(self, *rows: Row) -> Row:
        """Return the row that *rows* of one key make; their order does not matter."""
        if not self.merges:
            raise ValueError(f"rows of {self.name} share a key: {rows}")
        hows = map(dict(self.merges).get, self.columns)
        values = [_MERGED[how](column) for how, column in zip(hows, zip(*rows, strict=True), strict=True)]
        return self.row(*cast("Any", values))


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
    def sparse_indexes(self) -> tuple[str, ...]: ...
    @property
    def row(self) -> type[Any]: ...
    @property
    def contributions(self) -> Callable[[Recorded], Iterable[Any]]: ...
    def __hash__(self) -> int: ...
    def fold(self, events: Iterable[Recorded]) -> Rows:
        """Return the rows that *events* contribute, one a key."""

    def one_a_key(self, rows: Iterable[Any]) -> Rows:
        """Return *rows* with those of one key merged."""

    def merge(self, *rows: Any) -> tuple[Any, ...]:
        """Return the row that *rows* of one key make."""


Folded = Sequence[tuple[AnyReadModel, Rows | bytes]]
"""What events make of read models: rows, or those that are only added as the bytes in which their table takes them."""


def beside(model: AnyReadModel, name: str) -> AnyReadModel:
    """Return the same read model in its table *name*, which begins as its own one does."""
    assert isinstance(model, ReadModel)
    return cast("AnyReadModel", replace(model, beside=name.removeprefix(f"{model.name}_v{model.version}")))


def _sum(values: Sequence[Any]) -> object:
    return reduce(EXACT.add, values) if isinstance(values[0], Decimal) else sum(values)


def _first_known(values: Sequence[Any]) -> object:
    return next((value for value in values if value is not None), None)


# Columns of the key, which are not merged, are the same in all rows.
_MERGED: Final[dict[Merge | None, Callable[[Sequence[Any]], object]]] = {
    "sum": _sum,
    "first known": _first_known,
    None: itemgetter(0),
}
