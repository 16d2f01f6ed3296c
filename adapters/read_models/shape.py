"""Are the tables of the read models there, with the columns that their rows need?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, get_type_hints

import psycopg

from adapters.event_log.chain_check import Finding
from adapters.read_models.copying import sql_type
from projections.read_model import AnyReadModel

CHECKPOINTS: Final = "read_models.checkpoints"

_REACHED: Final = "SELECT table_name, position FROM read_models.checkpoints WHERE position IS NOT NULL"
_DIFFERING: Final = """
    SELECT wanted.name, format_type(to_regtype(wanted.type), NULL), format_type(found.atttypid, NULL)
    FROM unnest(%(names)s::text[], %(types)s::text[]) AS wanted (name, type)
    LEFT JOIN pg_attribute AS found
        ON found.attrelid = to_regclass(%(table)s) AND found.attname = wanted.name AND NOT found.attisdropped
    WHERE found.atttypid IS DISTINCT FROM to_regtype(wanted.type)
"""


def reached(connection: psycopg.Connection[tuple[Any, ...]]) -> tuple[dict[str, int], list[Finding]]:
    """Return up to which position each table has come, and what is wrong with the table that says so."""
    wrong = list(_differing(connection, CHECKPOINTS, {"table_name": "text", "position": "bigint"}, 0))
    if wrong:
        return {}, wrong
    return dict(connection.execute(_REACHED).fetchall()), []


def unreadable(
    connection: psycopg.Connection[tuple[Any, ...]], models: Sequence[AnyReadModel], reached: Mapping[str, int]
) -> dict[str, list[Finding]]:
    """Return what is wrong with the columns of tables of *models*, by table, as of where each has *reached*."""
    found = {}
    for model in models:
        hints = get_type_hints(model.row)
        columns = {name: sql_type(hints[name]).partition(" COLLATE")[0] for name in model.columns}
        wrong = list(_differing(connection, f"read_models.{model.table}", columns, reached.get(model.table, 0)))
        if wrong:
            found[model.table] = wrong
    return found


def _differing(
    connection: psycopg.Connection[tuple[Any, ...]], table: str, columns: Mapping[str, str], position: int
) -> Iterator[Finding]:
    row = connection.execute("SELECT to_regclass(%s) IS NULL", (table,)).fetchone()
    if row == (True,):
        yield Finding(position, table, "the table is gone")
        return
    wanted = {"table": table, "names": list(columns), "types": list(columns.values())}
    for name, kind, found in connection.execute(_DIFFERING, wanted):
        told = f"its column {name} is gone" if found is None else f"its column {name} holds {found}, not {kind}"
        yield Finding(position, table, told)
