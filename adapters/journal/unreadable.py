"""What is lost with a journal that cannot be read, of connections that went on in their receiver's next file?

A receiver writes one file after the other, and a connection outlives them: to whoever reads only
the next one, it seems whole since it was opened. What went down with its last file nobody needs
to tell, for nobody vouches for a connection that only an unreadable file knows.

A file of which that is told, or that needs no word, is kept under another name, out of the way.
"""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.journal.entries import STARTED_FORM, LineInterrupted, lock_path, taken_over
from adapters.journal.promise import owner_of
from adapters.journal.reader import JournalReader
from domain.events import UNREADABLE_JOURNAL

UNREADABLE_S: Final = 15.0
"""A file on a disk that answers with errors passes for lost when it is tried so much later, in vain."""

HELD_S: Final = 45.0
"""How long nobody vouches for what may be in a file that is still tried: what lives must not pass for ended."""

KEPT_AS: Final = ".unreadable"

_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""Errors that no waiting mends. Of all others only those of the disk are the file's own."""


@dataclass
class _Unreadable:
    path: Path
    owner: bytes
    lost_from: datetime
    since_s: float
    is_lost: bool = False
    went_on: bool = False
    losses: list[LineInterrupted] | None = None
    told: bool = False


class UnreadableJournals:
    """The journals that could not be read when it was tried last; used by one thread at a time."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._known: dict[Path, _Unreadable] = {}
        self.waits_since: datetime | None = None
        """From when on what was heard may be in a file that is still tried, ``None`` while there is none."""

    def note(self, path: Path, error: sqlite3.Error, recorded_until: datetime | None = None) -> None:
        """Note that the journal at *path* cannot be read past what was noted in it by *recorded_until*."""
        begun = started_at(path)
        if begun is None:
            return  # no receiver made it
        now_s = self._clock_s()
        found = self._known.setdefault(path, _Unreadable(path, owner_of(lock_path(path)), begun, now_s))
        found.lost_from = max(found.lost_from, recorded_until or begun)
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        stays = code == sqlite3.SQLITE_IOERR and now_s - found.since_s >= UNREADABLE_S
        found.is_lost = found.is_lost or code in _DAMAGED or stays

    def withdraw(self, path: Path) -> None:
        """Note that the journal at *path* can be read."""
        self._known.pop(path, None)

    def settle(self, paths: Collection[Path], readers: Sequence[JournalReader]) -> list[LineInterrupted]:
        """Return what is to be told now, once of each file; *readers* are of those of all *paths* that can be opened.

        Called before any of them is removed.
        """
        self.waits_since = None
        found: list[LineInterrupted] = []
        for each in tuple(self._known.values()):
            if each.losses is None or not each.went_on:
                each.losses = self._losses_of(each, paths, readers)
            gone = each.path not in paths
            if each.losses and not each.told:
                if gone or each.is_lost:
                    found += each.losses
                    each.told = True
                elif self._clock_s() - each.since_s < HELD_S:
                    self.waits_since = min(self.waits_since or each.lost_from, each.lost_from)
            if gone and each.losses is not None:
                del self._known[each.path]
        return found

    def put_away(self, close: Callable[[Path], None]) -> None:
        """Keep under another name what is lost and told; whoever has such a file open must *close* it before."""
        for each in tuple(self._known.values()):
            if each.is_lost and (each.told or each.losses == []):
                # Where it cannot be renamed it is tried again; the log takes the same word once.
                with suppress(OSError), taken_over(each.path) as abandoned:
                    if each.went_on or abandoned:
                        close(each.path)
                        _keep(each.path)
                    if abandoned:
                        lock_path(each.path).unlink(missing_ok=True)

    def _losses_of(
        self, lost: _Unreadable, paths: Iterable[Path], readers: Iterable[JournalReader]
    ) -> list[LineInterrupted] | None:
        """Return what is lost of the connections that went on; ``None`` while one that knows waits for its turn."""
        opened = {each.path: each for each in readers}
        chains = list(_later(lost, paths))
        lost.went_on = bool(chains)
        reason = f"{UNREADABLE_JOURNAL}{lost.path.name}"
        found: list[LineInterrupted] = []
        for chain in chains:
            until = chain[0][1]
            for reader in self._that_know(chain, opened):
                if reader is None:
                    return None
                with suppress(sqlite3.Error, UnicodeError):
                    found += [
                        LineInterrupted(line, connection, lost.lost_from, until, reason)
                        for line, connection in reader.losses.connections(lost.lost_from, until)
                        if lost.lost_from < until
                    ]
        return list(dict.fromkeys(found))

    def _that_know(
        self, chain: Iterable[tuple[Path, datetime]], opened: Mapping[Path, JournalReader]
    ) -> Iterator[JournalReader | None]:
        """Yield the files that know who was open before them, up to the first sound one; ``None`` is not open yet."""
        for path, _ in chain:
            if path in opened or path not in self._known:
                yield opened.get(path)
            if path not in self._known:
                return


def started_at(path: Path) -> datetime | None:
    """Return when the journal at *path* was begun, ``None`` where its name does not say so."""
    with suppress(ValueError):
        return datetime.strptime(path.name.rpartition("-")[0], STARTED_FORM).replace(tzinfo=UTC)
    return None


def kept_unreadable(*folders: Path) -> list[Path]:
    """Return the files in *folders* that once were journals and could not be read."""
    return sorted(path for folder in folders for path in folder.glob(f"*{KEPT_AS}"))


def _keep(path: Path) -> None:
    """Rename a journal, with SQLite's files beside it first: a kill in between leaves a journal to be put away."""
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(path.with_name(path.name + KEPT_AS + suffix))


def _later(lost: _Unreadable, paths: Iterable[Path]) -> Iterator[list[tuple[Path, datetime]]]:
    """Yield the files after a lost one, and when each was begun, of every receiver that may have written it."""
    chains: defaultdict[bytes, list[tuple[Path, datetime]]] = defaultdict(list)
    for path in sorted(paths, key=lambda path: path.name):
        if path.name > lost.path.name and (begun := started_at(path)) is not None:
            chains[owner_of(lock_path(path)) or b"?" + path.name.encode()].append((path, begun))
    if lost.owner in chains:
        yield chains[lost.owner]
    else:
        yield from (chain for owner, chain in chains.items() if not lost.owner or owner.startswith(b"?"))
