"""How do receivers and recorders run in a simulated day, and what is left of them after a kill?

Lines, the journal's store and reader and the journals' recorder are the real ones, on real
files. The journal's thread is a task here, and the database a list: what the list holds is
durable, all else is gone with the process.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Self
from zoneinfo import ZoneInfo

import detangle
from eventsourcing.persistence import OperationalError

from adapters.event_log.writer import EventLog
from adapters.exchange.line import Line
from adapters.journal.bell import JournalBell
from adapters.journal.entries import LineConnected, LineDisconnected, MessageHeard, Noted, open_database
from adapters.journal.store import JournalStore
from domain.events import Event, Recorded
from domain.recording import AlreadyRecorded, Outcome, decide, stream_of
from tests.simulation.exchange import HOST, PORTS
from wattbook.drain import JournalRecorder

START = datetime(2023, 2, 6, 6, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def now() -> datetime:
    """Return the simulated clock's instant."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())


@dataclass
class Breaks:
    """Which rule is broken on purpose, to see that it is noticed."""

    losses_are_not_noted: bool = False
    log_answers_before_it_commits: bool = False


@dataclass
class Database:
    """The log: what is in it stays, and every batch is decided and added at once."""

    events: list[Recorded] = field(default_factory=list)
    streams: dict[str, list[Recorded]] = field(default_factory=dict)
    is_down: bool = False

    def append(self, events: Sequence[Event]) -> list[Outcome]:
        outcomes = []
        for event in events:
            past = self.streams.setdefault(stream_of(event), [])
            decision = decide(event, past)
            if isinstance(decision, AlreadyRecorded):
                outcomes.append(Outcome("duplicate", decision.position))
                continue
            recorded = Recorded(len(self.events) + 1, now(), decision.event)
            self.events.append(recorded)
            past.append(recorded)
            conflict = decision.conflicts_with
            kind = "recorded" if conflict is None else "conflict"
            outcomes.append(Outcome(kind, conflict or recorded.position))  # type: ignore[arg-type]
        return outcomes


class SimulatedEventLog(EventLog):
    """The real writer's batches and repetitions; its calls to the database may fail before or after the commit."""

    def __init__(self, database: Database, breaks: Breaks) -> None:
        super().__init__("in memory")
        self._database, self._breaks = database, breaks

    async def append(self, events: Sequence[Event]) -> list[Outcome]:
        await asyncio.sleep(detangle.choice((0.0, 0.002, 0.05)))
        if self._breaks.log_answers_before_it_commits:
            asyncio.get_running_loop().call_later(0.5, self._commit_late, asyncio.current_task(), list(events))
            return [Outcome("recorded", 0) for _ in events]
        outcomes = await super().append(events)
        await asyncio.sleep(detangle.choice((0.0, 0.002, 0.05)))
        return outcomes

    def _append(self, events: Sequence[Event]) -> list[Outcome]:
        if self._database.is_down or detangle.flip(0.03):
            raise OperationalError("the connection was lost before the commit")
        outcomes = self._database.append(events)
        if detangle.flip(0.03):
            raise OperationalError("the connection was lost before the answer")
        return outcomes

    def _commit_late(self, process: asyncio.Task[object] | None, events: list[Event]) -> None:
        if process is not None and not process.done():
            self._database.append(events)


class Journal:
    """The journal's writer as a task: the real store, and a disk that takes its time."""

    def __init__(self, folder: Path, breaks: Breaks) -> None:
        self.durable: list[Noted] = []
        self._breaks = breaks
        self._store = JournalStore([folder], now, open_database)
        self._incoming: list[Noted] = []
        self._heard: dict[str, datetime] = {}
        self._news = asyncio.Event()
        self._dead = False
        self._first = ""

    def append(self, noted: Noted) -> None:
        if self._dead:
            return
        if self._breaks.losses_are_not_noted:
            if isinstance(noted, LineDisconnected) or (self._first and isinstance(noted, LineConnected)):
                return
            self._first = self._first or noted.connection
        self._incoming.append(noted)
        self._news.set()

    @property
    def unwritten_bytes(self) -> int:
        return sum(len(each.payload) for each in self._incoming if isinstance(each, MessageHeard))

    def append_many(self, noted: Sequence[Noted]) -> None:
        for each in noted:
            self.append(each)

    def heard(self, connection: str, at: datetime) -> None:
        self._heard[self._first or connection] = at

    async def write(self) -> None:
        """Write what came in, batch by batch, until cancelled."""
        while not self._dead:
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._news.wait()
            self._news.clear()
            batch, self._incoming = self._incoming, []
            heard, self._heard = self._heard, {}
            await asyncio.sleep(detangle.choice((0.0, 0.001, 0.01, 0.5)))
            self.commit(batch, heard)

    def commit(self, batch: list[Noted], heard: dict[str, datetime]) -> None:
        if not self._dead:
            self._store.take(batch, heard)
            assert self._store.commit() is None
            self.durable += batch

    def close(self) -> None:
        """End in order: all that came in is written."""
        self.commit(self._incoming, self._heard)
        self.kill()

    def kill(self) -> None:
        """Let go of the files, as the kernel does for a process that was killed."""
        if not self._dead:
            self._dead = True
            self._store.close()


class SimulatedBell(JournalBell):
    """No named pipe: how soon a recorder hears of news, or looks for itself, is up to the schedule."""

    async def __aenter__(self) -> Self:
        return self

    async def wait(self, timeout_s: float = 1.0) -> bool:
        await asyncio.sleep(detangle.choice((0.0, 0.1, 0.4, timeout_s)))
        return True


class Receiver:
    """One process that holds *lines*; ``stop`` ends it in order, :meth:`kill` does not."""

    def __init__(self, lines: Sequence[int], folder: Path, random: Random, breaks: Breaks) -> None:
        self.journal = Journal(folder, breaks)
        self.stop = asyncio.Event()
        self.host = f"line-{lines[0]}"
        self._lines = [
            Line(f"exchange/{line}", f"ws://{HOST}:{PORTS[line]}/", journal=self.journal, clock=now, random=random)
            for line in lines
        ]
        self.task = detangle.spawn(self._run(), host=self.host)

    async def _run(self) -> None:
        writing = asyncio.create_task(self.journal.write())
        try:
            await asyncio.gather(*(line.hold(self.stop) for line in self._lines))
            self.journal.close()
        finally:
            writing.cancel()

    def kill(self) -> None:
        self.journal.kill()
        self.task.cancel()

    @property
    def promised(self) -> list[bytes]:
        """The messages that are safe on disk."""
        return [noted.payload for noted in self.journal.durable if isinstance(noted, MessageHeard)]


def start_recorder(
    folder: Path, database: Database, stop: asyncio.Event, breaks: Breaks, host: str
) -> "asyncio.Task[None]":
    """Start a process that records what is in *folder*."""

    async def run() -> None:
        async with SimulatedEventLog(database, breaks) as log:
            await JournalRecorder(folder, "exchange", BERLIN, log, now).run(stop)

    return detangle.spawn(run(), host=host)
