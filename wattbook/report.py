"""How did a trader, or the desk, do on a delivery day, as known at a moment? The command ``report``."""

import sys
from datetime import date

from rich.console import Console
from rich.table import Table

from adapters.canonical_json import performance_json
from adapters.read_models.store import ReadStore
from domain.performance import Moment, Performance
from projections.reading import Scope
from wattbook.figures_table import add_columns, cells, local_time, shown
from wattbook.moments import say_of
from wattbook.printing import printable
from wattbook.settings import Settings

CATCH_UP_S = 10.0
"""How long a report waits for the read models to reach the position it is about."""


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
    """Return the performance that the read models show, as of *moment*; they are waited for.

    Of a trader without any deal all is zero; so that a slip of the name is seen, it is said beside the answer.
    """
    async with ReadStore(database_url, settings.timezone, settings.lines, size=1) as store:
        position = await known_position(store, moment)
        async with store.snapshot() as snapshot:
            performance = await snapshot.performance(Scope(), trader, day, position)
            idle = not performance.total.totals.deals
            if trader is not None and idle and trader not in await snapshot.traders(Scope(), position):
                note = f"no deal of {printable(trader)} stands as of position {position}, on any day"
                print(f"wattbook: {note}", file=sys.stderr)
            return performance


async def known_position(store: ReadStore, moment: Moment) -> int:
    """Return the position that *moment* means, when the read models have reached it; say what it does not say."""
    position = moment.position
    if position is None:
        async with store.snapshot() as snapshot:
            at = moment.recorded_at
            position = snapshot.head if at is None else await snapshot.position_at(at)
        say_of(moment, position)
    await store.wait_for(position, CATCH_UP_S)
    return position


def _print(performance: Performance, settings: Settings) -> None:
    known = performance.knowledge
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    book = "The desk" if performance.trader_id is None else performance.trader_id
    recorded = f" recorded {local_time(known.recorded_at, settings)}" if known.recorded_at else ""
    console.print(
        f"{book}, delivery day {performance.delivery_day:%a %-d %b %Y}, as of position {known.position}{recorded}",
        markup=False,
    )
    up_to = known.complete_up_to
    complete = f"complete up to {local_time(up_to, settings)}" if up_to else "not known to be complete"
    console.print(f"{complete}; open rejections that may concern it: {performance.open_rejections}", markup=False)
    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column("Period")
    add_columns(table)
    for row in performance.periods:
        if row.figures.totals.deals:
            table.add_row(row.period.label, *cells(row.figures))
    table.add_row("total", *cells(performance.total))
    console.print(table)
    traded, priced = performance.total.totals.traded_mwh, performance.total.priced_mwh
    if traded:
        console.print(f"light, delta and reference are over the {shown(priced, 3)} of {shown(traded, 3)} MWh priced")
    console.print(f"prices in EUR/MWh, energy in MWh, market time {settings.timezone.key}", markup=False)
