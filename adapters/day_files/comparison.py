"""What does a day file say beside the log? Its rows in a table of this connection alone, gone when it ends.

The rows are taken as they are checked, so whatever becomes of the file afterwards, what is
recorded is what was checked; and memory holds no more of a large file than of a small one.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from psycopg import AsyncConnection, AsyncCopy
from psycopg.rows import TupleRow, kwargs_row
from psycopg.sql import SQL, Composed, Identifier

from adapters.day_files.rows import FileRow
from domain.day_files import Doubt
from domain.events import DealKey
from domain.telling import Told
from projections.day_files import day_files
from projections.deals import deals

_DEALS: Final = Identifier("read_models", deals.table)
Became = Literal["recorded", "duplicate", "conflict", "rejected"]

_CREATE: Final = SQL("""
    CREATE TEMPORARY TABLE {rows} (
        line bigint PRIMARY KEY,
        raw bytea NOT NULL,
        deal_id text COLLATE "C" NOT NULL,
        trader_id text COLLATE "C" NOT NULL,
        direction text COLLATE "C" NOT NULL,
        quantity_mw numeric NOT NULL,
        price_eur_mwh numeric NOT NULL,
        delivery_day date NOT NULL,
        executed_at timestamptz NOT NULL,
        delivery_start timestamptz,
        minutes bigint,
        reason text,
        became text
    )
""")
_COPY: Final = SQL("""
    COPY {rows} (line, raw, deal_id, trader_id, direction, quantity_mw, price_eur_mwh, delivery_day, executed_at,
                 delivery_start, minutes, reason) FROM STDIN
""")
_DOUBLED: Final = SQL("""
    SELECT min(line), max(line),
           count(DISTINCT (quantity_mw, price_eur_mwh, delivery_day, executed_at, delivery_start, minutes, reason)) > 1
    FROM {rows} GROUP BY deal_id, trader_id, direction HAVING count(*) > 1
    ORDER BY 3 DESC, 1 LIMIT 1
""")
_DROP_REPEATED: Final = SQL("""
    DELETE FROM {rows} AS later USING {rows} AS earlier
    WHERE (later.deal_id, later.trader_id, later.direction) = (earlier.deal_id, earlier.trader_id, earlier.direction)
      AND later.line > earlier.line
""")
_STANDING: Final = SQL("""
    SELECT d.deal_id, d.trader_id, d.direction, d.quantity_mw, d.price_eur_mwh, d.delivery_day, d.delivery_start,
           d.minutes, d.executed_at
    FROM {deals} AS d
    WHERE d.sign = 1 AND d.exchange = %(exchange)s AND d.executed_at >= %(start)s AND d.executed_at < %(end)s
      AND NOT EXISTS (SELECT FROM {deals} AS back WHERE back.replaces = d.position)
""")
_SAME_DEAL: Final = SQL("""
    s.deal_id = r.deal_id AND s.trader_id = r.trader_id AND s.direction = r.direction
""")
_SAME_CONTENT: Final = SQL("""
    s.quantity_mw = r.quantity_mw AND s.price_eur_mwh = r.price_eur_mwh AND s.executed_at = r.executed_at
    AND s.delivery_day = r.delivery_day
    AND (r.reason IS NOT NULL OR (s.delivery_start = r.delivery_start AND s.minutes = r.minutes))
""")
# A deal whose period is in doubt is the one that stands, where all else agrees.
_KNOWN: Final = SQL("""
    WITH standing AS ({standing})
    UPDATE {rows} AS r SET became = 'duplicate' FROM standing AS s
    WHERE r.reason IS NOT NULL AND {same_deal} AND {same_content}
""")
_KNOWN_OTHERWISE: Final = SQL("""
    WITH standing AS ({standing})
    UPDATE {rows} AS r SET became = 'conflict' FROM standing AS s
    WHERE r.reason IS NOT NULL AND r.became IS NULL AND {same_deal}
""")
_BATCH: Final = SQL("SELECT line, raw, became FROM {rows} WHERE line > %s ORDER BY line LIMIT %s")
_NOTE: Final = SQL("""
    UPDATE {rows} AS r SET became = b.became FROM unnest(%s::bigint[], %s::text[]) AS b (line, became)
    WHERE r.line = b.line
