"""How is the log read in order: page by page, woken when something is appended?"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Self

import psycopg
from psycopg.rows import tuple_row

from adapters.event_log.stored_events import read_event
from adapters.postgres.outage import AWAY, Outage
from domain.errors import LogDamagedError
from domain.events import Recorded
from projections.runner import RawEvent

PAGE_BYTES: Final = 16 * 1024 * 1024
"""How much a page holds, whatever its events: a rejected message may be as large as the exchange likes."""

_PAGE: Final = """
    SELECT notification_id, recorded_at, topic, state FROM (
        SELECT *, sum(octet_length(state)) OVER so_far AS bytes_so_far, row_number() OVER so_far AS number FROM (
            SELECT notification_id, recorded_at, topic, state FROM wattbook.events
            WHERE notification_id > %(after)s ORDER BY notification_id LIMIT %(limit)s
        ) AS page WINDOW so_far AS (ORDER BY notification_id)
    ) AS measured
    WHERE bytes_so_far <= %(bytes)s OR number = 1
    ORDER BY notification_id
"""

log = logging.getLogger(__name__)


def read_raw(events: Iterable[tuple[int, datetime, str, bytes]]) -> Iterator[Recorded]:
    """Yield what *events* say; raise :class:`LogDamagedError` at the first that cannot be read."""
    recorded_at = in_utc = None
    for position, at, topic, state in events:
        if in_utc is None or at != recorded_at:
            # The events of a batch have one instant, so it is one object for all of them.
            recorded_at, in_utc = at, at.astimezone(UTC)
        try:
            yield Recorded(position, in_utc, read_event(topic, state))
        except LogDamagedError as error:
            raise LogDamagedError(f"position {position}: {error}") from error


class LogPages:
    """Reads the log forwards on connections of its own, opened again whenever they are lost."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._reading: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._listening: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._outage = Outage(log, "cannot hear of new events", "new events are heard again")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close both connections; the next use opens them again."""
        for connection in (self._reading, self._listening):
            if connection is not None:
                await connection.close()
        self._reading = self._listening = None

    async def page(self, after: int, limit: int) -> Sequence[Recorded]:
        """Return up to *limit* events, and about :data:`PAGE_BYTES` of them, just after *after*, in order."""
        return list(read_raw(await self.raw(after, limit)))

    async def raw(self, after: int, limit: int) -> Sequence[RawEvent]:
        """Return the same events in their stored bytes."""
        if self._reading is None or self._reading.closed:
            self._reading = await self._connect()
        async with self._reading.cursor(binary=True) as cursor:
            await cursor.execute(_PAGE, {"after": after, "limit": limit, "bytes": PAGE_BYTES}, prepare=True)
            return list(map(RawEvent._make, await cursor.fetchall()))

    async def wait(self, seconds: float) -> None:
        """Return when something was appended since the last call, at the latest after *seconds*."""
        try:
            if self._listening is None or self._listening.closed:
                self._listening = await self._connect()
                await self._listening.execute("LISTEN events")
                self._outage.over()
                return  # what came before the LISTEN has to be looked for
            async for _ in self._listening.notifies(timeout=seconds, stop_after=1):
                pass
        except AWAY as error:
            self._outage.met(error)
            if self._listening is not None:
                await self._listening.close()
                self._listening = None
            await asyncio.sleep(seconds)

    async def _connect(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        return await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True, row_factory=tuple_row)
