"""What do raw events make of read models whose tables are still empty? Stretch by stretch, in any order."""

from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

from adapters.event_log.folding import no_event_at
from adapters.event_log.pages import read_raw
from adapters.event_log.raw_log import Raw, RawLog
from adapters.read_models.confirmed_deals import TOPIC as CONFIRMED
from adapters.read_models.confirmed_deals import ConfirmedDeals, are_known
from adapters.read_models.copying import copied, copy_statement
from adapters.read_models.tables import columns_of
from domain.errors import LogDamagedError
from domain.events import Recorded
from projections.deals import deals
from projections.positions import positions
from projections.read_model import AnyReadModel, Merge

HELD_BYTES: Final = 16 * 1024 * 1024
"""How much of the log is folded before the rows that may share a key are written."""

PART: Final = "part"
"""The column that says from which position on the events of a part are."""

_PART_SETTING: Final = "wattbook.part"

_LEFT_ALONE: Final = SQL("WITH (autovacuum_enabled = off)")
"""Vacuuming a table that is being filled is work for nothing; the switch lets it in."""


def create_whole(whole: AnyReadModel) -> Composed:
    """Return the statement that creates the table to be filled, without any index, and left alone by autovacuum."""
    return SQL("CREATE TABLE {} ({}) {}").format(_table(whole), columns_of(whole), _LEFT_ALONE)


def create_parts(parts: AnyReadModel) -> Composed:
    """Return the statement that creates the table for rows that may share a key; a crash may empty it."""
    part = SQL("{} bigint NOT NULL DEFAULT current_setting({})::bigint").format(
        Identifier(PART), Literal(_PART_SETTING)
    )
    return SQL("CREATE UNLOGGED TABLE {} ({}, {}) {}").format(_table(parts), columns_of(parts), part, _LEFT_ALONE)


def put_together(parts: AnyReadModel, whole: AnyReadModel) -> Composed:
    """Return the statement that merges the rows of *parts*, each key once, into the empty table of *whole*."""
    hows = dict(parts.merges)
    columns = [
        Identifier(column) if column in parts.key else _merged(hows.get(column), column) for column in parts.columns
    ]
    return SQL("INSERT INTO {} ({}) SELECT {} FROM {} GROUP BY {}").format(
        _table(whole),
        SQL(", ").join(map(Identifier, parts.columns)),
        SQL(", ").join(columns),
        _table(parts),
        SQL(", ").join(map(Identifier, parts.key)),
    )


def fill(conninfo: str, after: int, until: int, tables: Sequence[AnyReadModel]) -> int:
    """Write what the events above *after* up to *until* make of *tables*; return how many events they were.

    Rows of read models that merge are written as parts, with the position they begin after.
    Raises :class:`LogDamagedError` at the first position that is missing or cannot be read.
    """
    with RawLog(conninfo) as log, psycopg.connect(conninfo, autocommit=True) as connection:
        # If this is lost, so is all of it: a build that did not come to its end is begun anew.
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET client_connection_check_interval = '1s'")
        filling = _Filling(connection, tables)
        begin = after
        for page in log.pages(after, until):
            _check_contiguous(page, begin)
            filling.add(page)
            begin = page[-1][0]
        filling.end()
    if begin < until:
        raise LogDamagedError(f"the event log has no event at position {begin + 1}")
    return until - after


class _Filling:
    """Writes what page after page makes of the tables."""

    def __init__(self, connection: psycopg.Connection[Any], tables: Sequence[AnyReadModel]) -> None:
        self._connection = connection
        self._tables = tables
        self._ledger = next((model for model in tables if model.contributions is deals.contributions), None)
        self._sums = next((model for model in tables if model.contributions is positions.contributions), None)
        self._confirmed = ConfirmedDeals() if are_known(tables) else None
        self._held: list[Recorded] = []
        self._size = 0
        self._begin = 0

    def add(self, page: Sequence[Raw]) -> None:
        """Write the rows of a page, or hold them where more may have the same key."""
        self._begin = self._begin or page[0][0]
        self._size += sum(len(state) for _, _, _, state in page)
        rest = page
        if self._confirmed is not None:
            ledger = self._confirmed.ledger([event for event in page if event[2] == CONFIRMED])
            if ledger is not None:
                rest = [event for event in page if event[2] != CONFIRMED]
                if self._ledger is not None:
                    self._copy(self._ledger, ledger.encode())
        events = list(read_raw(rest))
        for model in self._tables:
            if not model.merges:
                self._copy(model, copied(model, model.fold(events)))
        self._held += events
        if self._size >= HELD_BYTES:
            self.end()

    def end(self) -> None:
        """Write what is held."""
        self._connection.execute("SELECT set_config(%s, %s, false)", (_PART_SETTING, str(self._begin)))
        for model in self._tables:
            if model.merges:
                self._copy(model, copied(model, model.fold(self._held)))
        if self._confirmed is not None:
            rows = self._confirmed.take_positions()
            if self._sums is not None:
                self._copy(self._sums, copied(self._sums, rows))
        self._held, self._size, self._begin = [], 0, 0

    def _copy(self, model: AnyReadModel, rows: bytes) -> None:
        if rows:
            with self._connection.cursor() as cursor, cursor.copy(copy_statement(model)) as copy:
                copy.write(rows)


def _check_contiguous(page: Sequence[Raw], after: int) -> None:
    for expected, (position, *_) in enumerate(page, start=after + 1):
        if position != expected:
            raise no_event_at(expected, position)


def _merged(how: Merge | None, column: str) -> Composed:
    if how == "sum":
        return SQL("sum({})").format(Identifier(column))
    form = "(array_agg({0} ORDER BY {1}) FILTER (WHERE {0} IS NOT NULL))[1]"
    return SQL(form).format(Identifier(column), Identifier(PART))


def _table(model: AnyReadModel) -> Composed:
    return SQL("{}").format(Identifier("read_models", model.table))
