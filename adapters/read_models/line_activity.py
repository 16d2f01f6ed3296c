"""When did each line to the exchange last bring a message? Shown beside figures, never part of them."""

from collections.abc import Mapping
from datetime import datetime

import psycopg

_NOTE = """
    INSERT INTO wattbook_state.line_activity AS t (line, last_message_at)
    SELECT * FROM unnest(%s::text[], %s::timestamptz[])
    ON CONFLICT (line) DO UPDATE SET last_message_at = greatest(t.last_message_at, excluded.last_message_at)
"""


async def note_line_activity(
    connection: psycopg.AsyncConnection[object], last_message_at: Mapping[str, datetime]
) -> None:
    """Note when each line last brought a message; an older instant never replaces a newer one."""
    await connection.execute(_NOTE, (list(last_message_at), list(last_message_at.values())), prepare=True)
