"""The role that records: journals and market data go in, durable events come out."""

import asyncio
import logging
from functools import partial
from typing import Final

from adapters.event_log.writer import EventLog
from adapters.market_data.periods_with_deals import PeriodsWithDeals
from domain.events import ReferencePriceUpdated
from domain.watermarks import deals_are_late
from wattbook.day_file_watch import DayFileWatch, import_in_a_process
from wattbook.drain import JournalRecorder
from wattbook.journal_watch import JournalWatch
from wattbook.line_notes import note_lines
from wattbook.poll import poll_market_data
from wattbook.process import collect_garbage_rarely, utc_now
from wattbook.sealing import Sealing, is_behind
from wattbook.settings import Settings
from wattbook.vouching import Vouching
from wattbook.warnings import Warnings

LAST_NOTE_S: Final = 2.0
"""How long the end waits until it is noted what the lines brought last; a database that is away is not waited for."""

log = logging.getLogger(__name__)


async def record(settings: Settings, database_url: str, stop: asyncio.Event, *, demo: bool = False) -> int:
    """Record what the receivers heard and what the market-data provider says, until *stop*.

    What the journals hold when it stops is recorded before it ends, or stays in them while the database is away.
    """
    collect_garbage_rarely()
    warnings = Warnings()
    async with EventLog(database_url) as event_log:
        journals = JournalRecorder(
            settings.journal_dir,
            settings.exchange_name,
            settings.timezone,
            event_log,
            clock=utc_now,
            spare=settings.journal_spare_dir,
            warnings=warnings,
        )
        ended = asyncio.Event()
        noting = asyncio.create_task(note_lines(database_url, journals, warnings, ended), name="line notes")
        vouching = Vouching(database_url, event_log, lambda: journals.vouched, utc_now)
        watch = JournalWatch(settings.journal_dirs, warnings, lambda: journals.oldest_waiting_at, utc_now)
        besides: list[asyncio.Task[None]] = [
            noting,
            asyncio.create_task(watch.run(), name="journal watch"),
            asyncio.create_task(vouching.run(), name="vouching"),
        ]
        if settings.market_data_url is None:
            log.warning("no reference prices will come in: WATTBOOK_MARKET_DATA_URL is not set")
        else:
            besides.append(
                asyncio.create_task(
                    _poll(settings, settings.market_data_url, database_url, event_log, journals, warnings),
                    name="market data",
                )
            )
        sealing = Sealing(
            database_url,
            event_log,
            settings.seal_key_file,
            settings.seals_file,
            lambda: is_behind(journals.oldest_waiting_at, utc_now()),
            utc_now,
        )
        besides.append(asyncio.create_task(sealing.run(), name="sealing"))
        if settings.day_file_dir is not None:
            day_files = DayFileWatch(
                settings.day_file_dir,
                settings.exchange_name,
                partial(import_in_a_process, demo=demo),
                asyncio.get_running_loop().time,
            )
            besides.append(asyncio.create_task(day_files.run(), name="day files"))
        draining = asyncio.create_task(journals.run(stop), name="journals")
        try:
            done, _ = await asyncio.wait({draining, *besides}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            ended.set()
            await asyncio.wait({noting}, timeout=LAST_NOTE_S)
        finally:
            for task in (draining, *besides):
                task.cancel()
            await asyncio.gather(draining, *besides, return_exceptions=True)
    return 0


async def _poll(
    settings: Settings,
    url: str,
    database_url: str,
    event_log: EventLog,
    journals: JournalRecorder,
    warnings: Warnings,
) -> None:
    with_deals = PeriodsWithDeals(database_url)

    async def record_price(event: ReferencePriceUpdated) -> bool:
        (outcome,) = await event_log.append([event])
        return outcome.kind == "recorded"

    try:
        await poll_market_data(
            settings,
            url,
            database_url,
            with_deals,
            record_price,
            lambda: deals_are_late(journals.oldest_waiting_at, utc_now()),
            warnings,
        )
    finally:
        await with_deals.close()
