"""How are the lines to the exchange, and up to when can no deal be missing?"""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from domain.events import connection_of
from domain.losses import Coverage, Interruption, LineConnection, whole_stretches
from domain.telling import ToldByFile
from projections.day_files import day_files
from projections.feeds import feeds as model
from projections.interruptions import interruptions
from projections.reading import FeedConnection, FeedState, FeedStatus

Lost = Mapping[tuple[str, str], Sequence[Interruption]]
"""What is lost of each connection."""

_TABLE: Final = Identifier("read_models", model.table)
_INTERRUPTIONS: Final = Identifier("read_models", interruptions.table)
_DAY_FILES: Final = Identifier("read_models", day_files.table)
_KNOWN: Final = (
    SQL("""
    SELECT (SELECT recorded_at FROM wattbook.events WHERE notification_id = %(as_of)s), greatest(
        (SELECT max(connected_position) FROM {table} WHERE connected_position <= %(as_of)s),
        (SELECT max(ended_position) FROM {table} WHERE ended_position <= %(as_of)s),
        (SELECT max(position) FROM {interruptions} WHERE position <= %(as_of)s),
        (SELECT max(position) FROM {day_files} WHERE position <= %(as_of)s)
    )
""")
    .format(table=_TABLE, interruptions=_INTERRUPTIONS, day_files=_DAY_FILES)
    .as_bytes()
)
_CONNECTIONS: Final = (
    SQL("""
    SELECT connection, connected_at, CASE WHEN ended THEN last_heard_at END, line,
           CASE WHEN ended THEN disconnected_at END, CASE WHEN ended THEN reason END
    FROM (SELECT *, coalesce(ended_position <= %(as_of)s, false) AS ended FROM {table}) AS known
    WHERE connected_position <= %(as_of)s OR ended_position <= %(as_of)s
""")
    .format(table=_TABLE)
    .as_bytes()
)
_INTERRUPTED: Final = (
    SQL("SELECT line, connection, lost_from, lost_until, reason FROM {table} WHERE position <= %(as_of)s")
    .format(table=_INTERRUPTIONS)
    .as_bytes()
)
# What was found last of the same bytes stands.
_TOLD: Final = (
    SQL("""
    SELECT told_from, told_until, name FROM (
        SELECT DISTINCT ON (exchange, day, sha256) told_from, told_until, name FROM {day_files}
        WHERE position <= %(as_of)s ORDER BY exchange, day, sha256, position DESC
    ) AS newest WHERE told_until > told_from
""")
    .format(day_files=_DAY_FILES)
    .as_bytes()
)
# A line may be held by two receivers at once; while one of them holds it, it is connected.
_FEEDS: Final = (
    SQL("""
    SELECT coalesce(f.line, a.line), f.open, f.since, a.last_message_at,
           coalesce((SELECT first - confirmed FROM wattbook_state.line_deliveries AS d
                     WHERE d.line = coalesce(f.line, a.line)), 0)
    FROM (
        SELECT DISTINCT ON (line) line, ended_position IS NULL AS open,
               CASE WHEN ended_position IS NULL THEN connected_at ELSE last_heard_at END AS since
        FROM {table}
        ORDER BY line, ended_position IS NULL DESC, connected_at DESC
    ) AS f FULL JOIN wattbook_state.line_activity AS a USING (line)
""")
    .format(table=_TABLE)
    .as_bytes()
)
_OPEN_WITHIN: Final = (
    SQL("""
    SELECT connection, connected_at, last_heard_at, line, disconnected_at, reason FROM {table}
    WHERE connected_at <= %(end)s AND (ended_position IS NULL OR last_heard_at >= %(start)s)
    ORDER BY connected_at DESC, line, connection LIMIT %(limit)s
""")
    .format(table=_TABLE)
    .as_bytes()
)
_FETCHED_AT: Final = "SELECT fetched_at FROM wattbook_state.market_data_provider"


