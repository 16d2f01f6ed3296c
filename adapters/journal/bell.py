"""How does a recorder learn at once that a journal has news?

A named pipe in the journal folder: whoever has committed writes a byte, whoever waits
reads it. A ring wakes one of several recorders, so each also looks ten times a second.
"""

import asyncio
import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

POLL_S: Final = 0.1
"""A recorder looks for itself after this long, in case another one took the ring."""

_RING = b"\0"


def _pipe(folder: Path) -> Path:
    return folder / "wake"


class JournalRinger:
    """The writers' end: rings and never waits, whether anybody listens or not."""

    def __init__(self, folder: Path) -> None:
        self._pipe = _pipe(folder)
        self._descriptor: int | None = None

    def ring(self) -> None:
        """Wake a recorder, if one listens."""
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK)
            if stat.S_ISFIFO(os.fstat(self._descriptor).st_mode):
                os.write(self._descriptor, _RING)
        except OSError as error:
            # A full pipe has rung already; without a listener there is nobody to wake.
            if error.errno != errno.EAGAIN:
                self.close()

    def close(self) -> None:
        """Let go of the pipe; a later ring opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class JournalBell:
    """The recorders' end, to be used as an async context in the loop that waits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rung = asyncio.Event()
        self._descriptors: list[int] = []

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        pipe = _pipe(self._folder)
        try:
            with suppress(FileExistsError):
                os.mkfifo(pipe, 0o600)
            if stat.S_ISFIFO(pipe.stat().st_mode):
                self._listen(pipe)
        except OSError:
            # A file system without named pipes: looking ten times a second is enough.
            self._close()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    async def wait(self, timeout_s: float = POLL_S) -> bool:
        """Return ``True`` when rung, ``False`` after *timeout_s* or :data:`POLL_S`, whichever is less."""
        try:
            async with asyncio.timeout(min(timeout_s, POLL_S)):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True

    def _listen(self, pipe: Path) -> None:
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self._descriptors.append(reading)
        # A writer of our own: without any, the pipe would be at its end and always readable.
        self._descriptors.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        asyncio.get_running_loop().add_reader(reading, self._hear, reading)

    def _hear(self, reading: int) -> None:
        with suppress(BlockingIOError):
            while os.read(reading, 65_536):
                self._rung.set()

    def _close(self) -> None:
        if self._descriptors:
            asyncio.get_running_loop().remove_reader(self._descriptors[0])
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
