"""What has been asked of the market-data provider, and how much more may be? Shared by all processes, in PostgreSQL.

Operational state in schema ``wattbook_state``: it is no part of the event log and can be
lost with no harm but some repeated requests.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from domain.periods import DeliveryPeriod
from domain.polling import Asked, DueRequest, PeriodKey, affordable, key_of
from domain.request_limits import RequestLimit, allowance

CREATE_SCHEDULE: Final = (
    "CREATE SCHEMA IF NOT EXISTS wattbook_state",
    """
    CREATE TABLE IF NOT EXISTS wattbook_state.market_data_requests (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        asked_at timestamptz NOT NULL
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS market_data_requests_asked_at_idx
    ON wattbook_state.market_data_requests (asked_at)
    """,
    """
    CREATE TABLE IF NOT EXISTS wattbook_state.market_data_polls (
        delivery_start timestamptz NOT NULL,
        minutes smallint NOT NULL,
        asked_at timestamptz NOT NULL,
        answered_at timestamptz,
        unanswered integer NOT NULL,
        without_news integer NOT NULL,
        PRIMARY KEY (delivery_start, minutes)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS wattbook_state.market_data_provider (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        paused_until timestamptz,
        fetched_at timestamptz
    )
    """,
    "INSERT INTO wattbook_state.market_data_provider DEFAULT VALUES ON CONFLICT DO NOTHING",
)
"""Creates the tables where they do not exist."""

_PERMITS_LOCK: Final = 0x77_61_74_74_01
_POLLER_LOCK: Final = 0x77_61_74_74_02

_KEPT: Final = timedelta(days=2)
"""Requests are remembered this long at least, so that a longer limit counts from the moment it is set."""


@asynccontextmanager
async def open_schedule(database_url: str) -> AsyncIterator["MarketDataSchedule"]:
    """Yield the schedule on a connection of its own, which also holds the poller's lock."""
    async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("SET TIME ZONE 'UTC'")
        yield MarketDataSchedule(connection)


class MarketDataSchedule:
    """The schedule on one connection in autocommit mode, used by one task at a time."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    async def lead(self) -> bool:
        """Become the one poller of all processes, or learn that another is; held as long as the connection."""
        row = await self._row("SELECT pg_try_advisory_lock(%s)", (_POLLER_LOCK,))
        return bool(row and row[0])

    async def asked(self) -> dict[PeriodKey, Asked]:
        """Return what came of the requests for each period ever asked for."""
        cursor = self._connection.cursor(row_factory=tuple_row)
        await cursor.execute(
            "SELECT delivery_start, minutes, asked_at, answered_at, unanswered, without_news"
            " FROM wattbook_state.market_data_polls"
        )
        return {(start, minutes): Asked(*known) for start, minutes, *known in await cursor.fetchall()}

    async def take_permits(
        self, limits: Sequence[RequestLimit], due: Sequence[DueRequest], *, at_most: int, made_before: int = 0
    ) -> tuple[DueRequest, ...]:
        """Return those of *due* that may be asked for at once, their requests already counted.

        Atomic over all processes; sliding windows by the database's clock, which hold across
        restarts. A permit is for now: one that is not used is not given back.
        """
        async with self._connection.transaction():
            await self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (_PERMITS_LOCK,))
            row = await self._row("SELECT clock_timestamp(), paused_until FROM wattbook_state.market_data_provider")
            assert row is not None
            now, paused_until = row
            longest = max((limit.window for limit in limits), default=timedelta())
            cursor = await self._connection.execute(
                "SELECT asked_at FROM wattbook_state.market_data_requests WHERE asked_at > %s", (now - longest,)
            )
            requested_at = [asked_at for (asked_at,) in await cursor.fetchall()]
            allowed = allowance(now, requested_at, limits, paused_until)
            chosen = affordable(due, allowed, at_most=at_most, made_before=made_before)
            if chosen:
                await self._connection.execute(
                    "INSERT INTO wattbook_state.market_data_requests (asked_at) SELECT %s FROM generate_series(1, %s)",
                    (now, len(chosen)),
                )
                await self._connection.execute(
                    "DELETE FROM wattbook_state.market_data_requests WHERE asked_at <= %s",
                    (now - max(longest, _KEPT),),
                )
            return chosen

    async def pause(self, seconds: float) -> None:
        """Make no request for so many seconds from now, in any process; a longer pause stays."""
        await self._connection.execute(
            "UPDATE wattbook_state.market_data_provider SET paused_until ="
            " greatest(paused_until, clock_timestamp() + make_interval(secs => %s))",
            (seconds,),
        )

    async def note(self, period: DeliveryPeriod, asked: Asked) -> None:
        """Remember what came of the requests for *period*."""
        start, minutes = key_of(period)
        await self._connection.execute(
            "INSERT INTO wattbook_state.market_data_polls VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (delivery_start, minutes) DO UPDATE SET asked_at = excluded.asked_at,"
            " answered_at = excluded.answered_at, unanswered = excluded.unanswered,"
            " without_news = excluded.without_news",
            (start, minutes, asked.asked_at, asked.answered_at, asked.unanswered, asked.without_news),
        )

    async def note_fetched(self, now: datetime) -> None:
        """Remember that the provider gave a reference price at *now*."""
        await self._connection.execute(
            "UPDATE wattbook_state.market_data_provider SET fetched_at = greatest(fetched_at, %s)", (now,)
        )

    async def forgive(self) -> None:
        """Forget the requests that got no answer while the provider was down for everything."""
        await self._connection.execute(
            "UPDATE wattbook_state.market_data_polls SET unanswered = least(unanswered, 1) WHERE unanswered > 1"
        )

    async def _row(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        cursor = self._connection.cursor(row_factory=tuple_row)
        await cursor.execute(query.encode(), values)
        return await cursor.fetchone()
