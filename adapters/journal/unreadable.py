"""What is lost with a journal that cannot be read, of connections that went on in their receiver's next file?

A receiver writes one file after the other, and a connection outlives them: to whoever reads only
the next one, it seems whole since it was opened. What went down with its last file nobody needs
to tell, for nobody vouches for a connection that only an unreadable file knows.
"""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.journal.entries import STARTED_FORM, LineInterrupted, lock_path
from adapters.journal.promise import owner_of
from adapters.journal.reader import JournalReader
from domain.events import UNREADABLE_JOURNAL

UNREADABLE_S: Final = 30.0
"""How long a file that could still come back, on a disk that answers again, is waited for before it passes for lost."""

_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""Errors that no waiting mends."""


@dataclass
class _Unreadable:
    path: Path
    owner: bytes
    lost_from: datetime
    tell_at_s: float
    told: bool = False


class UnreadableJournals:
    """The journals that could not be read when it was tried last; used by one thread at a time."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._known: dict[Path, _Unreadable] = {}
        self.waits_since: datetime | None = None
        """From when on what was heard may be in a file that is still waited for, ``None`` while there is none."""

    def note(self, path: Path, error: sqlite3.Error, recorded_until: datetime | None = None) -> None:
        """Note that the journal at *path* cannot be read past what was noted in it by *recorded_until*."""
        begun = started_at(path)
        if begun is None:
            return  # no receiver made it
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        due_s = self._clock_s() + (0 if code in _DAMAGED else UNREADABLE_S)
        found = self._known.setdefault(path, _Unreadable(path, owner_of(lock_path(path)), begun, due_s))
        found.tell_at_s = min(found.tell_at_s, due_s)
        found.lost_from = max(found.lost_from, recorded_until or begun)

    def withdraw(self, path: Path) -> None:
        """Note that the journal at *path* can be read."""
        self._known.pop(path, None)

    def settle(self, paths: Collection[Path], readers: Sequence[JournalReader]) -> list[LineInterrupted]:
        """Return what is to be told now, once of each file; *readers* are of those of all *paths* that can be read."""
        self.waits_since = None
        found: list[LineInterrupted] = []
        for each in tuple(self._known.values()):
            gone = each.path not in paths
            if not each.told and (next_one := self._next_of(each, paths, readers)) is not None:
                if gone or self._clock_s() >= each.tell_at_s:
                    found += _lost(each, *next_one)
                    each.told = True
                else:
                    self.waits_since = min(self.waits_since or each.lost_from, each.lost_from)
            if gone:
                del self._known[each.path]
        return found

    def _next_of(
        self, lost: _Unreadable, paths: Iterable[Path], readers: Iterable[JournalReader]
    ) -> tuple[datetime, JournalReader] | None:
        """Return when the receiver began its next file, and the first one from there on that can be read."""
        later = list(_later(lost, paths))
        opened = {each.path: each for each in readers}
        reader = next((opened[path] for path, _ in later if path in opened), None)
        return None if reader is None else (later[0][1], reader)


def started_at(path: Path) -> datetime | None:
    """Return when the journal at *path* was begun, ``None`` where its name does not say so."""
    with suppress(ValueError):
        return datetime.strptime(path.name.rpartition("-")[0], STARTED_FORM).replace(tzinfo=UTC)
    return None


def _later(lost: _Unreadable, paths: Iterable[Path]) -> Iterator[tuple[Path, datetime]]:
    """Yield the files that the receiver of a lost one may have begun after it, in their order, and when."""
    for path in sorted(paths, key=lambda path: path.name):
        if path.name > lost.path.name and (begun := started_at(path)) is not None:
            owner = owner_of(lock_path(path))
            if owner == lost.owner or not owner or not lost.owner:
                yield path, begun


def _lost(lost: _Unreadable, until: datetime, reader: JournalReader) -> list[LineInterrupted]:
    """Return the stretch of each connection that was open before its receiver began the next file."""
    if lost.lost_from >= until:
        return []
    reason = f"{UNREADABLE_JOURNAL}{lost.path.name}"
    return [
        LineInterrupted(line, connection, lost.lost_from, until, reason)
        for line, connection in reader.losses.connections(lost.lost_from, until)
    ]
