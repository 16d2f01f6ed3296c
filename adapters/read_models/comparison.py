"""Is a read model what a fresh fold of the raw events makes of them? Row by row, at one position of the log."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from adapters.event_log.chain_check import Finding
from domain.canonical import time_text
from domain.events import Recorded
from projections.read_model import AnyReadModel

CHUNK: Final = 100
"""Rows of a whole table that are in memory at once before they are slim."""

LONG: Final = 200
"""Characters of a text that is compared by its digest."""

Row = tuple[Any, ...]
Rows = dict[object, Row]
"""Rows by key."""


def belongs_to_one_event(model: AnyReadModel) -> bool:
    """Tell whether each row is of the event whose position it has: then stretches can be compared alone."""
    return not model.merges and model.key[0] == "position"


def folded(model: AnyReadModel, events: Iterable[Recorded]) -> Rows:
    """Return the rows that *events* make, by key."""
    return rows_by_key(model, model.fold(events))


def merged(model: AnyReadModel, into: Rows, more: Mapping[object, Row]) -> None:
    """Merge the rows that other events of the log make into *into*."""
    for key, row in more.items():
        known = into.get(key)
        into[key] = row if known is None else model.merge(known, row)


def stored(connection: psycopg.Connection[Row], model: AnyReadModel, after: int | None = None, until: int = 0) -> Rows:
    """Return the rows of the table, or those with a position above *after* up to *until*."""
    if after is None:
        with connection.cursor(binary=True) as cursor:
            return rows_by_key(model, cursor.stream(_rows_of(model), size=CHUNK))
    where = SQL(" WHERE position > %(after)s AND position <= %(until)s")
    return _selected(connection, model, where, {"after": after, "until": until})


def stored_at(connection: psycopg.Connection[Row], model: AnyReadModel, positions: Sequence[int]) -> Rows:
    """Return the rows of the table at *positions*."""
    if not positions:
        return {}
    return _selected(connection, model, SQL(" WHERE position = ANY (%(positions)s)"), {"positions": list(positions)})


def within(connection: psycopg.Connection[Row], model: AnyReadModel, after: int, until: int) -> Iterator[Finding]:
    """Yield every row above *after* up to *until*, where no event is."""
    where = SQL(" WHERE position > {} AND position <= {}").format(after, until)
    return _of_no_event(connection, model, where)


def beyond(connection: psycopg.Connection[Row], model: AnyReadModel, until: int) -> Iterator[Finding]:
    """Yield every row whose position no event up to *until* can have, wherever somebody put it."""
    where = SQL(" WHERE position <= 0 OR position > {} OR position IS NULL").format(until)
    return _of_no_event(connection, model, where)


def _of_no_event(connection: psycopg.Connection[Row], model: AnyReadModel, where: Composed) -> Iterator[Finding]:
    with connection.cursor(binary=True) as cursor:
        for row in map(_slim, cursor.stream(_rows_of(model) + where, size=CHUNK)):
            at = row[model.columns.index("position")]
            yield Finding(at or 0, f"read_models.{model.table}", f"{_name(model, row)} is of no event")


def _rows_of(model: AnyReadModel) -> Composed:
    return SQL("SELECT {} FROM {}").format(
        SQL(", ").join(map(Identifier, model.columns)), Identifier("read_models", model.table)
    )


def _selected(
    connection: psycopg.Connection[Row], model: AnyReadModel, where: SQL, parameters: Mapping[str, object]
) -> Rows:
    with connection.cursor(binary=True) as cursor:
        cursor.execute(_rows_of(model) + where, parameters, prepare=True)
        return rows_by_key(model, cursor)


def differences(model: AnyReadModel, wanted: Rows, found: Rows, position: int) -> Iterator[Finding]:
    """Yield how the *found* rows differ from the *wanted* ones, as of *position* where a row has none of its own."""
    if wanted == found:
        return
    table = f"read_models.{model.table}"
    at = (lambda row: row[model.columns.index("position")]) if "position" in model.columns else (lambda _: position)
    for key in wanted.keys() - found.keys():
        yield Finding(at(wanted[key]), table, f"{_name(model, wanted[key])} is missing")
    for key in found.keys() - wanted.keys():
        yield Finding(at(found[key]), table, f"{_name(model, found[key])} is of no event")
    for key in wanted.keys() & found.keys():
        if wanted[key] != found[key]:
            pairs = zip(model.columns, found[key], wanted[key], strict=True)
            columns = [f"{name} is {_shown(one)}, not {_shown(other)}" for name, one, other in pairs if one != other]
            yield Finding(at(wanted[key]), table, f"{_name(model, wanted[key])}: {'; '.join(columns)}")


def rows_by_key(model: AnyReadModel, rows: Iterable[Row]) -> Rows:
    """Return *rows* by their keys, with the digest of each long text in its place."""
    key_of = itemgetter(*map(model.columns.index, model.key))
    found: Rows = {}
    for row in map(_slim, rows):
        key = key_of(row)
        # Where somebody has dropped the primary key, a second row of one key counts twice in sums.
        found[(key, "again") if key in found else key] = row
    return found


def _slim(row: Row) -> Row:
    """Return *row* with the SHA-256 of each long text in its place: a table of messages may not fit in memory.

    The digest is bytes, which no text equals.
    """
    return tuple(
        sha256(value.encode()).digest() if isinstance(value, str) and len(value) > LONG else value for value in row
    )


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return f"a text with SHA-256 {value.hex()}"
    return time_text(value) if isinstance(value, datetime) else str(value)


def _name(model: AnyReadModel, row: Row) -> str:
    return "row " + ", ".join(f"{name} {_shown(row[model.columns.index(name)])}" for name in model.key)
