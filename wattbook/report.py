"""How did a trader, or the desk, do on a delivery day, as known at a moment? The command ``report``."""

import sys
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from rich.console import Console
from rich.table import Table

from adapters.canonical_json import performance_json
from adapters.read_models.store import ReadStore
from domain.decimals import rounded
from domain.figures import Figures
from domain.performance import Performance
from projections.reading import Scope
from wattbook.settings import Settings

CATCH_UP_S = 10.0
"""How long a report waits for the read models to reach the position it is about."""


@dataclass(frozen=True)
class Moment:
    """As of which moment: a position in the log, a time, or with neither the newest there is."""

    position: int | None = None
    at: datetime | None = None


async def report(
    settings: Settings, database_url: str, trader: str | None, day: date, moment: Moment, *, as_json: bool
) -> int:
    """Print the performance; raise :class:`domain.errors.UnknownPositionError` past the head of the log."""
    show(await read_performance(settings, database_url, trader, day, moment), settings, as_json=as_json)
    return 0


def show(performance: Performance, settings: Settings, *, as_json: bool) -> None:
    """Print *performance*: as canonical JSON and a newline, or for a person."""
    if as_json:
        sys.stdout.buffer.write(performance_json(performance) + b"\n")
        sys.stdout.buffer.flush()
    else:
        _print(performance, settings)


async def read_performance(
    settings: Settings, database_url: str, trader: str | None, day: date, moment: Moment
) -> Performance:
    """Return the performance that the read models show, as of *moment*; they are waited for."""
    async with ReadStore(database_url, settings.timezone, settings.lines, size=1) as store:
        position = moment.position
        if position is None:
            async with store.snapshot() as snapshot:
                position = snapshot.head if moment.at is None else await snapshot.position_at(moment.at)
        await store.wait_for(position, CATCH_UP_S)
        async with store.snapshot() as snapshot:
            return await snapshot.performance(Scope(), trader, day, position)


def _print(performance: Performance, settings: Settings) -> None:
    known = performance.knowledge
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    book = "The desk" if performance.trader_id is None else performance.trader_id
    recorded = f" recorded {_moment(known.recorded_at, settings)}" if known.recorded_at else ""
    console.print(
        f"{book}, delivery day {performance.delivery_day:%a %-d %b %Y}, as of position {known.position}{recorded}",
        markup=False,
    )
    up_to = known.complete_up_to
    complete = f"complete up to {_moment(up_to, settings)}" if up_to else "not known to be complete"
    console.print(f"{complete}; open rejections that may concern it: {performance.open_rejections}", markup=False)
    table = Table(box=None, pad_edge=False, header_style="")
    for heading in ("Period", "Light", "Delta", "Average", "Reference", "Bought", "Sold", "Position", "PnL EUR",
                    "vs reference"):  # fmt: skip
        table.add_column(heading, justify="left" if heading in ("Period", "Light") else "right")
    for row in performance.periods:
        if row.figures.totals.deals:
            table.add_row(row.period.label, *_cells(row.figures))
    table.add_row("total", *_cells(performance.total))
    console.print(table)
    traded, priced = performance.total.totals.traded_mwh, performance.total.priced_mwh
    if traded:
        console.print(f"light, delta and reference are over the {_shown(priced, 3)} of {_shown(traded, 3)} MWh priced")
    console.print(f"prices in EUR/MWh, energy in MWh, market time {settings.timezone.key}", markup=False)


def _moment(moment: datetime, settings: Settings) -> str:
    return f"{moment.astimezone(settings.timezone):%-d %b %Y %H:%M:%S %Z}"


def _cells(figures: Figures) -> list[str]:
    return [
        figures.light.lower() if figures.light_reason is None else figures.light_reason.lower().replace("_", " "),
        _shown(figures.delta, 2),
        _shown(figures.average_price, 2),
        _shown(figures.reference_price, 2),
        _shown(figures.totals.bought_mwh, 3),
        _shown(figures.totals.sold_mwh, 3),
        _shown(figures.position_mwh, 3),
        _shown(figures.pnl_eur, 2),
        _shown(figures.pnl_against_reference_eur, 2),
    ]


def _shown(value: Decimal | Fraction | None, decimals: int) -> str:
    """Return *value* as a person reads it: rounded half to even, ``-`` where it is unknown."""
    if value is None:
        return "-"
    exact = rounded(Fraction(value), decimals)
    return f"{exact if exact else exact.copy_abs():,f}"
