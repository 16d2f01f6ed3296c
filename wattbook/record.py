"""The role that records: journals and market data go in, durable events come out."""

import asyncio
import logging
from datetime import datetime
from typing import Final

import psycopg

from adapters.event_log.writer import EventLog
from adapters.market_data.periods_with_deals import PeriodsWithDeals
from adapters.read_models.line_activity import note_line_activity
from domain.events import ReferencePriceUpdated
from wattbook.drain import JournalRecorder
from wattbook.poll import poll_market_data
from wattbook.process import utc_now
from wattbook.settings import Settings

NOTE_ACTIVITY_S: Final = 1.0

log = logging.getLogger(__name__)


async def record(settings: Settings, database_url: str, stop: asyncio.Event) -> int:
    """Record what the receivers heard and what the market-data provider says, until *stop*.

    What the journals hold when it stops is recorded before it ends, or stays in them while the database is away.
    """
    async with EventLog(database_url) as event_log:
        journals = JournalRecorder(
            settings.journal_dir, settings.exchange_name, settings.timezone, event_log, clock=utc_now
        )
        besides = [asyncio.create_task(_note_activity(database_url, journals), name="line activity")]
        if settings.market_data_url is None:
            log.warning("no reference prices will come in: WATTBOOK_MARKET_DATA_URL is not set")
        else:
            besides.append(
                asyncio.create_task(
                    _poll(settings, settings.market_data_url, database_url, event_log), name="market data"
                )
            )
        draining = asyncio.create_task(journals.run(stop), name="journals")
        try:
            done, _ = await asyncio.wait({draining, *besides}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (draining, *besides):
                task.cancel()
            await asyncio.gather(draining, *besides, return_exceptions=True)
    return 0


async def _poll(settings: Settings, url: str, database_url: str, event_log: EventLog) -> None:
    with_deals = PeriodsWithDeals(database_url)

    async def record_price(event: ReferencePriceUpdated) -> bool:
        (outcome,) = await event_log.append([event])
        return outcome.kind == "recorded"

    try:
        await poll_market_data(settings, url, database_url, with_deals, record_price)
    finally:
        await with_deals.close()


async def _note_activity(database_url: str, journals: JournalRecorder) -> None:
    """Tell the others once a second when each line last spoke."""
    noted: dict[str, datetime] = {}
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
                while True:
                    await asyncio.sleep(NOTE_ACTIVITY_S)
                    news = {line: at for line, at in journals.last_message_at.items() if noted.get(line) != at}
                    if news:
                        await note_line_activity(connection, news)
                        noted.update(news)
        except psycopg.OperationalError as error:
            log.debug("cannot note the lines' activity now: %s", error)
            await asyncio.sleep(NOTE_ACTIVITY_S)
