"""How is a report published, and which were? The commands ``publish`` and ``reports``."""

import json
import sys
from collections.abc import AsyncIterator
from datetime import date
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapters.event_log.publications import Publications
from adapters.read_models.store import ReadStore
from domain.canonical import time_text
from domain.performance import Moment
from projections.reading import Page, Scope
from projections.reports import ReportRow
from projections.reports import reports as model
from projections.shown import report_fields
from wattbook.catching_up import CatchingUp
from wattbook.printing import print_json_array, printable
from wattbook.report import read_performance
from wattbook.settings import Settings

PAGE: Final = 100


async def publish(
    settings: Settings, database_url: str, trader: str | None, day: date, moment: Moment, author: str, *, as_json: bool
) -> int:
    """Publish a report and print what it is; raise :class:`domain.errors.UnknownPositionError` past the head."""
    performance = await read_performance(settings, database_url, trader, day, moment)
    async with Publications(database_url) as publications:
        published = await publications.publish(performance, author)
    (row,) = model.fold([published])
    if as_json:
        print(json.dumps(report_fields(row)))
    else:
        book = "the desk" if row.trader_id is None else printable(row.trader_id)
        print(
            f"report {row.position} is published: {book}, delivery day {row.delivery_day}, as of position {row.as_of}"
        )
        print(f"digest   {row.digest}\nlog hash {row.log_hash}")
        print(f"wattbook replay --report {row.position} makes it again from the raw events")
    return 0


async def reports(settings: Settings, database_url: str, trader: str | None, day: date | None, *, as_json: bool) -> int:
    """Print the published reports, newest first."""
    async with ReadStore(database_url, settings.timezone, settings.lines, size=1) as store:
        async with CatchingUp(store, database_url) as catching_up:
            await catching_up.to_head()
        rows = _rows(store, trader, day)
        if as_json:
            await print_json_array(rows, report_fields)
        else:
            await _print_table(rows)
    return 0


async def _rows(store: ReadStore, trader: str | None, day: date | None) -> AsyncIterator[ReportRow]:
    after: tuple[int, ...] | None = None
    while True:
        async with store.snapshot() as snapshot:
            page = await snapshot.reports(Scope(), trader, day, Page(limit=PAGE, after=after))
        for row in page.rows:
            yield row
        if not page.more:
            return
        after = (page.rows[-1].position,)


async def _print_table(rows: AsyncIterator[ReportRow]) -> None:
    table = Table(box=None, pad_edge=False, header_style="")
    for heading in ("ID", "Published", "By", "Book", "Delivery day", "As of", "Digest"):
        table.add_column(heading, no_wrap=True)
    async for row in rows:
        cells = (
            str(row.position), time_text(row.recorded_at.replace(microsecond=0)), row.published_by,
            "the desk" if row.trader_id is None else row.trader_id, str(row.delivery_day), str(row.as_of), row.digest,
        )  # fmt: skip
        table.add_row(*(escape(printable(cell)) for cell in cells))
    if not table.row_count:
        print("no report is published")
        return
    Console(highlight=False, width=None if sys.stdout.isatty() else 220).print(table)
