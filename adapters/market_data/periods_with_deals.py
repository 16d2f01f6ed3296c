"""For which delivery periods are there deals, and is their reference price known?"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row

from domain.periods import DeliveryPeriod
from domain.polling import PeriodKey
from projections.deals import deals
from projections.positions import positions
from projections.reference_prices import reference_prices

# What the deals up to this position changed is in both tables.
_POSITION: Final = "SELECT min(position) FROM read_models.checkpoints WHERE table_name = ANY(%s)"
_ALL: Final = f"SELECT DISTINCT delivery_start, minutes FROM read_models.{positions.table}"  # noqa: S608 - table names are ours
_NEW: Final = f"SELECT DISTINCT delivery_start, minutes FROM read_models.{deals.table} WHERE position > %s"  # noqa: S608
_PERIODS: Final = f"""
    SELECT p.delivery_day, p.label, p.delivery_start, p.minutes, coalesce((
        SELECT r.value IS NOT NULL FROM read_models.{reference_prices.table} r
        WHERE r.delivery_day = p.delivery_day AND r.delivery_start = p.delivery_start AND r.minutes = p.minutes
        ORDER BY r.last_update DESC, r.position DESC LIMIT 1
    ), false)
    FROM (
        SELECT delivery_day, label, delivery_start, minutes FROM read_models.{positions.table}
        WHERE deals > 0 AND delivery_start > %(now)s - interval '60 minutes'
        AND delivery_start + minutes * interval '1 minute' > %(now)s
        UNION
        SELECT delivery_day, label, delivery_start, minutes FROM read_models.{positions.table}
        JOIN unnest(%(starts)s::timestamptz[], %(minutes)s::bigint[]) AS k (delivery_start, minutes)
        USING (delivery_start, minutes)
        WHERE deals > 0
    ) p
"""  # noqa: S608


class PeriodsWithDeals:
    """Reads the read models on a connection of its own, opened again when it is lost."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._read_up_to: int | None = None

    async def news(self) -> Collection[PeriodKey]:
        """Return the periods whose deals may have changed since the last call; at first, all that ever had one."""
        connection = await self._connected()
        cursor = await connection.execute(_POSITION, ([positions.table, deals.table],), prepare=True)
        row = await cursor.fetchone()
        position = row[0] if row else None
        if position is None or position == self._read_up_to:
            return ()
        if self._read_up_to is None:
            cursor = await connection.execute(_ALL.encode())
        else:
            cursor = await connection.execute(_NEW.encode(), (self._read_up_to,), prepare=True)
        changed = [(start, minutes) for start, minutes in await cursor.fetchall()]
        self._read_up_to = position
        return changed

    async def read(self, now: datetime, periods: Collection[PeriodKey]) -> Sequence[tuple[DeliveryPeriod, bool]]:
        """Return each period with deals, and whether a reference price stands for it.

        Of those whose delivery is over at *now*, only *periods*.
        """
        connection = await self._connected()
        starts, minutes = [start for start, _ in periods], [length for _, length in periods]
        values = {"now": now, "starts": starts, "minutes": minutes}
        cursor = await connection.execute(_PERIODS.encode(), values, prepare=True)
        return [
            (DeliveryPeriod(day, label, start, length), priced)
            for day, label, start, length, priced in await cursor.fetchall()
        ]

    async def close(self) -> None:
        """Close the connection; the next read opens it again."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _connected(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._conninfo, autocommit=True, row_factory=tuple_row
            )
        return self._connection