""")
_DIFFERING: Final = SQL("""
    CREATE TEMPORARY TABLE {differing} AS
    WITH standing AS ({standing})
    SELECT r.line, r.deal_id, r.trader_id, r.direction FROM {rows} AS r
    WHERE r.became IN ('duplicate', 'conflict')
      AND NOT EXISTS (SELECT FROM standing AS s WHERE {same_deal} AND {same_content})
""")
_EXTRA: Final = SQL("""
    CREATE TEMPORARY TABLE {extra} AS
    WITH standing AS ({standing})
    SELECT s.deal_id, s.trader_id, s.direction, s.executed_at FROM standing AS s
    WHERE NOT EXISTS (SELECT FROM {rows} AS r WHERE {same_deal})
""")
_DIFFERING_ORDERED: Final = SQL("{differing} ORDER BY line")
_EXTRA_ORDERED: Final = SQL("{extra} ORDER BY deal_id, trader_id, direction")
_MISSING_ORDERED: Final = SQL("{rows} WHERE became IN ('recorded', 'rejected') ORDER BY line")
_COUNTS: Final = SQL("""
    SELECT (SELECT count(*) FROM {rows}),
           (SELECT count(*) FROM {rows} WHERE became = 'recorded'),
           (SELECT count(*) FROM {rows} WHERE became = 'rejected'),
           (SELECT count(*) FROM {differing}),
           (SELECT count(*) FROM {extra})
""")
_DOUBT: Final = SQL("""
    WITH first AS (SELECT min(executed_at) AS executed_at FROM {extra})
    SELECT first.executed_at,
           (SELECT max(r.executed_at) FROM {rows} AS r WHERE r.executed_at < first.executed_at),
           (SELECT bool_and(in_order) FROM (
               SELECT executed_at >= lag(executed_at, 1, executed_at) OVER (ORDER BY line) AS in_order FROM {rows}
           ) AS each)
    FROM first
""")
# A file that lacked deals lacks them still.
_TOLD_BEFORE: Final = SQL("""
    SELECT max(position) FROM {} WHERE exchange = %s AND day = %s AND sha256 = %s AND (told_until >= %s OR extra > 0)
""").format(Identifier("read_models", day_files.table))


@dataclass(frozen=True)
class Counts:
    """Of a file's rows: how many were recorded, rejected or differ; and how many deals it does not have."""

    rows: int
    recorded: int
    rejected: int
    differing: int
    extra: int

    @property
    def matched(self) -> int:
        """Rows that the log had as the file says."""
        return self.rows - self.recorded - self.rejected - self.differing

    @property
    def missing(self) -> int:
        """Rows that the log did not have."""
        return self.recorded + self.rejected


