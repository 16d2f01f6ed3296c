"""Who reads the log and the read models for the API? Short reads, and snapshots that hold still."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, LiteralString, Self
from zoneinfo import ZoneInfo

from adapters.read_models.deals import recorded_deals
from adapters.read_models.feeds import CoverageMemory
from adapters.read_models.pool import STATEMENT_S, borrowed, first, pool_of_reads, pool_of_snapshots
from adapters.read_models.snapshot import ReadSnapshot
from domain.errors import ReadModelsBehindError, UnknownPositionError
from projections import READ_MODELS
from projections.deals import DealRow
from projections.reading import Scope

_POSITIONS: Final[LiteralString] = """
    SELECT (SELECT position FROM wattbook.log_head),
           (SELECT CASE WHEN count(*) = %(tables)s THEN min(position) ELSE 0 END
            FROM read_models.checkpoints WHERE table_name = ANY(%(names)s)),
           (SELECT position FROM read_models.checkpoints WHERE table_name = %(positions)s),
           (SELECT CASE WHEN max(position) > 0
                        THEN array_agg(table_name ORDER BY table_name) FILTER (WHERE position = 0) END
            FROM read_models.checkpoints WHERE table_name = ANY(%(names)s))
"""
_NAMES: Final = [model.table for model in READ_MODELS]
_POSITIONS_ARGUMENTS: Final[Mapping[str, object]] = {
    "tables": len(_NAMES),
    "names": _NAMES,
    "positions": next(model.table for model in READ_MODELS if model.name == "positions"),
}

_LAG: Final[LiteralString] = """
    SELECT extract(epoch FROM clock_timestamp() - recorded_at)::float8 FROM wattbook.events
    WHERE notification_id = %(next)s
"""

POLL_S: Final = 0.01
"""How often a reader who waits for a position looks again."""


@dataclass(frozen=True)
class Positions:
    """How far the log goes, how far all read models have come, and which have no event yet, while others have."""

    head: int
    projected: int
    new: Sequence[str] = ()


class ReadStore:
    """Answers from PostgreSQL, over pools of its own that mend themselves after an outage.

    ``lines`` are the configured lines to the exchange, ``zone`` is the market's. A read that
    takes longer than ``statement_s`` is given up, with a :class:`QueryTooLongError`.
    """

    def __init__(
        self,
        conninfo: str,
        zone: ZoneInfo,
        lines: tuple[str, ...],
        size: int = 8,
        statement_s: float = STATEMENT_S,
    ) -> None:
        self._zone = zone
        self._lines = lines
        self._snapshots = pool_of_snapshots(conninfo, size, statement_s)
        self._short = pool_of_reads(conninfo, 4, statement_s)
        self._coverage = CoverageMemory()
        self._reading: asyncio.Task[Positions] | None = None
        self._next: asyncio.Task[Positions] | None = None

    async def __aenter__(self) -> Self:
        await self._snapshots.open()
        await self._short.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._reading, self._next):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self._snapshots.close()
        await self._short.close()

    async def positions(self) -> Positions:
        """Return where the log and the read models are now.

        Callers that come while a read is under way share the next one, so that everyone
        gets an answer read after he asked and a crowd costs no more than one.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._read_positions(self._reading), name="positions")
        return await asyncio.shield(self._next)

    async def lag_s(self) -> float:
        """Return for how many seconds the oldest event that is not in all read models has been recorded."""
        projected = (await self.positions()).projected
        async with borrowed(self._short) as connection:
            cursor = await connection.execute(_LAG, {"next": projected + 1})
            row = await cursor.fetchone()
        return max(0.0, row[0]) if row else 0.0

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[ReadSnapshot]:
        """Yield one view of everything that does not change while it is held."""
        async with borrowed(self._snapshots) as connection:
            cursor = await first(connection, self._snapshots, _POSITIONS, _POSITIONS_ARGUMENTS)
            row = await cursor.fetchone()
            assert row is not None
            head, projected, sums, _ = row
            try:
                yield ReadSnapshot(
                    connection=connection,
                    zone=self._zone,
                    lines=self._lines,
                    coverage=self._coverage,
                    head=head,
                    projected=projected,
                    sums_position=sums,
                )
            finally:
                await connection.rollback()

    async def wait_for(self, position: int, seconds: float = 2.0) -> None:
        """Return when all read models have reached *position*.

        Raises :class:`UnknownPositionError` past the head of the log and
        :class:`ReadModelsBehindError` when it takes longer than *seconds*.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while (at := await self.positions()).projected < position:
            if position > at.head:
                raise UnknownPositionError(f"position {position} is past the head of the log, {at.head}")
            if loop.time() > deadline:
                raise ReadModelsBehindError(
                    f"the figures are known up to position {at.projected}; position {position} is recorded "
                    "but not yet worked in: try again in a moment"
                )
            await asyncio.sleep(POLL_S)

    async def recorded_deals(
        self, scope: Scope, trader_id: str | None, after: int, until: int, limit: int
    ) -> list[DealRow]:
        """Return the deals recorded at positions after *after* up to *until*, in log order."""
        async with borrowed(self._short) as connection:
            return await recorded_deals(connection, scope, trader_id, after, until, limit)

    async def _read_positions(self, after: "asyncio.Task[Positions] | None") -> Positions:
        if after is not None:
            await asyncio.wait({after})
        # Whoever asks from here on must not get what this read is about to see.
        self._reading, self._next = self._next, None
        async with borrowed(self._short) as connection:
            cursor = await first(connection, self._short, _POSITIONS, _POSITIONS_ARGUMENTS)
            row = await cursor.fetchone()
        assert row is not None
        return Positions(row[0], row[1], row[3] or ())
