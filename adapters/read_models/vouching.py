"""Until when has which connection been vouched for, and which ones does the log hold for open?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg
from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from projections.feeds import feeds

_NOTE: Final = """
    INSERT INTO wattbook_state.vouched_connections AS t (line, connection, vouched_until, noted_at)
    SELECT *, clock_timestamp() FROM unnest(%s::text[], %s::text[], %s::timestamptz[])
    ON CONFLICT (line, connection) DO UPDATE
    SET vouched_until = excluded.vouched_until, noted_at = excluded.noted_at
"""
# Any change is a sign of life, also one back: the clock of a receiver may have been put right.
_KNOWN: Final = SQL("""
    SELECT f.line, f.connection, f.connected_at, v.vouched_until, f.last_heard_at, f.reason
    FROM {table} AS f LEFT JOIN wattbook_state.vouched_connections AS v
        ON v.line = f.line AND v.connection = split_part(f.connection, '~', 1)
    WHERE f.ended_position IS NULL OR split_part(f.connection, '~', 1) = ANY(%s)
    ORDER BY f.connected_at, f.connected_position
""").format(table=Identifier("read_models", feeds.table))
_PRUNE: Final = SQL("""
    DELETE FROM wattbook_state.vouched_connections AS v
    WHERE v.noted_at < clock_timestamp() - interval '1 day' AND NOT EXISTS (
        SELECT FROM {table} AS f
        WHERE f.ended_position IS NULL AND f.line = v.line AND split_part(f.connection, '~', 1) = v.connection
    )
""").format(table=Identifier("read_models", feeds.table))


@dataclass(frozen=True)
class KnownConnection:
    """A stretch of a connection as the log knows it; ``last_heard_at`` and ``reason`` are ``None`` while it is open."""

    line: str
    connection: str
    connected_at: datetime
    vouched_until: datetime | None
    last_heard_at: datetime | None
    reason: str | None


async def note_vouched(
    connection: psycopg.AsyncConnection[object], vouched: Mapping[tuple[str, str], datetime]
) -> None:
    """Note until when connections, by line and name, were heard with all that they brought recorded."""
    columns = [[line for line, _ in vouched], [name for _, name in vouched], list(vouched.values())]
    await connection.execute(_NOTE, columns, prepare=True)


async def known_connections(connection: psycopg.AsyncConnection[object], names: Iterable[str]) -> list[KnownConnection]:
    """Return every open stretch, and all stretches of the connections *names*, in the order in which they began."""
    await connection.execute(_PRUNE)
    cursor = connection.cursor(row_factory=class_row(KnownConnection))
    await cursor.execute(_KNOWN, (list(names),))
    return await cursor.fetchall()
