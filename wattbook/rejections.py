"""What could not be read, or conflicts, and waits for a decision? The command ``rejections``."""

import asyncio
import json
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from shutil import get_terminal_size
from typing import Final

from rich.cells import cell_len, set_cell_size

from adapters.event_log.recorder import open_recorder
from adapters.read_models.store import ReadStore
from domain.canonical import time_text
from domain.decimals import plain
from domain.errors import NoSuchRejectionError
from domain.events import Deal, DealConflicted, MessageRejected, Recorded, RejectionResolved
from domain.recording import stream_of
from domain.resolution import PERIOD_IN_DOUBT, standing
from projections.reading import Page, Scope
from projections.rejections import RejectionRow
from projections.rejections import rejections as model
from projections.shown import rejection_fields
from wattbook.catching_up import CatchingUp
from wattbook.printing import print_json_array, printable
from wattbook.settings import Settings

PAGE: Final = 200
FIRST_PART: Final = 70
"""How much of a message a table shows."""

HEADINGS: Final = ("ID", "Recorded", "Reason", "Trader", "Day", "Source", "Settle by", "Message")


async def rejections(settings: Settings, database_url: str, *, everything: bool, as_json: bool) -> int:
    """Print the open rejections, or all of them, newest first."""
    async with ReadStore(database_url, settings.timezone, settings.lines, size=1) as store:
        async with CatchingUp(store, database_url) as catching_up:
            await catching_up.to_head()
        rows = _rows(store, everything)
        if as_json:
            await print_json_array(rows, rejection_fields)
        else:
            await print_table(rows, everything)
    return 0


async def rejection(database_url: str, position: int, *, as_json: bool) -> int:
    """Print one rejection whole; raise :class:`NoSuchRejectionError` where there is none."""
    found, settled, deals = await asyncio.to_thread(_look_up, database_url, position)
    (row,) = model.fold([found, *settled])
    if as_json:
        print(json.dumps([rejection_fields(row)]))
    else:
        _print_whole(row, found, deals)
    return 0


def how_to_settle(row: RejectionRow) -> str:
    """Return what can be done about an open rejection."""
    if row.reason in PERIOD_IN_DOUBT:
        return "--period LABEL, --discard"
    return "--accept, --discard"


async def _rows(store: ReadStore, everything: bool) -> AsyncIterator[RejectionRow]:
    after: tuple[int, ...] | None = None
    while True:
        async with store.snapshot() as snapshot:
            page = await snapshot.rejections(Scope(), everything, Page(PAGE, after=after))
        for row in page.rows:
            yield row
        if not page.more:
            return
        after = (page.rows[-1].position,)


async def print_table(rows: AsyncIterator[RejectionRow], everything: bool) -> None:
    """Print a table, a page at a time: there may be more than memory holds. Columns grow where a page needs it."""
    widths = [len(heading) for heading in HEADINGS]
    heading: tuple[tuple[str, ...], ...] = (HEADINGS,)
    async for page in _pages(rows):
        columns = zip(*page, strict=True)
        widths = [max(width, *map(cell_len, column)) for width, column in zip(widths, columns, strict=True)]
        fitting = _fitting(widths)
        for cells in (*heading, *page):
            print("  ".join(map(_fitted, cells, fitting)).rstrip())
        heading = ()
    if heading:
        print("no rejections" if everything else "no open rejections")
    else:
        print("\nwattbook rejections ID shows one whole; wattbook resolve ID … --reason TEXT settles it")


async def _pages(rows: AsyncIterator[RejectionRow]) -> AsyncIterator[list[tuple[str, ...]]]:
    page: list[tuple[str, ...]] = []
    async for row in rows:
        page.append(_cells(row))
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _cells(row: RejectionRow) -> tuple[str, ...]:
    how = how_to_settle(row) if row.resolution is None else f"{row.resolution} by {row.resolved_by}"
    at = "" if row.recorded_at is None else time_text(row.recorded_at.replace(microsecond=0))
    day = "-" if row.delivery_day is None else row.delivery_day.isoformat()
    cells = (str(row.position), at, row.reason or "", row.trader_id or "-", day, row.source or "", how)
    return *map(printable, cells), _cut(printable((row.message or "")[: FIRST_PART + 1]), FIRST_PART)


def _fitting(widths: list[int]) -> list[int]:
    """Return the widths with which a line has room on a terminal: the message, in the last column, gives way."""
    if not sys.stdout.isatty():
        return widths
    room = get_terminal_size().columns - sum(width + 2 for width in widths[:-1])
    return [*widths[:-1], min(widths[-1], max(room, len(HEADINGS[-1])))]


def _fitted(text: str, width: int) -> str:
    return set_cell_size(_cut(text, width), width)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _look_up(database_url: str, position: int) -> tuple[Recorded, list[Recorded], list[Recorded]]:
    recorder = open_recorder(database_url)
    try:
        found, settled = recorder.look_up(position, f"resolution:{position}")
        if found is None or not isinstance(found.event, MessageRejected | DealConflicted):
            raise NoSuchRejectionError(f"there is no rejection {position}; wattbook rejections --all lists them")
        conflict = isinstance(found.event, DealConflicted)
        _, deals = recorder.look_up(position, stream_of(found.event)) if conflict else (None, [])
        return found, [each for each in settled if isinstance(each.event, RejectionResolved)], deals
    finally:
        recorder.datastore.close()


def _print_whole(row: RejectionRow, found: Recorded, deals: list[Recorded]) -> None:
    assert isinstance(found.event, MessageRejected | DealConflicted)
    receipt = found.event.receipt
    day = row.delivery_day.isoformat() if row.delivery_day else "cannot be read"
    print(f"rejection   {row.position}")
    print(f"reason      {row.reason}")
    print(f"recorded    {time_text(found.recorded_at)}, received {time_text(receipt.received_at)}")
    print(f"source      {printable(receipt.source)}")
    print(f"trader      {printable(row.trader_id or 'cannot be read')}")
    print(f"day         {day}")
    if isinstance(found.event, DealConflicted):
        stands = standing(deals)
        print(f"stands      {'nothing: the deal was cancelled' if stands is None else _content(stands[1])}")
        print(f"came again  {_content(found.event.deal)}")
    if row.resolution is None:
        print(f"settle by   {how_to_settle(row)}, always with --reason TEXT")
    else:
        at = "" if row.resolved_at is None else f" at {time_text(row.resolved_at)}"
        print(f"settled     {row.resolution} by {printable(row.resolved_by or '')}{at}")
        print(f"because     {printable(row.resolution_reason or '')}")
    print(f"message     {len(receipt.original)} bytes, whole:")
    try:
        print("\n".join(printable(line) for line in receipt.original.decode().split("\n")))
    except UnicodeDecodeError:
        print("base64:" + b64encode(receipt.original).decode())


def _content(deal: Deal) -> str:
    return (
        f"{deal.direction} {plain(deal.quantity_mw)} MW at {plain(deal.price_eur_mwh)} EUR/MWh, "
        f"{deal.period.day} {deal.period.label}, executed {time_text(deal.executed_at)}"
    )
