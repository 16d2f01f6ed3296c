"""For which delivery periods are there deals, and is their reference price known?"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from domain.periods import DeliveryPeriod
from projections.positions import positions
from projections.reference_prices import reference_prices

_PERIODS = f"""
    SELECT p.delivery_day, p.label, p.delivery_start, p.minutes, coalesce((
        SELECT r.value IS NOT NULL FROM read_models.{reference_prices.table} r
        WHERE r.delivery_day = p.delivery_day AND r.delivery_start = p.delivery_start AND r.minutes = p.minutes
        ORDER BY r.last_update DESC, r.position DESC LIMIT 1
    ), false)
    FROM (
        SELECT DISTINCT delivery_day, label, delivery_start, minutes
        FROM read_models.{positions.table} WHERE deals > 0
    ) p
"""  # noqa: S608 - table names are ours


class PeriodsWithDeals:
    """Reads the read models on a connection of its own, opened again when it is lost."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None

    async def read(self) -> Sequence[tuple[DeliveryPeriod, bool]]:
        """Return each period with deals, and whether a reference price stands for it."""
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._conninfo, autocommit=True, row_factory=tuple_row
            )
        cursor = await self._connection.execute(_PERIODS.encode(), prepare=True)
        return [
            (DeliveryPeriod(day, label, start, minutes), priced)
            for day, label, start, minutes, priced in await cursor.fetchall()
        ]

    async def close(self) -> None:
        """Close the connection; the next read opens it again."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
