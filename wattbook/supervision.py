"""How is one role kept running as a process of its own, and ended so that nothing is left?"""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Self

from wattbook.process import EXIT_CANNOT_RUN, EXIT_USAGE

RESTART_DELAYS_S: Final = (0.0, 0.5, 1.0, 2.0, 5.0)
STEADY_S: Final = 30.0
"""A role that has run this long is restarted at once again."""

STOP_WITHIN_S: Final = 15.0
"""How long a role may take to end before it is killed."""

_NO_PROCESS: Final = (OSError, RuntimeError)
"""No process is to be had (memory, descriptors), or no thread to wait for its end."""

log = logging.getLogger(__name__)


class Child:
    """One command of Wattbook, started again whenever it ends by itself.

    It runs in a session of its own, so Ctrl-C reaches only the supervisor; its standard
    input is a pipe from here, so it notices when the supervisor is gone.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.role = command[0]
        self.name = " ".join(word for word in command[:3] if not word.startswith("-"))
        self._command = command
        self._environment = environment
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._running: asyncio.Task[int] | None = None
        self._successor: asyncio.Task[asyncio.subprocess.Process] | None = None
        self._watching: set[asyncio.Task[None]] = set()
        self._starts = 0

    def start(self) -> Self:
        """Start the command and watch over it."""
        self._running = asyncio.create_task(self._keep_running(), name=self.name)
        return self

    async def given_up(self) -> int:
        """Return the exit code with which the command ended for good."""
        assert self._running is not None
        return await asyncio.shield(self._running)

    def replace(self) -> None:
        """Start the command anew beside the process that runs, which ends when the new one asks it to."""
        runs = self._process is not None and self._process.returncode is None
        if not runs or self._successor is not None or self._stopping.is_set():
            log.warning("%s is being started, replaced or stopped just now, so it is not replaced again", self.name)
            return
        self._successor = asyncio.create_task(self._begin(*self._command, "--replace"))
        watching = asyncio.create_task(self._watch(self._successor))
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)

    async def stop(self) -> None:
        """Ask the command to end and wait until it has; one that does not is killed."""
        self._stopping.set()
        if self._running is None:
            return
        self._signal(signal.SIGTERM)
        _, running = await asyncio.wait({self._running, *self._watching}, timeout=STOP_WITHIN_S)
        if running:
            log.error("%s does not end, killing it", self.name)
            self._signal(signal.SIGKILL)
        await asyncio.wait({self._running, *self._watching})

    async def _keep_running(self) -> int:
        failures = 0
        while not self._stopping.is_set():
            started_at = time.monotonic()
            try:
                code = await self._run_once()
            except _NO_PROCESS as error:
                # The other roles must not end for it.
                log.error("%s cannot be started: %s", self.name, error)
                code = EXIT_CANNOT_RUN
            if self._stopping.is_set():
                break
            steady = time.monotonic() - started_at > STEADY_S
            if code == EXIT_USAGE or (code == EXIT_CANNOT_RUN and not self._starts and not steady):
                # Wrong settings stay wrong; what could not run at the first try is for a person to look at.
                return code
            self._starts += 1
            failures = 0 if steady else failures + 1
            delay_s = RESTART_DELAYS_S[min(failures, len(RESTART_DELAYS_S) - 1)]
            log.error("%s ended with exit code %s; starting it again in %s s", self.name, code, delay_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await self._stopping.wait()
        return 0

    async def _run_once(self) -> int:
        """Run the command to its end, and that of each process that took over from the one before."""
        self._process = await self._begin(*self._command)
        code = await self._process.wait()
        while self._successor is not None and not self._stopping.is_set():
            successor = await self._successor
            if successor.returncode is not None:
                break
            self._process, self._successor = successor, None
            self._starts += 1
            log.info("%s goes on in process %s; the one before ended with %s", self.name, successor.pid, code)
            code = await successor.wait()
        return code

    async def _watch(self, beginning: asyncio.Task[asyncio.subprocess.Process]) -> None:
        """Tell of a new process that ended before it took over."""
        try:
            code = await (await beginning).wait()
        except _NO_PROCESS as error:
            log.error("%s cannot be started: %s", self.name, error)
            code = EXIT_CANNOT_RUN
        if self._successor is beginning:
            self._successor = None
            if not self._stopping.is_set():
                log.error("%s was not replaced (exit code %s); the process before goes on", self.name, code)

    async def _begin(self, first: str, *others: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "wattbook", first, "--supervised", *others),
            stdin=asyncio.subprocess.PIPE,
            env=dict(self._environment),
            start_new_session=True,
        )
        if self._stopping.is_set():
            process.terminate()
        return process

    def _signal(self, number: signal.Signals) -> None:
        successor = self._successor.result() if self._successor is not None and self._successor.done() else None
        for process in (self._process, successor):
            if process is not None and process.returncode is None:
                with suppress(ProcessLookupError):
                    process.send_signal(number)
