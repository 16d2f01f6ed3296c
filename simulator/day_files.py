"""What does the exchange's file of a day say?"""

import csv
import logging
from asyncio import to_thread
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from simulator.clock import MarketClock, WallClock, midnight
from simulator.deals import COLUMNS, SimulatedDeal
from simulator.market import Market, market_day

log = logging.getLogger(__name__)


def day_file_name(exchange: str, day: date) -> str:
    """Return the file name for the deals that were executed on the local *day*."""
    return f"{exchange}_trades_{day:%Y%m%d}.csv"


def write_day_file(folder: Path, exchange: str, day: date, deals: Iterable[SimulatedDeal]) -> Path:
    """Write the deals of *day*, with those that an earlier run of the exchange left in the file, and return its path.

    The file appears whole or not at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / day_file_name(exchange, day)
    known: list[tuple[str, ...]] = [*_rows_of(path), *(deal.row() for deal in deals)]
    rows = {(row[0], row[6], row[3]): row for row in known}
    in_time = sorted(rows.values(), key=lambda row: (row[7], row))
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(COLUMNS)
        lines.writerows(in_time)
    return unfinished.replace(path)


async def keep_day_files(market: Market, clock: MarketClock, wall: WallClock, folder: Path, exchange: str) -> None:
    """Write each day's file when the day is over, and the running day's when this is cancelled."""
    zone = market.parameters.zone
    day = market_day(clock.at(wall()), zone)
    try:
        while True:
            await clock.wait_until(midnight(day + timedelta(days=1), zone), wall)
            await to_thread(_write, market, clock, wall, folder, exchange, day)
            day += timedelta(days=1)
    finally:
        _write(market, clock, wall, folder, exchange, day)


def _write(market: Market, clock: MarketClock, wall: WallClock, folder: Path, exchange: str, day: date) -> None:
    zone = market.parameters.zone
    end = min(midnight(day + timedelta(days=1), zone), clock.at(wall()))
    path = write_day_file(folder, exchange, day, market.desk_deals(midnight(day, zone), end))
    log.info("wrote %s", path)


def _rows_of(path: Path) -> list[tuple[str, ...]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in csv.reader(file) if len(row) == len(COLUMNS)][1:]
