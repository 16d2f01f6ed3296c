"""How does a process of Wattbook start, log and end? The same way for every role."""

import asyncio
import fcntl
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from domain.errors import AlreadyRunningError

EXIT_OK: Final = 0
EXIT_FOUND: Final = 1
EXIT_USAGE: Final = 2
EXIT_CANNOT_RUN: Final = 3
EXIT_INTERRUPTED: Final = 130

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


def utc_now() -> datetime:
    """Return the present instant, aware UTC."""
    return datetime.now(UTC)


def log_to_stderr(name: str, verbose: bool) -> None:
    """Send the log to standard error, one line an entry, UTC, with the role's name."""
    form = f"%(asctime)s.%(msecs)03dZ {name:<8} %(levelname)-7s %(message)s"
    formatter = logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for chatty in ("websockets", "asyncio", "aiohttp.access", "uvicorn", "simulator.websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Whoever uses a connection says what its loss means; the pool would say it again for each attempt.
    logging.getLogger("psycopg.pool").setLevel(logging.DEBUG if verbose else logging.ERROR)


def obey_signals() -> None:
    """Let SIGTERM and SIGHUP interrupt this process as Ctrl-C does, so that whatever it holds is let go in order."""
    for number in _ending():
        signal.signal(number, signal.default_int_handler)


def _ending() -> list[signal.Signals]:
    """Return which signals end this process: SIGHUP is none of them where it is to outlive its terminal (``nohup``)."""
    outlives = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [*STOPPING] if outlives else [*STOPPING, signal.SIGHUP]


class Terminal:
    """The terminal that this process was started from, if it was and is not to outlive it."""

    def __init__(self) -> None:
        self._streams = [stream for stream in (0, 1, 2) if signal.SIGHUP in _ending() and os.isatty(stream)]

    def has_gone(self) -> bool:
        """Return whether it has gone; what would be written there, and fail, then goes nowhere."""
        gone = [stream for stream in self._streams if not os.isatty(stream)]
        if gone:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in gone:
                os.dup2(nowhere, stream)
            os.close(nowhere)
        return bool(gone)


@contextmanager
def signals_held() -> Iterator[None]:
    """Put off SIGINT, SIGTERM and SIGHUP while something is under way that must not be left half done."""
    caught: list[int] = []
    before = {number: signal.signal(number, lambda number, _: caught.append(number)) for number in _ending()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if caught:
        raise KeyboardInterrupt


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock at *path* for as long as this lasts; raise :class:`AlreadyRunningError` if another process does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 32).decode(errors="replace") or "unknown"
            raise AlreadyRunningError(f"Wattbook already runs in {path.parent} (process {holder})") from None
        os.truncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        yield
    finally:
        os.close(lock)


def collect_garbage_rarely() -> None:
    """Spare a role that handles events by the thousand an eighth of its time.

    Events end when nobody refers to them; the collector of cycles would walk over each
    batch again and again in vain. What is in cycles still goes, tens of thousands at once.
    """
    gc.set_threshold(50_000, 20, 20)


def run_until_stopped(role: Callable[[asyncio.Event], Awaitable[int]], *, with_supervisor: bool = False) -> int:
    """Run *role* until it ends or the process is told to stop; return its exit code.

    SIGINT and SIGTERM ask it to stop; a second one ends it at once. The end of its terminal
    asks it too, however often it is told; so does, ``with_supervisor``, the end of its
    standard input: whoever started it is gone.
    """
    return asyncio.run(_run(role, with_supervisor))


async def _run(role: Callable[[asyncio.Event], Awaitable[int]], with_supervisor: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in STOPPING:
        loop.add_signal_handler(number, ask)
    terminal = Terminal()

    def hung_up() -> None:
        terminal.has_gone()
        stop.set()

    if signal.SIGHUP in _ending():
        loop.add_signal_handler(signal.SIGHUP, hung_up)
    if with_supervisor:
        stdin = sys.stdin.fileno()

        def heard() -> None:
            with suppress(OSError):
                if os.read(stdin, 4096):
                    return
            loop.remove_reader(stdin)
            stop.set()

        loop.add_reader(stdin, heard)
    return await role(stop)
