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
from contextlib import suppress
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

_END: Final = threading.Event()
"""What comes last."""


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
        self._incoming: queue.SimpleQueue[Sequence[Noted] | threading.Event] = queue.SimpleQueue()
        self._in_hand: Sequence[Noted] | threading.Event | None = None
        self._batch: list[Noted] = []
        self._waiting: list[threading.Event] = []
        self._heard_due = time.monotonic() + HEARD_S
        self._heard: dict[str, datetime] = {}
        self._taken_bytes = 0
        self._uncommitted_bytes = 0
        self._written_bytes = 0
        self._is_ending = False
        self._is_done = False
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
        """Take *noted* for the next commit, without waiting.

        Raises :class:`JournalClosedError` after the close, and where the journal is not written any more.
        """
        self.append_many((noted,))

    def append_many(self, noted: Sequence[Noted]) -> None:
        """Take all that came at once for the next commit, as :meth:`append` does."""
        self._refuse_if_over()
        self._taken_bytes += sum(map(size_of, noted))
        self._incoming.put(noted)

    def heard(self, connection: str, at: datetime) -> None:
        """Note that *connection* was alive *at*; kept in memory and written about once a second.

        What it brought until then must have been appended before: a sign of life is never on
        disk without it. Raises like :meth:`append`.
        """
        self._refuse_if_over()
        self._heard[connection] = at

    def flush(self, timeout_s: float = 10) -> None:
        """Wait until all that was appended before is on disk; raise :class:`JournalNotSafeError` in vain."""
        self._refuse_if_over()
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
            self._incoming.put(_END)
        self._ended.wait(timeout_s)
        self._giving_up.set()
        self._thread.join()
        self._take(_LARGEST_COMMIT)
        if lost := self._store.unwritten + len(self._batch):
            raise JournalNotSafeError(f"{lost} entries of the journal could not be written to {self._folder}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _refuse_if_over(self) -> None:
        if self._closed:
            raise JournalClosedError(f"the journal {self.path.name} is closed")
        if self._ended.is_set():
            raise JournalClosedError(f"the journal {self.path.name} is not written any more")

    def _run(self) -> None:
        ringer = JournalRinger(self._folder)
        complaint = ""
        try:
            while not self._is_done:
                try:
                    self._go_on(ringer)
                    complaint = ""
                except Exception as error:
                    # Whatever it is, this thread goes on: all that was taken is kept, and written the next time.
                    if complaint != repr(error):
                        complaint = repr(error)
                        _log.critical("The journal in %s is held up; it is tried again.", self._folder, exc_info=True)
                    self._is_done = self._giving_up.wait(RETRY_S)
        except BaseException:
            _log.critical("The journal in %s is not written any more.", self._folder, exc_info=True)
        finally:
            self._ended.set()
            self._store.close()
            ringer.close()

    def _go_on(self, ringer: JournalRinger) -> None:
        """Write all that has come since the last time; where that raises, the next time writes it."""
        self._take(_LARGEST_COMMIT, max(0.0, self._heard_due - time.monotonic()))
        heard: dict[str, datetime] = {}
        if time.monotonic() >= self._heard_due or self._is_ending:
            heard, self._heard_due = self._take_signs_of_life(), time.monotonic() + HEARD_S
            # A sign of life vouches for what came before it: all of that is written with it.
            while not (self._is_ending or self._incoming.empty()):
                self._take(len(self._batch) + _LARGEST_COMMIT)
        size = sum(map(size_of, self._batch))
        self._store.take(self._batch, heard)
        self._batch.clear()
        self._uncommitted_bytes += size
        if not self._write():
            self._is_done = True
            return
        if self._uncommitted_bytes:
            self._written_bytes += self._uncommitted_bytes
            self._uncommitted_bytes = 0
            ringer.ring()
        for event in self._waiting:
            event.set()
        self._waiting.clear()
        self._is_done = self._is_ending

    def _take_signs_of_life(self) -> dict[str, datetime]:
        """Return the newest sign of each connection; one that comes in this very moment may wait for the next."""
        signs = self._heard.copy()
        for connection, at in signs.items():
            if self._heard.get(connection) == at:
                del self._heard[connection]
        return signs

    def _take(self, most: int, timeout_s: float = 0.0) -> None:
        """Take what is pending until the batch has *most*, waiting *timeout_s* at most for the first of it."""
        with suppress(queue.Empty):
            while not self._is_ending and len(self._batch) < most:
                if self._in_hand is None:
                    self._in_hand = self._incoming.get(timeout=timeout_s)
                timeout_s = 0.0
                if self._in_hand is _END:
                    self._is_ending = True
                elif isinstance(self._in_hand, threading.Event):
                    self._waiting.append(self._in_hand)
                else:
                    self._batch += self._in_hand
                self._in_hand = None

    def _write(self) -> bool:
        """Commit what the store has taken until it succeeds; return ``False`` when told to give up."""
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