class CoverageMemory:
    """Remembers when the lines were open and what files told, as known now and at the moments asked for last.

    The past does not change, but a year of it may take megabytes.
    """

    def __init__(self, size: int = 4) -> None:
        self._size = size
        self._known: OrderedDict[int, Coverage] = OrderedDict()
        self._working = asyncio.Lock()

    async def known_at(
        self, connection: AsyncConnection[TupleRow], position: int
    ) -> tuple[datetime | None, datetime | None]:
        """Return when *position* was recorded, and up to when no deal can be missing as known at it."""
        recorded_at, coverage = await self._at(connection, position)
        return recorded_at, coverage.complete_up_to(recorded_at)

    async def at(self, connection: AsyncConnection[TupleRow], position: int) -> Coverage:
        """Return when the lines were open, as known at *position*."""
        return (await self._at(connection, position))[1]

    async def _at(self, connection: AsyncConnection[TupleRow], position: int) -> tuple[datetime | None, Coverage]:
        cursor = await connection.execute(_KNOWN, {"as_of": position}, prepare=True)
        row = await cursor.fetchone()
        recorded_at, newest = row or (None, None)
        if newest is None:
            return recorded_at, Coverage(())
        if newest not in self._known:
            # After a change everybody asks at once: one works it out, the others find it.
            async with self._working:
                if newest not in self._known:
                    self._known[newest] = await _worked_out(connection, position)
        self._known.move_to_end(newest)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        return recorded_at, self._known[newest]


async def feeds(connection: AsyncConnection[TupleRow], lines: tuple[str, ...], coverage: Coverage) -> list[FeedStatus]:
    """Return how each line is: *lines* in their order, then others by name."""
    cursor = await connection.execute(_FEEDS, prepare=True)
    seen = {
        line: FeedStatus(
            line, _state(is_open), since, heard_at, coverage.last_loss(line), coverage.losses_of(line), alone
        )
        for line, is_open, since, heard_at, alone in await cursor.fetchall()
    }
    others = sorted(line for line in seen if line not in lines)
    return [seen.get(line) or FeedStatus(line, "NEVER_CONNECTED") for line in (*lines, *others)]


async def connections(
    connection: AsyncConnection[TupleRow], start: datetime, end: datetime, limit: int, projected: int
) -> list[FeedConnection]:
    """Return the connections that were open at some moment from *start* to *end*, newest first.

    Where something is lost of one, it is told as the stretches of which nothing is.
    """
    cursor = await connection.execute(_OPEN_WITHIN, {"start": start, "end": end, "limit": limit}, prepare=True)
    whole = _whole(await cursor.fetchall(), await _interruptions(connection, projected))
    found = [each for each in whole if each.opened_at <= end and (each.ended_at is None or each.ended_at >= start)]
    return [
        FeedConnection(each.line, each.opened_at, each.ended_at, each.noticed_at, each.reason)
        for each in sorted(found, key=lambda each: each.opened_at, reverse=True)[:limit]
    ]


async def _interruptions(connection: AsyncConnection[TupleRow], as_of: int) -> Lost:
    """Return what is lost of each connection, which is known by its line and its name."""
    cursor = await connection.execute(_INTERRUPTED, {"as_of": as_of}, prepare=True)
    lost: defaultdict[tuple[str, str], list[Interruption]] = defaultdict(list)
    for line, name, *stretch in await cursor.fetchall():
        lost[line, name].append(Interruption(*stretch))
    return lost


def _whole(connections: Iterable[TupleRow], lost: Lost) -> list[LineConnection]:
    """Return the stretches of *connections*, each the name and then the fields of one, of which nothing is lost."""
    known = [(name, LineConnection(*fields)) for name, *fields in connections]
    return [
        whole for name, each in known for whole in whole_stretches(each, lost.get((each.line, connection_of(name)), ()))
    ]


async def reference_price_fetched_at(connection: AsyncConnection[TupleRow]) -> datetime | None:
    """Return when the provider last gave a reference price."""
    cursor = await connection.execute(_FETCHED_AT, prepare=True)
    row = await cursor.fetchone()
    return row[0] if row else None


async def _worked_out(connection: AsyncConnection[TupleRow], position: int) -> Coverage:
    cursor = await connection.execute(_CONNECTIONS, {"as_of": position}, prepare=True)
    held = await cursor.fetchall()
    lost = await _interruptions(connection, position)
    cursor = await connection.execute(_TOLD, {"as_of": position}, prepare=True)
    told = await cursor.fetchall()
    # A year of lines that come and go takes a tenth of a second, for which nobody else shall wait.
    return await asyncio.to_thread(lambda: Coverage(_whole(held, lost), [ToldByFile(*each) for each in told]))


def _state(is_open: bool | None) -> FeedState:
    if is_open is None:
        return "NEVER_CONNECTED"
    return "CONNECTED" if is_open else "DISCONNECTED"
