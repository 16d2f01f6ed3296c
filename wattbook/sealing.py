"""When is the next block of the log sealed, and is each seal also in a file that can be kept elsewhere?"""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from adapters.event_log.raw_log import RawLog
from adapters.event_log.seals import BLOCK, SealKey, good_seals, seal_key
from adapters.event_log.seals_file import seal_line
from adapters.event_log.writer import EventLog
from adapters.event_log.writer_thread import WriterThread
from adapters.postgres.outage import AWAY, Outage
from domain.errors import SealKeyError, SealsRefusedError
from domain.proofs import LogSealed

P = ParamSpec("P")
T = TypeVar("T")

LOOK_S: Final = 10.0
"""How often it is looked whether a block is due."""

AFTER: Final = timedelta(hours=1)
"""How long an event is unsealed at the most, however little is recorded."""

BEHIND: Final = timedelta(seconds=0.5)
"""What was heard goes first: while it waits longer than this for the recorder, nothing is sealed."""

Looks = tuple[int, int, int, int]
"""By which a file is known again without reading it: inode, size, and when its content and its state changed."""

log = logging.getLogger(__name__)


class Sealing:
    """Seals block after block with the key of this machine, while the recorder has nothing better to do."""

    def __init__(
        self,
        database_url: str,
        event_log: EventLog,
        key_file: Path,
        seals_file: Path,
        is_busy: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._database_url = database_url
        self._event_log = event_log
        self._key_file = key_file
        self._file = seals_file
        self._seals: list[LogSealed] = []
        self._seen = 0
        self._left: tuple[Looks, int] | None = None
        self._thread = WriterThread("sealing")
        self._is_told = False
        self._is_busy = is_busy
        self._now = now
        self._outage = Outage(log, "cannot look what of the log is to be sealed", "the log can be sealed again")

    async def run(self) -> None:
        """Seal what is due, for ever. Where the key cannot be used it is said, and nothing is sealed."""
        try:
            key = await self._do(seal_key, self._key_file)
        except SealKeyError as error:
            log.error("%s; nothing is sealed until it is mended and the recorder is started again", error)
            await asyncio.Future()
        while True:
            sealed = False
            if not self._is_busy():
                try:
                    sealed = await self.step(key)
                    self._outage.over()
                except AWAY as error:
                    self._outage.met(error)
                except Exception as error:
                    # Whatever it is, it must not end the recording of deals.
                    if not self._is_told:
                        log.error("the log is not sealed: %s; it is tried again", error)
                    self._is_told = True
                else:
                    self._is_told = False
            await asyncio.sleep(0 if sealed else LOOK_S)

    async def step(self, key: SealKey) -> bool:
        """Seal one block if it is due, and bring the file of seals up to the log; return whether one was sealed."""
        seal, missing = await self._do(self._look, key)
        if missing:
            await self._do(self._keep, missing)
        if seal is None:
            return False
        # Where another recorder was faster, its seal stands: which one it is, is found at the next look.
        (outcome,) = await self._event_log.append([seal])
        return outcome.kind == "recorded"

    async def _do(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what *call* returns, from a thread that no stop waits for: a database may not answer for minutes."""
        return await asyncio.wrap_future(self._thread.submit(call, *args, **kwargs))

    def _look(self, key: SealKey) -> tuple[LogSealed | None, list[LogSealed]]:
        """Return the seal that is due, and those that the file has not."""
        with RawLog(self._database_url) as raw:
            previous = self._seals[-1] if self._seals else None
            if found := raw.seals(self._seen):
                # Whatever else says that it is a seal must neither stop the sealing nor come into the file.
                self._seals += good_seals(found, raw.hash_at(1).hex(), previous)
                self._seen = found[-1][0]
                previous = self._seals[-1] if self._seals else None
            after = 0 if previous is None else previous.last
            last = self._due(raw, after)
            seal = None if last is None else key.seal(raw, after + 1, last, previous)
        return seal, self._seals[self._kept() :]

    def _kept(self) -> int:
        """Return how many seals the file has; raise :class:`SealsRefusedError` where they are not the log's.

        A file that looks as it was left is not read again.
        """
        if not self._file.exists():
            return 0
        looks = _looks(self._file.stat())
        if self._left is not None and self._left[0] == looks:
            return self._left[1]
        written = self._file.read_bytes()
        count = written.count(b"\n")
        lines = [f"{seal_line(seal)}\n".encode() for seal in self._seals[: count + 1]]
        whole = b"".join(lines[:count])
        rest = written.removeprefix(whole)
        # A line that a crash has cut off comes again whole.
        if not written.startswith(whole) or (rest and not (lines[-1] if lines else b"").startswith(rest)):
            raise SealsRefusedError(f"{self._file} has what the log has not: it is of another log, or no file of seals")
        if rest:
            os.truncate(self._file, len(whole))
        self._left = None if rest else (looks, count)
        return count

    def _due(self, raw: RawLog, after: int) -> int | None:
        """Return where the next block ends, ``None`` while there is none to seal."""
        head = raw.head().position
        if head >= after + BLOCK:
            return after + BLOCK
        oldest = raw.oldest_unsealed_at(after)
        return head if oldest is not None and self._now() - oldest >= AFTER else None

    def _keep(self, seals: list[LogSealed]) -> None:
        """Add *seals* to the file, durably."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as file:
            before = _looks(os.fstat(file.fileno()))
            file.write("".join(seal_line(seal) + "\n" for seal in seals).encode())
            file.flush()
            os.fsync(file.fileno())
            after = _looks(os.fstat(file.fileno()))
        left, self._left = self._left, None
        if left is not None and left[0] == before:
            self._left = (after, left[1] + len(seals))


def _looks(status: os.stat_result) -> Looks:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def is_behind(oldest_waiting_at: datetime | None, now: datetime) -> bool:
    """Tell whether what was heard waits too long to be recorded."""
    return oldest_waiting_at is not None and now - oldest_waiting_at > BEHIND
