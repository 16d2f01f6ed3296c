"""Which journals does a recorder hold open, where years of restarts without a database may have left thousands?

Those of living receivers always, of the others the oldest few: the next ones follow as those
are drained and gone. So neither descriptors nor the work of a look grow with their number.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from adapters.journal.entries import journal_paths, taken_over
from adapters.journal.reader import JournalReader, open_journal

MOST_ABANDONED: Final = 32
"""How many journals of dead receivers are open at once."""

ASIDE_S: Final = 20.0
"""How long a journal that cannot be read, or not be removed, leaves its place to others before it is tried again."""


class JournalShelf:
    """The journals in some folders; used by one thread at a time."""

    def __init__(
        self,
        folders: Sequence[Path],
        most_abandoned: int = MOST_ABANDONED,
        aside_s: float = ASIDE_S,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folders = folders
        self._most_abandoned = most_abandoned
        self._aside_s = aside_s
        self._clock_s = clock_s
        self._open: dict[Path, JournalReader] = {}
        self._abandoned: set[Path] = set()
        self._aside_until: dict[Path, float] = {}
        self.paths: frozenset[Path] = frozenset()
        """The journals that there are, open or not."""
        self.has_more = False
        """Whether others wait for their turn."""

    def look(self, on_unreadable: Callable[[Path, sqlite3.Error], None]) -> list[JournalReader]:
        """Return readers of the journals whose turn it is, the oldest first; tell of those that cannot be opened."""
        paths = journal_paths(*self._folders)
        self._let_go_of_the_gone(frozenset(paths))
        readers: list[JournalReader] = []
        self.has_more = False
        places = self._most_abandoned
        for path in paths:
            abandoned = self._is_abandoned(path)
            if self._aside_until.get(path, 0.0) > self._clock_s():
                continue
            if abandoned and not places:
                self.has_more = True
                self.close_one(path)
                continue
            reader = self._open.get(path) or open_journal(path, self._aside(on_unreadable))
            if reader is not None:
                self._open[path] = reader
                readers.append(reader)
                places -= abandoned
        return readers

    def set_aside(self, reader: JournalReader) -> bool:
        """Give the place of a dead receiver's journal to others for a while; return ``False`` if its owner lives."""
        if reader.path not in self._abandoned:
            return False
        self._aside_until[reader.path] = self._clock_s() + self._aside_s
        self.close_one(reader.path)
        return True

    def close(self) -> None:
        """Let go of all files."""
        for path in tuple(self._open):
            self.close_one(path)

    def close_one(self, path: Path) -> None:
        """Let go of the file at *path*, if it is open."""
        if (reader := self._open.pop(path, None)) is not None:
            reader.close()

    def _aside(self, on_unreadable: Callable[[Path, sqlite3.Error], None]) -> Callable[[Path, sqlite3.Error], None]:
        def put_aside(path: Path, error: sqlite3.Error) -> None:
            if path in self._abandoned:
                self._aside_until[path] = self._clock_s() + self._aside_s
            on_unreadable(path, error)

        return put_aside

    def _is_abandoned(self, path: Path) -> bool:
        """Return whether the owner is dead: who was once stays so, and is not asked again."""
        if path not in self._abandoned:
            # Where not even the lock can be had, whoever settles the journal learns why.
            with suppress(OSError), taken_over(path) as abandoned:
                if abandoned:
                    self._abandoned.add(path)
        return path in self._abandoned

    def _let_go_of_the_gone(self, paths: frozenset[Path]) -> None:
        self.paths = paths
        for path in self._open.keys() - paths:
            self.close_one(path)
        self._abandoned &= paths
        self._aside_until = {path: until for path, until in self._aside_until.items() if path in paths}
