"""How are the lines to the exchange, and up to when can no deal be missing?"""

from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from domain.coverage import Connection, complete_up_to
from projections.feeds import feeds as model
from projections.reading import FeedState, FeedStatus

_TABLE: Final = Identifier("read_models", model.table)
_KNOWN: Final = (
    SQL("""
    SELECT (SELECT recorded_at FROM wattbook.events WHERE notification_id = %(as_of)s), greatest(
        (SELECT max(connected_position) FROM {table} WHERE connected_position <= %(as_of)s),
        (SELECT max(ended_position) FROM {table} WHERE ended_position <= %(as_of)s)
    )
""")
    .format(table=_TABLE)
    .as_bytes()
)
_CONNECTIONS: Final = (
    SQL("""
    SELECT connected_at, CASE WHEN ended_position <= %(as_of)s THEN last_heard_at END FROM {table}
    WHERE connected_position <= %(as_of)s OR ended_position <= %(as_of)s
""")
    .format(table=_TABLE)
    .as_bytes()
)
# A line may be held by two receivers at once; while one of them holds it, it is connected.
_FEEDS: Final = (
    SQL("""
    SELECT coalesce(f.line, a.line), f.open, f.since, a.last_message_at FROM (
        SELECT DISTINCT ON (line) line, ended_position IS NULL AS open,
               CASE WHEN ended_position IS NULL THEN connected_at ELSE last_heard_at END AS since
        FROM {table}
        ORDER BY line, ended_position IS NULL DESC, connected_at DESC
    ) AS f FULL JOIN wattbook_state.line_activity AS a USING (line)
""")
    .format(table=_TABLE)
    .as_bytes()
)
_FETCHED_AT: Final = "SELECT fetched_at FROM wattbook_state.market_data_provider"
_FOR_EVER: Final = datetime.max.replace(tzinfo=UTC)


class CompletenessMemory:
    """Remembers how complete the record was after each change of a feed: the past does not change."""

    def __init__(self, size: int = 1_000) -> None:
        self._size = size
        self._known: OrderedDict[int, datetime | None] = OrderedDict()

    async def known_at(
        self, connection: AsyncConnection[TupleRow], position: int
    ) -> tuple[datetime | None, datetime | None]:
        """Return when *position* was recorded, and up to when no deal can be missing as known at it."""
        cursor = await connection.execute(_KNOWN, {"as_of": position}, prepare=True)
        row = await cursor.fetchone()
        recorded_at, newest = row or (None, None)
        if newest is None:
            return recorded_at, None
        if newest not in self._known:
            cursor = await connection.execute(_CONNECTIONS, {"as_of": position}, prepare=True)
            connections = [Connection(opened_at, ended_at) for opened_at, ended_at in await cursor.fetchall()]
            self._known[newest] = complete_up_to(connections, _FOR_EVER)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        complete = self._known[newest]
        return recorded_at, recorded_at if complete == _FOR_EVER else complete


async def feeds(connection: AsyncConnection[TupleRow], lines: tuple[str, ...]) -> list[FeedStatus]:
    """Return how each line is: *lines* in their order, then others by name."""
    cursor = await connection.execute(_FEEDS, prepare=True)
    rows = await cursor.fetchall()
    seen = {line: FeedStatus(line, _state(is_open), since, heard_at) for line, is_open, since, heard_at in rows}
    others = sorted(line for line in seen if line not in lines)
    return [seen.get(line) or FeedStatus(line, "NEVER_CONNECTED", None, None) for line in (*lines, *others)]


async def reference_price_fetched_at(connection: AsyncConnection[TupleRow]) -> datetime | None:
    """Return when the provider last gave a reference price."""
    cursor = await connection.execute(_FETCHED_AT, prepare=True)
    row = await cursor.fetchone()
    return row[0] if row else None


def _state(is_open: bool | None) -> FeedState:
    if is_open is None:
        return "NEVER_CONNECTED"
    return "CONNECTED" if is_open else "DISCONNECTED"
