"""How does everything run at once? One supervisor, one process a role and line, stopped in the order data flows."""

import asyncio
import logging
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from domain.errors import DatabaseUnavailableError
from wattbook.database import Database
from wattbook.process import Terminal, utc_now
from wattbook.settings import Settings
from wattbook.supervision import Child

ROLES: Final = ("receive", "record", "project", "serve")
"""Started and stopped in this order: on stopping, each hands the next one all it has."""

DEMO_LINES: Final = 2
DEMO_LIMITS: Final = "600/minute"
DEMO_REFRESH_S: Final = "60"
"""The stand-in provider has one customer and answers at once, so the demo's prices may move while one looks."""

READY_WITHIN_S: Final = 15.0
REVIVE_S: Final = 1.0

log = logging.getLogger(__name__)


async def run(
    settings: Settings,
    environ: Mapping[str, str],
    opened: Database,
    demo: bool,
    verbose: bool,
    stop: asyncio.Event,
) -> int:
    """Run all four roles, a receiver for each line, and with *demo* the simulators they listen to, until *stop*.

    A role that ends by itself is started again, unless it says that its settings are of no
    use; so is the embedded database. Returns the exit code: 0 after a clean stop.
    """
    loop = asyncio.get_running_loop()
    terminal = Terminal()
    environment = dict(environ)
    flags = ["--verbose"] if verbose else []
    market: list[Child] = []
    roles: list[Child] = []
    stopping = asyncio.create_task(stop.wait())
    reviving = asyncio.create_task(_keep_alive(opened), name="database")
    given_up: list[asyncio.Task[int]] = []
    try:
        if demo:
            exchange, market_data = _free_port(), _free_port()
            environment |= _demo_settings(environ, exchange, market_data)
            for command in _demo_commands(settings, exchange, market_data):
                market.append(Child([*command, *flags], environment).start())
            await _wait_for(exchange, market_data)
        lines = DEMO_LINES if demo else len(settings.exchange_urls)
        roles = [Child([*command, *flags], environment).start() for command in _role_commands(lines, demo)]
        given_up = [asyncio.create_task(child.given_up()) for child in (*market, *roles)]
        loop.add_signal_handler(signal.SIGHUP, _hung_up, roles, terminal, stop)
        await asyncio.wait({stopping, *given_up}, return_when=asyncio.FIRST_COMPLETED)
        return max((task.result() for task in given_up if task.done()), default=0)
    finally:
        loop.add_signal_handler(signal.SIGHUP, terminal.has_gone)
        with suppress(OSError):
            print("Stopping…", flush=True)
        await asyncio.gather(*(child.stop() for child in roles if child.role == "receive"))
        for child in (*roles, *market):
            await child.stop()
        for task in (stopping, reviving, *given_up):
            task.cancel()
        await asyncio.gather(stopping, reviving, *given_up, return_exceptions=True)


def _hung_up(roles: Sequence[Child], terminal: Terminal, stop: asyncio.Event) -> None:
    """On SIGHUP stop, where it tells that the terminal has gone; else put a new process in each receiver's place."""
    if terminal.has_gone():
        stop.set()
        return
    for child in roles:
        if child.role == "receive":
            child.replace()


def _role_commands(lines: int, demo: bool) -> list[list[str]]:
    """Return the commands of all roles: a receiver for each line, so that nothing that befalls one touches another."""
    receivers = [["receive", "--line", str(number)] for number in range(1, lines + 1)]
    of_demo = {"record": ["--demo"]} if demo else {}
    return [*receivers, *([role, *of_demo.get(role, [])] for role in ROLES if role != "receive")]


async def _keep_alive(opened: Database) -> None:
    """Look after the embedded database: the roles wait for it, but only its starter can bring it back."""
    while True:
        await asyncio.sleep(REVIVE_S)
        try:
            await asyncio.to_thread(opened.revive)
        except DatabaseUnavailableError as error:
            log.error("%s; trying again", error)


def _demo_settings(environ: Mapping[str, str], exchange_port: int, market_data_port: int) -> dict[str, str]:
    return {
        "WATTBOOK_EXCHANGE_URLS": ",".join([f"ws://127.0.0.1:{exchange_port}"] * DEMO_LINES),
        # They are for the real exchange, not for the stand-in.
        "WATTBOOK_EXCHANGE_AUTHORIZATION": "",
        "WATTBOOK_EXCHANGE_CA_FILE": "",
        "WATTBOOK_MARKET_DATA_URL": f"http://127.0.0.1:{market_data_port}/v1",
        "WATTBOOK_MARKET_DATA_LIMITS": environ.get("WATTBOOK_MARKET_DATA_LIMITS", DEMO_LIMITS),
        "WATTBOOK_MARKET_DATA_REFRESH": environ.get("WATTBOOK_MARKET_DATA_REFRESH", DEMO_REFRESH_S),
    }


def _demo_commands(settings: Settings, exchange_port: int, market_data_port: int) -> list[list[str]]:
    """Return the commands of the demo's exchange and market-data provider: one market, whose time begins now."""
    market = ["--started-at", utc_now().isoformat(), "--timezone", settings.timezone.key]
    exchange = ["--port", str(exchange_port), "--name", settings.exchange_name, "--warm-up", "--hiccups"]
    provider = ["--port", str(market_data_port), "--limits", DEMO_LIMITS, "--publish-every", "60"]
    return [["simulate", "exchange", *market, *exchange], ["simulate", "market-data", *market, *provider]]


async def _wait_for(*ports: int) -> None:
    """Wait until somebody listens on all *ports*; after a while the roles may find out for themselves."""
    with suppress(TimeoutError):
        async with asyncio.timeout(READY_WITHIN_S):
            for port in ports:
                await _until_heard_on(port)


async def _until_heard_on(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return


def _free_port() -> int:
    """Return a port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
