"""What did each line to the exchange bring, and when last? Shown beside figures, never part of them."""

from collections.abc import Mapping
from datetime import datetime

import psycopg

from domain.deliveries import Delivered

_NOTE = """
    INSERT INTO wattbook_state.line_activity AS t (line, last_message_at)
    SELECT * FROM unnest(%s::text[], %s::timestamptz[])
    ON CONFLICT (line) DO UPDATE SET last_message_at = greatest(t.last_message_at, excluded.last_message_at)
"""

_COUNT = """
    INSERT INTO wattbook_state.line_deliveries AS t (line, first, confirmed, heard)
    SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
    ON CONFLICT (line) DO UPDATE SET
        first = t.first + excluded.first, confirmed = t.confirmed + excluded.confirmed, heard = t.heard + excluded.heard
"""


async def note_line_activity(
    connection: psycopg.AsyncConnection[object], last_message_at: Mapping[str, datetime]
) -> None:
    """Note when each line last brought a message; an older instant never replaces a newer one."""
    await connection.execute(_NOTE, (list(last_message_at), list(last_message_at.values())), prepare=True)


async def count_deliveries(connection: psycopg.AsyncConnection[object], news: Mapping[str, Delivered]) -> None:
    """Add to what each line brought, whichever recorders count it."""
    columns = [(line, each.first, each.confirmed, each.heard) for line, each in sorted(news.items())]
    await connection.execute(_COUNT, [list(column) for column in zip(*columns, strict=True)], prepare=True)
