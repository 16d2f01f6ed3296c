"""Is each connection that the log holds for open still heard by somebody? What nobody vouches for has ended.

A recorder vouches for the connections in its own journals until their last sign of life, as
far as all that was heard before is recorded. A machine that never comes back cannot say that
its lines are lost: whoever else records sees that nobody vouches for them any longer.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import psycopg

from adapters.event_log.writer import EventLog
from adapters.journal.reader import JournalReader, OpenConnection
from adapters.postgres.outage import AWAY
from adapters.read_models.vouching import KnownConnection, known_connections, note_vouched
from domain.events import IN_DOUBT, UNVOUCHED, Event, FeedConnected, FeedDisconnected, connection_of

UNVOUCHED_S: Final = 60.0
"""How long nobody vouches for more of a connection until it is recorded as ended, and when."""

LOOK_S: Final = 1.0

HELD_UP_S: Final = 5.0
"""After so long between two looks this process, or the database, was held up, and others may not have got through."""

Vouched = Mapping[tuple[str, str], OpenConnection]
"""By line and name the connections that are vouched for, until ``last_heard_at``."""

log = logging.getLogger(__name__)


def vouched_for(
    readers: Iterable[JournalReader], recorded: Mapping[Path, int], waits_since: datetime | None = None
) -> Vouched:
    """Return the connections in the journals of *readers*, and until when all that they brought is recorded.

    From *waits_since* on some may be in a journal that cannot be read yet.
    """
    found: list[OpenConnection] = []
    waiting = [] if waits_since is None else [waits_since]
    for reader in readers:
        try:
            connections, waits_here = reader.open_connections(recorded.get(reader.path, 0))
        except sqlite3.Error as error:
            # It is told elsewhere; nobody vouches for what is in it.
            log.debug("cannot vouch for what is in %s: %s", reader.path, error)
            continue
        found += connections
        waiting += [] if waits_here is None else [waits_here]
    vouched: dict[tuple[str, str], OpenConnection] = {}
    for each in found:
        until = min([each.last_heard_at, *waiting])
        key = each.line, each.connection
        if key not in vouched or vouched[key].last_heard_at < until:
            vouched[key] = OpenConnection(each.line, each.connection, each.connected_at, until)
    return vouched


class Vouching:
    """Vouches for own connections, and ends those that nobody vouches for."""

    def __init__(
        self,
        database_url: str,
        event_log: EventLog,
        own: Callable[[], Vouched | None],
        clock: Callable[[], datetime],
        patience_s: float = UNVOUCHED_S,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database_url = database_url
        self._event_log = event_log
        self._own = own
        self._clock = clock
        self._patience_s = patience_s
        self._clock_s = clock_s
        self._seen: dict[tuple[str, str], tuple[datetime, float]] = {}
        self._looked_at_s = clock_s()

    async def run(self) -> None:
        """Look once a second until cancelled."""
        while True:
            # While the database is away nobody can vouch: patience begins anew with every connection to it.
            self._seen.clear()
            try:
                async with await psycopg.AsyncConnection.connect(self._database_url, autocommit=True) as connection:
                    while True:
                        await self.look(connection)
                        await asyncio.sleep(LOOK_S)
            except AWAY as error:
                log.debug("cannot vouch now for the connections: %s", error)
            except psycopg.Error as error:
                # Whatever the database objects to here must not end the recording of deals.
                log.error("cannot vouch for the connections: %s", error)
            await asyncio.sleep(LOOK_S)

    async def look(self, connection: psycopg.AsyncConnection[object]) -> None:
        """Vouch, and record what follows from what others vouch for.

        A recorder that does not know yet what is in its own journals says nothing of any connection. Where
        the log was set back, it is told first what is lost with it: what is vouched for says since when.
        """
        own = self._own()
        if own is None:
            self._seen.clear()
            return
        if not await self._event_log.known.is_held(connection):
            self._seen.clear()
            await self._event_log.append([_open(each, each.connected_at) for each in own.values()])
            return
        await note_vouched(connection, {key: each.last_heard_at for key, each in own.items()})
        known = await known_connections(connection, [name for _, name in own])
        ends = self._ends(known)
        outcomes = await self._event_log.append([*ends, *_goes_on(own, known)])
        for end, outcome in zip(ends, outcomes, strict=False):
            # The read model of an open connection may be behind the log, which knows the end already.
            if outcome.kind == "recorded":
                log.warning("nobody vouches for %s any more, since %s", end.line, end.last_heard_at.isoformat())

    def _ends(self, known: Iterable[KnownConnection]) -> list[FeedDisconnected]:
        """Return the ends of those for which nobody vouched more for so long, by this process's own clock.

        One that was never vouched for covers nothing but the moment in which it was opened.
        """
        now_s = self._clock_s()
        if now_s - self._looked_at_s > HELD_UP_S:
            self._seen.clear()
        self._looked_at_s = now_s
        seen: dict[tuple[str, str], tuple[datetime, float]] = {}
        ends: list[FeedDisconnected] = []
        for each in known:
            if each.reason is not None:
                continue
            vouched_until = each.vouched_until or each.connected_at
            until, since_s = self._seen.get((each.line, each.connection), (vouched_until, now_s))
            if until != vouched_until:
                until, since_s = vouched_until, now_s
            seen[each.line, each.connection] = until, since_s
            if now_s - since_s >= self._patience_s:
                seen[each.line, each.connection] = until, now_s
                now = self._clock()
                until = max(each.connected_at, min(vouched_until, now))
                ends.append(
                    FeedDisconnected(
                        line=each.line,
                        connection=each.connection,
                        connected_at=each.connected_at,
                        last_heard_at=until,
                        disconnected_at=max(until, now),
                        reason=UNVOUCHED,
                    )
                )
        self._seen = seen
        return ends


def _goes_on(own: Vouched, known: Iterable[KnownConnection]) -> list[Event]:
    """Return that own connections are open of which the log holds the contrary, or knows nothing."""
    newest = {(each.line, connection_of(each.connection)): each for each in known}
    found: list[Event] = []
    for key, each in own.items():
        last = newest.get(key)
        since = each.connected_at if last is None else last.last_heard_at
        if last is None or (last.reason in IN_DOUBT and since is not None and each.last_heard_at > since):
            assert since is not None
            found.append(_open(each, since))
    return found


def _open(each: OpenConnection, since: datetime) -> FeedConnected:
    return FeedConnected(line=each.line, connection=each.connection, connected_at=since)
