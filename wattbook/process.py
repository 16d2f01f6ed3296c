"""How does a process of Wattbook start, log and end? The same way for every role."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

EXIT_OK: Final = 0
EXIT_FOUND: Final = 1
EXIT_USAGE: Final = 2
EXIT_CANNOT_RUN: Final = 3


def log_to_stderr(name: str, verbose: bool) -> None:
    """Send the log to standard error, one line an entry, UTC, with the role's name."""
    form = f"%(asctime)s.%(msecs)03dZ {name:<8} %(levelname)-7s %(message)s"
    formatter = logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for chatty in ("websockets", "asyncio", "aiohttp.access", "uvicorn", "psycopg.pool", "simulator.websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def run_until_stopped(role: Callable[[asyncio.Event], Awaitable[int]], *, with_supervisor: bool = False) -> int:
    """Run *role* until it ends or the process is told to stop; return its exit code.

    SIGINT and SIGTERM ask it to stop; a second one ends it at once. ``with_supervisor``
    also asks it to stop when standard input closes: whoever started it is gone.
    """
    return asyncio.run(_run(role, with_supervisor))


async def _run(role: Callable[[asyncio.Event], Awaitable[int]], with_supervisor: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
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
