"""What of a journal is on disk, and what is still in memory only?"""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from adapters.journal.commit import commit
from adapters.journal.entries import (
    LineConnected,
    LineDisconnected,
    MessageHeard,
    Noted,
    create_journal,
    delete_journal,
    insert_open,
)
from adapters.journal.notice import Notice, leave_notice, remove_notice
from adapters.journal.promise import note_gone_on, note_promise

_log = logging.getLogger(__name__)

_PASSING: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM)
"""Errors after which the file is as good as before; after any other its content is in doubt."""

SEGMENT_BYTES: Final = 64 * 1024 * 1024
"""Past so much payload a new file is begun, so that what is recorded is deleted whole and no file grows for years."""

RETURN_S: Final = 30.0
"""How long a journal that went to the spare folder stays there before it looks at its own one again."""

RETURN_FREE_BYTES: Final = 16 * 1024 * 1024
"""And how much room must be there then, lest it goes to and fro."""

MOST_DISTRUSTED: Final = 16
"""Of so many files in doubt the locks are kept, lest their connections pass for lost: of more, the newest."""

_MOMENT: Final = timedelta(microseconds=1)


@dataclass
class _Segment:
    """One file of the journal, and the lock that says that its owner lives."""

    folder: Path
    path: Path
    database: sqlite3.Connection
    lock: int
    payload_bytes: int = 0
    commits: int = 0
    last_sequence: int = 0
    distrusted: bool = False
    notice: Notice | None = None


