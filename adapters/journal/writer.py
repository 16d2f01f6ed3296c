"""How does what was heard get onto disk before anything else is done with it?

One thread owns the database. All that has come in since its last commit is committed in
one transaction, so under load each sync serves many messages and nobody waits for a
timer. What cannot be written stays in memory and is tried again until it can.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from adapters.journal.bell import JournalRinger
from adapters.journal.entries import Noted, open_database, size_of
from adapters.journal.store import RETURN_S, SEGMENT_BYTES, JournalStore
from domain.errors import JournalClosedError, JournalNotSafeError

_log = logging.getLogger(__name__)

HEARD_S: Final = 1.0
"""How often the instants at which the open connections were last heard are written."""

RETRY_S: Final = 0.25
_LARGEST_COMMIT: Final = 10_000


class JournalWriter:
    """The journal of this process, from its start to :meth:`close`.

    Written to *folder*; to *spare* while that one is full or fails, and back when it has room again.
    Opening it raises ``OSError`` or ``sqlite3.Error`` where none of them can be written.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], datetime],
        connect: Callable[[Path], sqlite3.Connection] = open_database,
        *,
        spare: Path | None = None,
        segment_bytes: int = SEGMENT_BYTES,
        return_s: float = RETURN_S,
        owner: bytes = b"",
    ) -> None:
        self._folder = folder
        self._incoming: queue.SimpleQueue[Sequence[Noted] | threading.Event | None] = queue.SimpleQueue()
        self._heard: dict[str, datetime] = {}
        self._taken_bytes = 0
        self._written_bytes = 0
        self._closed = False
        self._ended = threading.Event()
        self._giving_up = threading.Event()
        folders = (folder,) if spare is None else (folder, spare)
        self._store = JournalStore(folders, clock, connect, segment_bytes, return_s, owner)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        """The file written now; another one after an error, and when it has grown large."""
        return self._store.path

    @property
    def unwritten_bytes(self) -> int:
        """About how much memory is taken by what is not yet on disk."""
        return self._taken_bytes - self._written_bytes

    def append(self, noted: Noted) -> None:
        """Take *noted* for the next commit, without waiting; raise :class:`JournalClosedError` after the close."""
        self.append_many((noted,))

    def append_many(self, noted: Sequence[Noted]) -> None:
        """Take all that came at once for the next commit, as :meth:`append` does."""
        if self._closed:
            raise JournalClosedError(f"the journal {self.path.name} is closed")
        self._taken_bytes += sum(map(size_of, noted))
        self._incoming.put(noted)

    def heard(self, connection: str, at: datetime) -> None:
        """Note that *connection* was alive *at*; kept in memory and written about once a second.

        What it brought until then must have been appended before: a sign of life is never on
        disk without it.
        """
        self._heard[connection] = at

    def flush(self, timeout_s: float = 10) -> None:
        """Wait until all that was appended before is on disk; raise :class:`JournalNotSafeError` in vain."""
        if self._closed:
            raise JournalClosedError(f"the journal {self.path.name} is closed")
        safe = threading.Event()
        self._incoming.put(safe)
        if not safe.wait(timeout_s):
            raise JournalNotSafeError(f"the journal {self.path.name} could not be written for {timeout_s:g} s")

    def close(self, timeout_s: float = 10) -> None:
        """Commit what is pending and let go of the journal.

        Raises :class:`JournalNotSafeError` if the disk refuses for *timeout_s*: what is
        still in memory then is lost with the process.
        """
        if not self._closed:
            self._closed = True
            self._incoming.put(None)
        self._ended.wait(timeout_s)
        self._giving_up.set()
        self._thread.join()
        if lost := self._store.unwritten + len(self._take(0)[0]):
            raise JournalNotSafeError(f"{lost} entries of the journal could not be written to {self._folder}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        ringer = JournalRinger(self._folder)
        waiting: list[threading.Event] = []
        heard_due = time.monotonic() + HEARD_S
        ending = False
        while not ending:
            batch, safe, ending = self._take(max(0.0, heard_due - time.monotonic()))
            waiting += safe
            heard: dict[str, datetime] = {}
            if time.monotonic() >= heard_due or ending:
                heard, heard_due = self._take_signs_of_life(), time.monotonic() + HEARD_S
                # A sign of life vouches for what came before it: all of that is written with it.
                while not (ending or self._incoming.empty()):
                    more, safe, ending = self._take(0)
                    batch += more
                    waiting += safe
            if not self._write(batch, heard):
                break
            if batch:
                self._written_bytes += sum(map(size_of, batch))
                ringer.ring()
            for event in waiting:
                event.set()
            waiting.clear()
        self._store.close()
        ringer.close()
        self._ended.set()

    def _take_signs_of_life(self) -> dict[str, datetime]:
        """Return the newest sign of each connection; one that comes in this very moment may wait for the next."""
        signs = self._heard.copy()
        for connection, at in signs.items():
            if self._heard.get(connection) == at:
                del self._heard[connection]
        return signs

    def _take(self, timeout_s: float) -> tuple[list[Noted], list[threading.Event], bool]:
        """Return all that is pending, waiting *timeout_s* at most for the first of it."""
        batch: list[Noted] = []
        safe: list[threading.Event] = []
        try:
            item = self._incoming.get(timeout=timeout_s)
            while item is not None:
                if isinstance(item, threading.Event):
                    safe.append(item)
                else:
                    batch += item
                if len(batch) >= _LARGEST_COMMIT:
                    return batch, safe, False
                item = self._incoming.get_nowait()
        except queue.Empty:
            return batch, safe, False
        return batch, safe, True

    def _write(self, batch: list[Noted], heard: dict[str, datetime]) -> bool:
        """Commit until it succeeds; return ``False`` when told to give up."""
        self._store.take(batch, heard)
        complaint = ""
        while (problem := self._store.commit()) is not None:
            if problem != complaint:
                complaint = problem
                _log.critical(
                    "The journal in %s cannot be written (%s). Messages are kept in memory and lost if this process "
                    "ends. Free space or repair the disk now; writing is tried again until it succeeds.",
                    self._folder,
                    problem,
                )
            if self._giving_up.wait(RETRY_S):
                return False
        if complaint:
            _log.warning("The journal in %s can be written again; nothing was lost.", self._folder)
        return True
