"""Which day files have come into the watched folder, and what became of each?

Each is imported by a process of its own, so that recording is not held up by a large one.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.day_files.file import FileState
from domain.day_files import exchange_of
from wattbook.process import EXIT_CANNOT_RUN, EXIT_FOUND, EXIT_OK, EXIT_USAGE

LOOK_S: Final = 2.0
STEADY_S: Final = 5.0
"""How long a file must not have changed before it is imported: whoever writes it has then finished."""

RETRY_S: Final = 30.0
"""How long after an import that could not run it is tried again."""

END_WITHIN_S: Final = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ended:
    """How an import ended: its exit code, and what it said."""

    code: int
    said: str


Import = Callable[[Path], Awaitable[Ended]]


class DayFileWatch:
    """Imports each state of each day file in *folder* once; where that could not run, again."""

    def __init__(self, folder: Path, exchange: str, import_file: Import, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._exchange = exchange
        self._import_file = import_file
        self._clock = clock
        self._due: dict[tuple[Path, FileState], float] = {}
        self._done: set[tuple[Path, FileState]] = set()
        self._complained: set[str] = set()

    async def run(self) -> None:
        """Look after the folder until this is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Import what is due now."""
        found = await asyncio.to_thread(self._find)
        if found is None:
            return
        now = self._clock()
        self._done.intersection_update(found)
        self._due = {each: self._due.get(each, now + STEADY_S) for each in found if each not in self._done}
        for each in sorted(self._due, key=lambda pair: pair[0].name):
            if self._due[each] <= self._clock():
                await self._take(each)

    async def _take(self, file: tuple[Path, FileState]) -> None:
        path = file[0]
        ended = await self._import_file(path)
        if ended.code not in (EXIT_OK, EXIT_FOUND, EXIT_USAGE):
            self._due[file] = self._clock() + RETRY_S
            self._complain(f"{path} could not be imported and is tried again: {ended.said}")
            return
        self._done.add(file)
        if ended.code == EXIT_USAGE:
            log.error("%s is not imported until it changes: %s", path, ended.said)
        elif ended.said:
            log.log(logging.WARNING if ended.code == EXIT_FOUND else logging.INFO, "imported %s", ended.said)

    def _find(self) -> set[tuple[Path, FileState]] | None:
        """Return the day files there are, in their present state; ``None`` where the folder cannot be read."""
        found = set()
        try:
            for path in self._folder.iterdir():
                if exchange_of(path.name) == self._exchange:
                    with suppress(FileNotFoundError):
                        found.add((path, FileState.of(path.stat())))
        except OSError as error:
            self._complain(f"cannot look for day files in {self._folder}: {error.strerror or error}")
            return None
        return found

    def _complain(self, what: str) -> None:
        """Log each trouble once."""
        if what not in self._complained:
            self._complained.add(what)
            log.error("%s", what)


async def import_in_a_process(path: Path, *, demo: bool) -> Ended:
    """Run ``wattbook import`` on *path*, in this process's environment; it ends when this is cancelled, or dies."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "wattbook", "import", "--supervised", "--only-news"),
            *(("--demo",) if demo else ()),
            str(path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return Ended(EXIT_CANNOT_RUN, f"no process can be started: {error.strerror or error}")
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        out, err, code = await asyncio.gather(process.stdout.read(), process.stderr.read(), process.wait())
    finally:
        if process.returncode is None:
            await _end(process)
    told = out if code in (EXIT_OK, EXIT_FOUND) else (err.strip().splitlines() or [b""])[-1]
    return Ended(code, told.decode(errors="replace").strip().removeprefix("wattbook: "))


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()
