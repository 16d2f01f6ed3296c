"""Which warnings stand, by what the running processes last said, or say no longer? No figure depends on them."""

import os
import socket
from collections.abc import Sequence
from typing import Final, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from domain.health_warnings import HealthWarning
from domain.watermarks import nobody_records_warning

STALE_S: Final = 15
"""A warning that nobody has repeated for so long stands no longer: who raised it has gone."""

_NOTE: Final[LiteralString] = """
    WITH standing AS (
        SELECT * FROM unnest(%(code)s::text[], %(about)s::text[], %(level)s::text[], %(message)s::text[])
            AS t (code, about, level, message)
    ), over AS (
        DELETE FROM wattbook_state.warnings AS w
        WHERE (host, process) = (%(host)s, %(process)s)
          AND NOT EXISTS (SELECT 1 FROM standing AS s WHERE (s.code, s.about) = (w.code, w.about))
          OR noted_at < clock_timestamp() - make_interval(secs => 60)
    )
    INSERT INTO wattbook_state.warnings AS w (host, process, code, about, level, message, since, noted_at)
    SELECT %(host)s, %(process)s, code, about, level, message, clock_timestamp(), clock_timestamp() FROM standing
    ON CONFLICT (host, process, code, about)
    DO UPDATE SET level = excluded.level, message = excluded.message, noted_at = excluded.noted_at
"""

# Two recorders on one machine see the same: what was said last stands.
_STANDING: Final[LiteralString] = """
    SELECT code, level, message, about FROM (
        SELECT DISTINCT ON (host, code, about) * FROM wattbook_state.warnings
        WHERE noted_at > clock_timestamp() - make_interval(secs => %(stale)s)
        ORDER BY host, code, about, noted_at DESC
    ) AS newest
    ORDER BY level, since, code, about
"""

_ALIVE: Final[LiteralString] = """
    INSERT INTO wattbook_state.recording (alive_at) VALUES (clock_timestamp())
    ON CONFLICT (one) DO UPDATE SET alive_at = excluded.alive_at
"""
_LAST_ALIVE: Final[LiteralString] = "SELECT (SELECT alive_at FROM wattbook_state.recording), clock_timestamp()"


async def note_recording(connection: psycopg.AsyncConnection[object]) -> None:
    """Write down that a recorder lives; who does not repeat it for some seconds passes for gone."""
    await connection.execute(_ALIVE, prepare=True)


async def note_warnings(connection: psycopg.AsyncConnection[object], warnings: Sequence[HealthWarning]) -> None:
    """Write down that just *warnings* stand as far as this process knows; to be repeated within STALE_S."""
    values = {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "code": [each.code for each in warnings],
        "about": [_text(each.about) for each in warnings],
        "level": [each.level for each in warnings],
        "message": [_text(each.message) for each in warnings],
    }
    await connection.execute(_NOTE, values, prepare=True)


async def standing_warnings(connection: AsyncConnection[TupleRow]) -> list[HealthWarning]:
    """Return the warnings that stand, the critical ones first, then the oldest."""
    cursor = await connection.execute(_STANDING, {"stale": STALE_S}, prepare=True)
    noted = [HealthWarning(*row) for row in await cursor.fetchall()]
    cursor = await connection.execute(_LAST_ALIVE, prepare=True)
    alive_at, now = await cursor.fetchone() or (None, None)
    unsaid = nobody_records_warning(alive_at, now)
    return noted if unsaid is None else [unsaid, *noted]


def _text(text: str) -> str:
    """Return *text* as the database can hold it: a file's name may be any bytes."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()
