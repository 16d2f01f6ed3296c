"""How do journals become events? Drained in order, recorded durably, and only then forgotten."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from adapters.event_log.writer import EventLog
from adapters.journal.bell import JournalBell
from adapters.journal.entries import Entry, MessageHeard, lock_path
from adapters.journal.promise import owner_of
from adapters.journal.reader import JournalReader
from adapters.journal.shelf import JournalShelf
from adapters.journal.unreadable import UnreadableJournals, kept_unreadable
from domain.deliveries import Deliveries
from domain.events import DealConfirmed, Event
from domain.recording import Outcome
from wattbook.complaints import JournalComplaints
from wattbook.heard import event_of, tell
from wattbook.refusals import append_or_reject
from wattbook.set_back import SetBack
from wattbook.vouching import Vouched, vouched_for
from wattbook.warnings import Warnings

BATCH: Final = 5_000
"""Entries read from a journal at once, at the most: what has arrived is never held back to fill one."""

MOST_AHEAD: Final = 4
"""Of how many journals at once the next entries are in memory, read while the database works."""

LOOK_FOR_JOURNALS_S: Final = 1.0
"""How often new journals, and those whose receiver has died, are looked for."""

LAST_DRAIN_S: Final = 5.0
"""How long a recorder that is to stop waits for a log that takes nothing; the journals keep what they have."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Batch:
    entries: Sequence[Entry]
    events: Sequence[Event]


