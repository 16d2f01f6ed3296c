"""How do the simulators run as commands?"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.errors import InvalidSettingsError
from simulator.answer_faults import FaultyAnswers
from simulator.answers import MarketAnswers
from simulator.clock import WallClock
from simulator.day_files import keep_day_files
from simulator.exchange import ExchangeServer
from simulator.market import Market
from simulator.market_data import MarketDataServer
from simulator.options import add_arguments, faults_of, market_of
from simulator.trading import Trading

__all__ = ["add_arguments", "run", "run_exchange", "run_market_data"]

Announce = Callable[[str], None]
"""Is told one line as soon as a simulator listens."""


async def run(args: argparse.Namespace, stop: asyncio.Event, announce: Announce | None = None) -> None:
    """Run the simulator that *args* ask for until *stop* is set.

    Raises :class:`domain.errors.InvalidSettingsError` for flags that do not go together and
    :class:`domain.errors.CannotListenError` where the address cannot be had.
    """
    runs = {"exchange": run_exchange, "market-data": run_market_data}
    await runs[args.simulator](args, stop, announce or _print_line, _now)


async def run_exchange(args: argparse.Namespace, stop: asyncio.Event, announce: Announce, wall: WallClock) -> None:
    """Tell the desk's deals to whoever connects, until *stop* is set."""
    options, faults = market_of(args, wall()), faults_of(args)
    if args.day_file_dir is not None:
        await asyncio.to_thread(_make_folder, args.day_file_dir)
    market = Market(options.parameters)
    async with ExchangeServer(args.host, args.port, faults.repeat_on_connect) as server:
        trading = Trading(market, options.clock, server, wall, faults, args.warm_up)
        work = [trading.run()]
        if args.day_file_dir is not None:
            work.append(keep_day_files(market, options.clock, wall, args.day_file_dir, args.name))
        announce(f"simulated exchange ready at {server.url}")
        await _until(stop, work)


async def run_market_data(args: argparse.Namespace, stop: asyncio.Event, announce: Announce, wall: WallClock) -> None:
    """Answer requests for reference prices, until *stop* is set."""
    options = market_of(args, wall())
    every = timedelta(seconds=args.publish_every)
    prices = MarketAnswers(Market(options.parameters), options.clock, wall, every, args.unit, args.undefined)
    answers = FaultyAnswers(prices, args.seed, args.fault_rate, args.faults, args.delay)
    async with MarketDataServer(answers, args.host, args.port, args.limits, not args.no_retry_after) as server:
        announce(f"simulated market data ready at {server.url}")
        await stop.wait()


async def _until(stop: asyncio.Event, work: list[Coroutine[object, object, None]]) -> None:
    """Work until *stop* is set or something fails."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(one) for one in work]
        await stop.wait()
        for task in running:
            task.cancel()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidSettingsError([f"--day-file-dir: cannot write to {folder}: {error.strerror}"]) from error


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _now() -> datetime:
    return datetime.now(UTC)
