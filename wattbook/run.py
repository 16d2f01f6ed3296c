"""How does everything run at once? One supervisor, one process a role, stopped in the order data flows."""

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from wattbook.settings import Settings

ROLES: Final = ("receive", "record", "project", "serve")
"""Started and stopped in this order: on stopping, each hands the next one all it has."""

RESTART_DELAYS_S: Final = (0.0, 0.5, 1.0, 2.0, 5.0)
STEADY_S: Final = 30.0
"""A role that has run this long is restarted at once again."""

STOP_WITHIN_S: Final = 15.0
"""How long a role may take to end before it is killed."""

DEMO_LIMITS: Final = "600/minute"
DEMO_REFRESH_S: Final = "60"

UNUSABLE: Final = 2
"""Exit code of a role that will not run with these settings, however often it is started."""

log = logging.getLogger(__name__)


@dataclass
class _Child:
    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    process: asyncio.subprocess.Process | None = None

    async def keep_running(self) -> int:
        """Start the role, and again whenever it ends by itself; return only when that is of no use."""
        failures = 0
        while not self.stopping.is_set():
            started_at = time.monotonic()
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "wattbook", *self.arguments, "--supervised",
                stdin=asyncio.subprocess.PIPE, env=self.environment, start_new_session=True,
            )  # fmt: skip
            code = await self.process.wait()
            if self.stopping.is_set():
                return 0
            if code == UNUSABLE:
                return code
            failures = 0 if time.monotonic() - started_at > STEADY_S else failures + 1
            delay = RESTART_DELAYS_S[min(failures, len(RESTART_DELAYS_S) - 1)]
            log.error("%s ended with exit code %s; starting it again in %s s", self.name, code, delay)
            await asyncio.sleep(delay)
        return 0

    async def stop(self) -> None:
        """Ask the role to end, and wait until it has."""
        self.stopping.set()
        process = self.process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            log.error("%s does not end, killing it", self.name)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def run(settings: Settings, environ: Mapping[str, str], demo: bool, verbose: bool, stop: asyncio.Event) -> int:
    """Run all four roles, and with *demo* the simulators they listen to, until *stop*.

    A role that ends by itself is started again. Returns the exit code: 0 after a clean stop.
    """
    environment = dict(environ)
    flags = ["--verbose"] if verbose else []
    children: list[_Child] = []
    if demo:
        exchange_port, market_data_port = free_port(), free_port()
        environment["WATTBOOK_EXCHANGE_URLS"] = ",".join([f"ws://127.0.0.1:{exchange_port}"] * 2)
        environment["WATTBOOK_MARKET_DATA_URL"] = f"http://127.0.0.1:{market_data_port}/v1"
        # The stand-in has one customer and answers at once, so the demo's prices move while one looks.
        environment.setdefault("WATTBOOK_MARKET_DATA_LIMITS", DEMO_LIMITS)
        environment.setdefault("WATTBOOK_MARKET_DATA_REFRESH", DEMO_REFRESH_S)
        for name, arguments in demo_simulators(settings, exchange_port, market_data_port).items():
            children.append(_Child(name, [*arguments, *flags], environment))
    children += [_Child(role, [role, *flags], environment) for role in ROLES]
    running = {asyncio.create_task(child.keep_running(), name=child.name): child for child in children}
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({stopping, *running}, return_when=asyncio.FIRST_COMPLETED)
        codes = [task.result() for task in running if task.done()]
    finally:
        stopping.cancel()
        for child in children:
            await child.stop()
        for task in running:
            task.cancel()
        await asyncio.gather(stopping, *running, return_exceptions=True)
    return max(codes, default=0)


def demo_simulators(settings: Settings, exchange_port: int, market_data_port: int) -> dict[str, list[str]]:
    """Return the commands of the demo's exchange and market-data provider: one market, whose time begins now."""
    now = datetime.now(UTC).isoformat()
    market = ["--started-at", now, "--timezone", settings.timezone.key]
    exchange = ["--port", str(exchange_port), "--name", settings.exchange_name, "--warm-up", "--hiccups"]
    return {
        "exchange": ["simulate", "exchange", *market, *exchange],
        "market-data": [
            "simulate",
            "market-data",
            *market,
            "--port",
            str(market_data_port),
            "--limits",
            DEMO_LIMITS,
            "--publish-every",
            "60",
        ],
    }


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