class JournalStore:
    """The files behind a writer, and what is not yet in them; used by one thread.

    Written in the first of *folders*; in the next one while that fails or is full.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        clock: Callable[[], datetime],
        connect: Callable[[Path], sqlite3.Connection],
        segment_bytes: int = SEGMENT_BYTES,
        return_s: float = RETURN_S,
        owner: bytes = b"",
    ) -> None:
        self._folders = folders
        self._owner = owner
        self._clock = clock
        self._connect = connect
        self._segment_bytes = segment_bytes
        self._return_s = return_s
        self._pending: list[Noted] = []
        self._heard: dict[str, datetime] = {}
        self._open: dict[str, LineConnected] = {}
        self._last_heard: dict[str, datetime] = {}
        self._locks: list[int] = []
        self._trouble = ""
        self._why_spare = ""
        self._held_since: datetime | None = None
        self._begun_at: datetime | None = None
        self._shunned: Path | None = None
        self._failures_here = 0
        self._return_due = 0.0
        self._segment = self._open_anywhere()

    @property
    def path(self) -> Path:
        """The file written now."""
        return self._segment.path

    @property
    def unwritten(self) -> int:
        """How many entries are in memory only."""
        return len(self._pending)

    def take(self, batch: list[Noted], heard: dict[str, datetime]) -> None:
        """Add to what the next commit must write: all of it, or nothing where there is no memory for it."""
        self._heard |= heard
        self._pending += batch

    def commit(self) -> str | None:
        """Write all that was taken, in one transaction; return what went wrong, if it is nowhere on disk."""
        if not self._pending and not self._heard:
            return None
        problem: str | None = None
        for _ in range(len(self._folders) + 1):
            problem = self._try_to_commit()
            if problem is None or not self._trouble:
                break
        self._put_up(problem)
        return problem

    def close(self) -> None:
        """Close the file and let go of all locks; what is still open in them passes for lost from now on."""
        self._segment.database.close()
        for lock in (*self._locks, self._segment.lock):
            os.close(lock)
        self._locks.clear()

    def _put_up(self, problem: str | None) -> None:
        """Leave word beside the file of what only this process knows; the first word takes the room for all others."""
        if problem is None and self._held_since is None and self._segment.notice is not None:
            return
        self._held_since = None if problem is None else self._held_since or self._clock()
        own = self._folders[0]
        notice = Notice(
            process=os.getpid(),
            problem=problem or self._why_spare,
            instead_of=None if self._segment.folder == own else str(own),
            held_since=self._held_since,
        )
        if notice != self._segment.notice:
            # Where there is no room even for that, the log says it, and the next commit tries again.
            with suppress(OSError):
                leave_notice(self._segment.path, notice)
                self._segment.notice = notice

    def _try_to_commit(self) -> str | None:
        try:
            if self._trouble:
                self._move(self._open_anywhere())
            elif self._segment.payload_bytes >= self._segment_bytes:
                self._move(self._open_new(self._segment.folder))
            elif self._segment.folder != self._folders[0] and time.monotonic() >= self._return_due:
                self._return()
            commit(self._segment.database, self._pending, self._heard)
        except Exception as error:
            # Whatever it is, this thread goes on: were it to end, all that follows would be lost.
            self._blame(error)
            return f"{type(error).__name__}: {error}"
        self._segment.commits += 1
        self._failures_here = 0
        self._remember()
        return None

    def _blame(self, error: Exception) -> None:
        """Decide whether this file, or this folder, is to be left."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & 0xFF
        self._failures_here += 1
        if code not in _PASSING:
            # After a failed sync nobody knows what is in the file: no more is written to it.
            self._segment.distrusted = True
            self._trouble = str(error)
            if self._failures_here > 1:
                self._shunned = self._segment.folder
        elif code == sqlite3.SQLITE_FULL and len(self._folders) > 1:
            self._trouble = str(error)
            self._shunned = self._segment.folder

    def _open_anywhere(self) -> _Segment:
        """Begin a new file in the first folder that takes one, the one that has just failed last."""
        for folder in (ordered := sorted(self._folders, key=lambda folder: folder == self._shunned)):
            try:
                return self._open_new(folder)
            except (OSError, sqlite3.Error) as error:
                if folder == ordered[-1]:
                    raise
                self._trouble = self._trouble or str(error)
                _log.critical("The journal folder %s cannot be used (%s); the next one is tried.", folder, error)
        raise AssertionError("a journal has at least one folder")

    def _open_new(self, folder: Path) -> _Segment:
        """Begin a new file, with the connections that are open now; what is still to be written goes into it."""
        first = min([self._clock(), *(each.at for each in self._pending)])
        # A clock that was put back must not put this file before the one that it follows.
        self._begun_at = first if self._begun_at is None else max(first, self._begun_at + _MOMENT)
        path, lock = create_journal(folder, self._begun_at, self._owner)
        try:
            database = self._connect(path)
            database.execute("PRAGMA synchronous = FULL")
            for connected in self._open.values():
                insert_open(database, connected, self._last_heard.get(connected.connection, connected.at))
        except BaseException:
            delete_journal(path)
            os.close(lock)
            raise
        if folder != self._folders[0]:
            self._return_due = time.monotonic() + self._return_s
        return _Segment(folder, path, database, lock)

    def _return(self) -> None:
        """Go back to the folder of choice if it has room; stay where this is if it has not."""
        self._return_due = time.monotonic() + self._return_s
        try:
            room = os.statvfs(self._folders[0])
            if room.f_bavail * room.f_frsize < RETURN_FREE_BYTES:
                return
            self._move(self._open_new(self._folders[0]))
        except (OSError, sqlite3.Error):
            return
        _log.warning("The journal in %s can be written again and goes on there; nothing was lost.", self._folders[0])

    def _move(self, segment: _Segment) -> None:
        """Go on in *segment*, and leave the file before it to the recorders."""
        before, self._segment = self._segment, segment
        if segment.folder == self._folders[0]:
            self._why_spare = ""
        elif self._trouble:
            self._why_spare = self._trouble
        if self._trouble:
            _log.critical(
                "The journal %s cannot be written (%s); nothing is lost, it goes on in %s. "
                "Free space or repair the disk of %s now.",
                before.path,
                self._trouble,
                segment.path,
                before.folder,
            )
            self._trouble = ""
        self._leave(before)

    def _leave(self, segment: _Segment) -> None:
        """Close a file; its lock goes too, unless connections that live on here could then pass for lost."""
        struck_out = False
        try:
            if segment.database.in_transaction:
                segment.database.execute("ROLLBACK")
            segment.database.execute("DELETE FROM open_connections")
            struck_out = True
        except sqlite3.Error as error:
            _log.warning("The journal %s is left as it is: %s", segment.path, error)
        segment.database.close()
        with suppress(OSError):
            remove_notice(segment.path)
        if not segment.commits:
            # All that it was to take is written elsewhere.
            with suppress(OSError):
                delete_journal(segment.path)
        gone_on = note_gone_on(segment.lock)
        if segment.commits and (segment.distrusted or not (struck_out or gone_on)):
            self._locks.append(segment.lock)
        else:
            os.close(segment.lock)
        while len(self._locks) > MOST_DISTRUSTED:
            # Where the disk did not take the note then, it may now.
            note_gone_on(self._locks[0])
            os.close(self._locks.pop(0))

    def _remember(self) -> None:
        for noted in self._pending:
            if isinstance(noted, LineConnected):
                self._open[noted.connection] = noted
            elif isinstance(noted, LineDisconnected):
                self._open.pop(noted.connection, None)
        # A sign of life is written up to a second late, so also after the end of its connection.
        last_heard = self._last_heard | self._heard
        self._last_heard = {each: last_heard[each] for each in self._open if each in last_heard}
        self._segment.last_sequence += len(self._pending)
        note_promise(self._segment.lock, self._segment.last_sequence)
        self._segment.payload_bytes += sum(
            len(each.payload) for each in self._pending if isinstance(each, MessageHeard)
        )
        self._pending.clear()
        self._heard.clear()
