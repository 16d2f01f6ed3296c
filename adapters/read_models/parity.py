"""Do two tables of one read model hold the same? Counts, sums, a hash of the ordered rows, and where they differ."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from typing import Final, get_args, get_type_hints

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from adapters.event_log.chain_check import Finding
from adapters.postgres.calendar import read_all_times
from adapters.read_models.comparison import Row, differences, rows_by_key
from adapters.read_models.switching import Pair
from projections.read_model import AnyReadModel

SHOWN: Final = 10
"""Rows that differ which are told of each read model."""

_POSITIONS: Final = "SELECT table_name, position FROM read_models.checkpoints"


@dataclass(frozen=True)
class Tally:
    """What a table holds: how many rows, the sums of its amounts, and the SHA-256 of its rows in key order."""

    rows: int
    sums: tuple[tuple[str, Decimal], ...]
    digest: str


@dataclass(frozen=True)
class Compared:
    """Both tallies at one position, and, where rows differ, how many do and what the first ones say."""

    name: str
    position: int
    used: Tally
    next: Tally
    differing: int = 0
    first: Sequence[Finding] = ()

    @property
    def is_alike(self) -> bool:
        """Whether no row differs, and as many rows have the same sums."""
        return not self.differing and (self.used.rows, self.used.sums) == (self.next.rows, self.next.sums)


def compare(conninfo: str, pairs: Sequence[Pair]) -> list[Compared]:
    """Compare the joined tables of each pair, as one moment has them."""
    with psycopg.connect(conninfo, row_factory=tuple_row) as connection, ThreadPoolExecutor(2) as threads:
        read_all_times(connection)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ()
        positions: dict[str, int] = dict(connection.execute(_POSITIONS).fetchall())
        compared = []
        for pair in pairs:
            both = threads.map(lambda model: _tally(conninfo, snapshot, model), (pair.used, pair.next))
            used, rebuilt = both
            result = Compared(pair.used.name, positions[pair.used.table], used, rebuilt)
            # Equal numbers may be written with more or fewer digits: then the hashes differ and no row does.
            compared.append(result if used == rebuilt else _with_differences(connection, pair, result))
        return compared


def _tally(conninfo: str, snapshot: str, model: AnyReadModel) -> Tally:
    columns = SQL(", ").join(map(Identifier, model.columns))
    key = SQL(", ").join(map(Identifier, model.key))
    numeric = [name for name, hint in get_type_hints(model.row).items() if Decimal in (hint, *get_args(hint))]
    totals = SQL(", ").join([SQL("count(*)"), *(SQL("coalesce(sum({}), 0)").format(Identifier(n)) for n in numeric)])
    with psycopg.connect(conninfo, row_factory=tuple_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute(SQL("SET TRANSACTION SNAPSHOT {}").format(Literal(snapshot)))
        connection.execute("SET LOCAL timezone = 'UTC'")
        found = connection.execute(SQL("SELECT {} FROM {}").format(totals, _table(model))).fetchone()
        assert found is not None
        digest = sha256()
        rows = SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(columns, _table(model), key)
        with connection.cursor() as cursor, cursor.copy(rows) as copy:
            for block in copy:
                digest.update(block)
    return Tally(found[0], tuple(zip(numeric, found[1:], strict=True)), digest.hexdigest())


def _with_differences(connection: psycopg.Connection[Row], pair: Pair, compared: Compared) -> Compared:
    model = pair.used
    one = SQL(", ").join(SQL("u.{}").format(Identifier(name)) for name in model.columns)
    other = SQL(", ").join(SQL("n.{}").format(Identifier(name)) for name in model.columns)
    key = SQL(", ").join(map(Identifier, model.key))
    order = SQL(", ").join(SQL("coalesce(u.{0}, n.{0})").format(Identifier(name)) for name in model.key)
    query = SQL(
        "SELECT count(*) OVER (), u.{first} IS NOT NULL, n.{first} IS NOT NULL, {one}, {other}"
        " FROM {used} u FULL JOIN {next} n USING ({key}, again)"
        " WHERE ROW({one}) IS DISTINCT FROM ROW({other}) ORDER BY {order} LIMIT {shown}"
    ).format(
        first=Identifier(model.key[0]), one=one, other=other, key=key, order=order,
        used=_numbered(pair.used), next=_numbered(pair.next), shown=Literal(SHOWN),
    )  # fmt: skip
    rows = connection.execute(query).fetchall()
    width = len(model.columns)
    used = rows_by_key(model, [row[3 : 3 + width] for row in rows if row[1]])
    rebuilt = rows_by_key(model, [row[3 + width :] for row in rows if row[2]])
    found = islice(differences(model, rebuilt, used, compared.position), SHOWN)
    return Compared(
        compared.name, compared.position, compared.used, compared.next,
        differing=rows[0][0] if rows else 0,
        first=sorted(found, key=lambda finding: finding.position),
    )  # fmt: skip


def _numbered(model: AnyReadModel) -> Composed:
    """Return the table with the rows of each key numbered: it has two where somebody has dropped the primary key."""
    key = SQL(", ").join(map(Identifier, model.key))
    return SQL("(SELECT *, row_number() OVER (PARTITION BY {}) AS again FROM {})").format(key, _table(model))


def _table(model: AnyReadModel) -> Composed:
    return SQL("{}").format(Identifier("read_models", model.table))