class JournalRecorder:
    """Drains every journal in a folder into the event log, and forgets only what the log has committed."""

    def __init__(
        self,
        folder: Path,
        exchange: str,
        zone: ZoneInfo,
        event_log: EventLog,
        clock: Callable[[], datetime],
        spare: Path | None = None,
        warnings: Warnings | None = None,
    ) -> None:
        self._folder = folder
        self._folders = (folder,) if spare is None else (folder, spare)
        self._shelf = JournalShelf(self._folders)
        self._exchange = exchange
        self._zone = zone
        self._event_log = event_log
        self._clock = clock
        self._readers: list[JournalReader] = []
        self._recorded: dict[Path, int] = {}
        self._ahead: dict[Path, _Batch] = {}
        self._waiting: dict[Path, datetime] = {}
        self.oldest_waiting_at: datetime | None = None
        """When the oldest of what is not recorded yet was heard, ``None`` while nothing waits."""
        self._set_back = SetBack(self._folders, event_log.known, lambda: self._recorded, clock)
        event_log.losses = self._set_back.losses
        self._taken = 0
        self._complaints = JournalComplaints(warnings or Warnings())
        self._unreadable = UnreadableJournals()
        self._lost: list[Entry] = []
        self.last_message_at: dict[str, datetime] = {}
        """When each line last brought a message, as far as it was recorded here."""
        self.deliveries = Deliveries()
        """Which lines brought the deals that were recorded here."""
        self.vouched: Vouched | None = None
        """The connections in these journals, and until when all that they brought is recorded."""

    @property
    def batches_ahead(self) -> int:
        """Of how many journals the next entries are in memory already."""
        return len(self._ahead)

    async def run(self, stop: asyncio.Event) -> None:
        """Record until *stop*, and then what is left, as long as the log takes any of it within LAST_DRAIN_S."""
        recording = asyncio.create_task(self._record(stop))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({recording, stopping}, return_when=asyncio.FIRST_COMPLETED)
            before = -1
            while not recording.done() and self._taken > before:
                before = self._taken
                await asyncio.wait({recording}, timeout=LAST_DRAIN_S)
            if recording.done():
                recording.result()
            else:
                left = await asyncio.to_thread(self._count_left)
                least = "at least " if self._shelf.has_more else ""
                told = "the database takes nothing: %s%d entries stay in the journals for the next start"
                log.warning(told, least, left)
        finally:
            for task in (recording, stopping):
                task.cancel()
            await asyncio.gather(recording, stopping, return_exceptions=True)
            self._shelf.close()

    async def _record(self, stop: asyncio.Event) -> None:
        """Drain the journals until *stop*, and then of what was noted before it; what comes later is the next one's."""
        loop = asyncio.get_running_loop()
        looked_at = -LOOK_FOR_JOURNALS_S
        stopped_at: datetime | None = None
        async with JournalBell(self._folder) as bell:
            while True:
                if stop.is_set() and stopped_at is None:
                    stopped_at = self._clock()
                if stopped_at or self._shelf.has_more or loop.time() - looked_at >= LOOK_FOR_JOURNALS_S:
                    await asyncio.to_thread(self._look)
                    looked_at = loop.time()
                oldest = await self._drain()
                if stopped_at and not self._shelf.has_more and (oldest is None or oldest > stopped_at):
                    return
                if oldest is None:
                    await bell.wait()

    async def _drain(self) -> datetime | None:
        """Record one batch of each journal; return when the oldest of their entries was noted, if there was any."""
        if self._lost:
            events = [event_of(entry, self._exchange, self._zone) for entry in self._lost]
            self._report(self._lost, events, await append_or_reject(self._event_log, events))
            self._lost = []
        oldest: datetime | None = None
        for path in self._waiting.keys() - self._shelf.paths:
            self._note_waiting(path, None)
        for reader in tuple(self._readers):
            batch = self._ahead.pop(reader.path, None)
            if batch is None:
                batch = await asyncio.to_thread(self._read_batch, reader)
            if not batch.entries:
                self._note_waiting(reader.path, None)
                self._set_aside_if_stuck(reader)
                continue
            first = batch.entries[0].noted.at
            self._note_waiting(reader.path, first)
            oldest = min(oldest or first, first)
            last = batch.entries[-1].sequence
            # Under load the next batch is read while the database works on this one.
            full = len(batch.entries) >= BATCH and len(self._ahead) < MOST_AHEAD
            reading = asyncio.create_task(asyncio.to_thread(self._read_batch, reader, last)) if full else None
            try:
                outcomes = await append_or_reject(self._event_log, batch.events)
            finally:
                if reading is not None:
                    await asyncio.wait({reading})
            self._report(batch.entries, batch.events, outcomes)
            self._recorded[reader.path] = last
            await asyncio.to_thread(self._forget, reader)
            if reading is not None and (ahead := reading.result()).entries:
                self._ahead[reader.path] = ahead
            self._taken += len(batch.entries)
        return oldest

    def _note_waiting(self, path: Path, since: datetime | None) -> None:
        if since is None:
            self._waiting.pop(path, None)
        else:
            self._waiting[path] = since
        self.oldest_waiting_at = min(self._waiting.values(), default=None)

    def _read_batch(self, reader: JournalReader, after: int | None = None) -> "_Batch":
        entries = self._read(reader, self._recorded.get(reader.path, 0) if after is None else after)
        return _Batch(entries, [event_of(entry, self._exchange, self._zone) for entry in entries])

    def _report(self, entries: Sequence[Entry], events: Sequence[Event], outcomes: Sequence[Outcome]) -> None:
        self.deliveries.note(events, outcomes)
        for entry, event, outcome in zip(entries, events, outcomes, strict=True):
            if entry.intact and isinstance(entry.noted, MessageHeard):
                self.last_message_at[entry.noted.line] = entry.noted.at
            if outcome.kind == "conflict" or (outcome.kind == "recorded" and not isinstance(event, DealConfirmed)):
                tell(event, outcome)

    def _look(self) -> None:
        """Find new journals, date the losses of dead receivers, and remove what is drained for good."""
        try:
            if not self._lost:
                self._unreadable.put_away(self._shelf.close_one)
            readers = self._shelf.look(self._cannot_open)
            kept = kept_unreadable(*self._folders)
        except OSError as error:
            log.error("cannot look after the journals in %s: %s", self._folder, error)
            return
        now = self._clock()
        self._complaints.forget_the_gone({reader.path for reader in readers})
        for path in kept:
            self._complaints.kept(path)
        self._look_for_losses(readers)
        self._readers = self._look_after_all(readers, now)
        paths = {reader.path for reader in self._readers}
        self._recorded = {path: sequence for path, sequence in self._recorded.items() if path in self._shelf.paths}
        self._ahead = {path: batch for path, batch in self._ahead.items() if path in paths}
        if not self._lost:
            # With more journals than are looked at, what was heard before in the others is not known.
            sound, waits_since = self._sound(self._readers), self._unreadable.waits_since
            self.vouched = None if self._shelf.has_more else vouched_for(sound, self._recorded, waits_since)

    def _sound(self, readers: Sequence[JournalReader]) -> list[JournalReader]:
        return [reader for reader in readers if not self._complaints.stand(reader.path, "be read on")]

    def _cannot_open(self, path: Path, error: sqlite3.Error) -> None:
        self._complaints.cannot("be opened", path, error)
        self._unreadable.note(path, error)

    def _look_for_losses(self, readers: Sequence[JournalReader]) -> None:
        """Find what is lost with journals that cannot be read, before those that know of it are gone."""
        for reader in self._sound(readers):
            self._unreadable.withdraw(reader.path)
        self._lost += [Entry(0, gap) for gap in self._unreadable.settle(self._shelf.paths, readers)]

    def _look_after_all(self, readers: Sequence[JournalReader], now: datetime) -> list[JournalReader]:
        """Return those that are not gone: a file may have to tell of one before it, until that one is drained."""
        left: list[JournalReader] = []
        behind: set[bytes] = set()
        for reader in readers:
            owner = owner_of(lock_path(reader.path))
            if not self._look_after(reader, now, needed=bool(self._lost) or owner in behind):
                left.append(reader)
                if owner and self._waits(reader):
                    behind.add(owner)
        return left

    def _waits(self, reader: JournalReader) -> bool:
        """Tell whether something in a journal that can be read is not recorded yet."""
        if self._sound([reader]):
            with suppress(sqlite3.Error):
                return reader.open_connections(self._recorded.get(reader.path, 0))[1] is not None
        return False

    def _look_after(self, reader: JournalReader, now: datetime, *, needed: bool) -> bool:
        """Return whether the journal is gone; whatever is wrong with it, the others are looked after too."""
        if self._complaints.stand(reader.path, "be cleared of what is recorded"):
            self._forget(reader)
        try:
            missing = reader.missing()
            reader.settle_if_abandoned(now)
            if missing:
                self._complaints.lost(reader.path, missing)
            gone = not missing and not needed and reader.remove_if_done()
        except (OSError, sqlite3.Error) as error:
            self._complaints.cannot("be settled", reader.path, error)
            return False
        self._complaints.withdraw("be settled", reader.path)
        return gone

    def _set_aside_if_stuck(self, reader: JournalReader) -> None:
        """Let a journal that gives no more, and that something is wrong with, take no place from others."""
        if self._complaints.stand(reader.path) and self._shelf.set_aside(reader):
            self._readers.remove(reader)

    def _count_left(self) -> int:
        """Return how many entries wait in the journals, as far as they can be read."""
        left = 0
        for reader in self._readers:
            with suppress(sqlite3.Error):
                left += reader.waiting().entries
        return left

    def _read(self, reader: JournalReader, after: int) -> list[Entry]:
        try:
            entries = reader.read(BATCH, after=after)
        except sqlite3.Error as error:
            self._complaints.cannot("be read on", reader.path, error)
            self._unreadable.note(reader.path, error, reader.losses.recorded_until(after))
            return []
        self._complaints.withdraw("be read on", reader.path)
        return entries

    def _forget(self, reader: JournalReader) -> None:
        """Forget what is recorded; where that fails, the next time forgets it too."""
        self._set_back.keep()
        try:
            reader.forget(self._recorded.get(reader.path, 0))
        except sqlite3.Error as error:
            # Nothing is wrong with the log: it knows these entries, should they come again.
            self._complaints.cannot("be cleared of what is recorded", reader.path, error)
        else:
            self._complaints.withdraw("be cleared of what is recorded", reader.path)