class Comparison:
    """One day file beside the log, on one connection, as far as both are known."""

    def __init__(self, connection: AsyncConnection[TupleRow], exchange: str, number: int) -> None:
        self._connection = connection
        self._exchange = exchange
        self._names = {part: Identifier(f"day_file_{number}_{part}") for part in ("rows", "differing", "extra")}

    @asynccontextmanager
    async def taking(self) -> AsyncIterator[AsyncCopy]:
        """Make the table of the file's rows, and take what :func:`take` writes."""
        await self._connection.execute(self._of(_CREATE))
        async with self._connection.cursor() as cursor, cursor.copy(self._of(_COPY)) as copy:
            yield copy

    async def doubled(self) -> tuple[int, int] | None:
        """Return two lines that say one deal with different contents; where they say the same, one stays."""
        cursor = await self._connection.execute(self._of(_DOUBLED))
        row = await cursor.fetchone()
        if row is None:
            return None
        if row[2]:
            return row[0], row[1]
        await self._connection.execute(self._of(_DROP_REPEATED))
        return None

    async def match_in_doubt(self, whole: Told) -> None:
        """Find which rows without a period of their own are deals that the read models know."""
        await self._connection.execute(self._of(SQL("ANALYZE {rows}")))
        for statement in (_KNOWN, _KNOWN_OTHERWISE):
            await self._connection.execute(self._of(statement), self._within(whole))

    async def batch(self, after: int, limit: int) -> list[tuple[int, bytes, Became | None]]:
        """Return the rows after line *after*, with what is known of them."""
        cursor = await self._connection.execute(self._of(_BATCH), (after, limit))
        return [(line, bytes(raw), became) for line, raw, became in await cursor.fetchall()]

    async def note(self, lines: Sequence[int], became: Sequence[Became]) -> None:
        """Keep what became of the rows of *lines*."""
        await self._connection.execute(self._of(_NOTE), (list(lines), list(became)))

    async def compare(self, whole: Told, judged: Told) -> Counts:
        """Compare with what stands in the read models; extra deals are those executed in *judged*."""
        await self._connection.execute(self._of(_DIFFERING), self._within(whole))
        await self._connection.execute(self._of(_EXTRA), self._within(judged))
        cursor = await self._connection.execute(self._of(_COUNTS))
        row = await cursor.fetchone()
        assert row is not None
        return Counts(*row)

    async def doubt(self) -> Doubt | None:
        """Return where the file was found to lack deals, ``None`` where it lacks none; after :meth:`compare`."""
        cursor = await self._connection.execute(self._of(_DOUBT))
        row = await cursor.fetchone()
        return None if row is None or row[0] is None else Doubt(row[0], row[1], in_order=row[2] is not False)

    async def differing_deals(self, limit: int) -> list[DealKey]:
        """Return the first deals that the log holds otherwise, in the file's order."""
        return await self._keys(_DIFFERING_ORDERED, limit)

    async def extra_deals(self, limit: int) -> list[DealKey]:
        """Return the first deals that the log holds and the file does not."""
        return await self._keys(_EXTRA_ORDERED, limit)

    def differing_ids(self) -> AsyncIterator[str]:
        """Yield the id of every deal that the log holds otherwise, in the file's order."""
        return self._ids(_DIFFERING_ORDERED)

    def extra_ids(self) -> AsyncIterator[str]:
        """Yield the id of every deal that the log holds and the file does not."""
        return self._ids(_EXTRA_ORDERED)

    def missing_ids(self) -> AsyncIterator[str]:
        """Yield the id of every deal that the log did not hold, in the file's order."""
        return self._ids(_MISSING_ORDERED)

    async def _keys(self, which: SQL, limit: int) -> list[DealKey]:
        statement = SQL("SELECT deal_id, trader_id, direction FROM {} LIMIT {}").format(self._of(which), limit)
        async with self._connection.cursor(row_factory=kwargs_row(DealKey)) as cursor:
            await cursor.execute(statement)
            return await cursor.fetchall()

    async def _ids(self, which: SQL) -> AsyncIterator[str]:
        async with self._connection.cursor() as cursor:
            async for (deal_id,) in cursor.stream(SQL("SELECT deal_id FROM {}").format(self._of(which))):
                yield deal_id

    def _within(self, stretch: Told) -> dict[str, object]:
        return {"exchange": self._exchange, "start": stretch.start, "end": stretch.end}

    def _of(self, statement: SQL) -> Composed:
        return statement.format(
            **self._names, standing=_STANDING.format(deals=_DEALS), same_deal=_SAME_DEAL, same_content=_SAME_CONTENT
        )


async def take(copy: AsyncCopy, line: int, raw: bytes, row: FileRow) -> None:
    """Write a row that was checked to where :meth:`Comparison.taking` takes it."""
    period = row.period
    await copy.write_row(
        (line, raw, row.deal_id, row.trader_id, row.direction, row.quantity_mw, row.price_eur_mwh, row.delivery_day,
         row.executed_at, period and period.start, period and period.minutes, row.reason)
    )  # fmt: skip


async def was_told(
    connection: AsyncConnection[TupleRow], exchange: str, day: date, sha256: str, until: datetime
) -> int | None:
    """Return where the same bytes were imported as that *day*'s before and told *until* then, or all that they can."""
    cursor = await connection.execute(_TOLD_BEFORE, (exchange, day, sha256, until))
    row = await cursor.fetchone()
    return None if row is None else row[0]
