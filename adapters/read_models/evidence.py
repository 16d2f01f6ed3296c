"""What stands behind the figures of a day: the moments at which they may have changed, and every price observed?"""

from datetime import date
from typing import Final, cast

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from domain.performance import ReferencePrice
from domain.periods import DeliveryPeriod, Minutes
from projections.deals import deals
from projections.reading import RecordedMoment, RecordedMoments
from projections.reference_prices import reference_prices as prices

# Of more than there is room for, every n-th: the first and the last are always among them.
_MOMENTS: Final = SQL("""
    SELECT position, recorded_at, found FROM (
        SELECT position, recorded_at, row_number() OVER (ORDER BY position) AS number, count(*) OVER () AS found
        FROM (
            SELECT position, recorded_at FROM {deals}
            WHERE delivery_day = %(day)s AND position <= %(until)s {whose}
            UNION
            SELECT position, recorded_at FROM {prices} WHERE delivery_day = %(day)s AND position <= %(until)s
        ) AS moments
    ) AS numbered
    WHERE number = found OR (number - 1) %% ((found + %(between)s - 1) / %(between)s) = 0
    ORDER BY position
""")
_OBSERVATIONS: Final = (
    SQL("""
    SELECT label, delivery_start, minutes, value, last_update, recorded_at, position FROM {prices}
    WHERE delivery_day = %(day)s AND label = %(label)s AND position <= %(until)s
    ORDER BY last_update DESC, position DESC LIMIT %(limit)s
""")
    .format(prices=Identifier("read_models", prices.table))
    .as_bytes()
)


async def recorded_moments(
    connection: AsyncConnection[TupleRow], trader_id: str | None, day: date, until: int, at_most: int
) -> RecordedMoments:
    """Return when up to *until* something was recorded that may have changed the figures of a book on *day*.

    No more than *at_most* moments, at least 2, are told, spread evenly over all.
    """
    query = _MOMENTS.format(
        deals=Identifier("read_models", deals.table),
        prices=Identifier("read_models", prices.table),
        whose=SQL("") if trader_id is None else SQL("AND trader_id = %(trader)s"),
    )
    arguments = {"trader": trader_id, "day": day, "until": until, "between": at_most - 1}
    cursor = await connection.execute(query, arguments)
    rows = await cursor.fetchall()
    return RecordedMoments(
        found=rows[0][2] if rows else 0,
        moments=[RecordedMoment(position, recorded_at) for position, recorded_at, _ in rows],
    )


async def price_observations(
    connection: AsyncConnection[TupleRow], day: date, label: str, until: int, limit: int
) -> list[ReferencePrice]:
    """Return what was observed for a period of *day* up to *until*: the observation that stands, then the others."""
    arguments = {"day": day, "label": label, "until": until, "limit": limit}
    cursor = await connection.execute(_OBSERVATIONS, arguments)
    return [
        ReferencePrice(DeliveryPeriod(day, name, start, cast("Minutes", minutes)), value, last_update, at, position)
        for name, start, minutes, value, last_update, at, position in await cursor.fetchall()
    ]
