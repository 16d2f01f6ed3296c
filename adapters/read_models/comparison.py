"""Is a read model what a fresh fold of the raw events makes of them? Row by row, at one position of the log."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Identifier

from adapters.event_log.chain_check import Finding
from domain.events import Recorded
from projections.read_model import AnyReadModel

LONG: Final = 200
"""Characters of a text that is compared by its digest."""

Rows = dict[object, object]
"""Rows by key."""


def belongs_to_one_event(model: AnyReadModel) -> bool:
    """Tell whether each row is of the event whose position it has: then stretches can be compared alone."""
    return not model.merges and model.key[0] == "position"


def folded(model: AnyReadModel, events: Iterable[Recorded]) -> Rows:
    """Return the rows that *events* make, by key."""
    key_of = attrgetter(*model.key)
    return {key_of(row): _slim(row) for row in model.fold(events)}


def merged(model: AnyReadModel, into: Rows, more: Mapping[object, object]) -> None:
    """Merge the rows that other events of the log make into *into*."""
    for key, row in more.items():
        known = into.get(key)
        into[key] = row if known is None else model.merge(known, row)


def stored(
    connection: psycopg.Connection[tuple[Any, ...]], model: AnyReadModel, after: int | None = None, until: int = 0
) -> Rows:
    """Return the rows of the table, or those with a position above *after* up to *until*."""
    where = SQL("") if after is None else SQL(" WHERE position > %(after)s AND position <= %(until)s")
    query = SQL("SELECT {} FROM {}").format(
        SQL(", ").join(map(Identifier, model.columns)), Identifier("read_models", model.table)
    )
    key_of = attrgetter(*model.key)
    with connection.cursor(binary=True) as cursor:
        cursor.execute(query + where, {"after": after, "until": until})
        return {key_of(row): _slim(row) for row in (model.row(*values) for values in cursor)}


def differences(model: AnyReadModel, wanted: Rows, found: Rows, position: int) -> Iterator[Finding]:
    """Yield how the *found* rows differ from the *wanted* ones, as of *position* where a row has none of its own."""
    table = f"read_models.{model.table}"
    for key in wanted.keys() - found.keys():
        yield Finding(_position(wanted[key], position), table, f"{_name(model, wanted[key])} is missing")
    for key in found.keys() - wanted.keys():
        yield Finding(_position(found[key], position), table, f"{_name(model, found[key])} is of no event")
    for key in wanted.keys() & found.keys():
        one, other = wanted[key], found[key]
        if one != other:
            columns = [f"{n} is {getattr(other, n)}, not {getattr(one, n)}" for n in _unequal(model, one, other)]
            yield Finding(_position(one, position), table, f"{_name(model, one)}: {'; '.join(columns)}")


def _slim(row: Any) -> object:
    """Return *row* with the SHA-256 of each long text in its place: a table of messages may not fit in memory."""
    long = {
        field.name: "sha256:" + sha256(value.encode()).hexdigest()
        for field in fields(row)
        if isinstance(value := getattr(row, field.name), str) and len(value) > LONG
    }
    return replace(row, **long) if long else row


def _unequal(model: AnyReadModel, one: object, other: object) -> Sequence[str]:
    return [name for name in model.columns if getattr(one, name) != getattr(other, name)]


def _position(row: object, otherwise: int) -> int:
    position = getattr(row, "position", None)
    return position if isinstance(position, int) else otherwise


def _name(model: AnyReadModel, row: object) -> str:
    return "row " + ", ".join(f"{name} {getattr(row, name)}" for name in model.key)
