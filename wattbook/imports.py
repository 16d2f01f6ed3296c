"""What did the lines miss, that the exchange's day file tells? The command ``import``."""

import asyncio
import os
import pwd
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from adapters.day_files.comparison import Became, Comparison, Counts, take, was_told
from adapters.day_files.file import DayFile
from adapters.day_files.rows import read_row
from adapters.event_log.writer import EventLog
from adapters.exchange.messages import Unreadable
from adapters.read_models.store import ReadStore
from domain.day_files import NAMED, day_of, judged_by, told_by, whole_day, why_no_further
from domain.deliveries import FILES
from domain.errors import DayFileRefusedError
from domain.events import DayFileImported, DealConfirmed, DealKey, Event, MessageRejected, Receipt
from domain.telling import Told
from wattbook.catching_up import CatchingUp
from wattbook.import_report import Imported, LeftOut, print_json, print_text
from wattbook.process import EXIT_FOUND, EXIT_INTERRUPTED, EXIT_OK, utc_now
from wattbook.progress import Progress
from wattbook.settings import Settings

BATCH: Final = 1_000
"""Rows recorded in one transaction: what is under way beside it waits no longer than for these."""


@dataclass(frozen=True)
class Checked:
    """A file all of whose rows are good, and lie beside the log."""

    path: Path
    day: date
    whole: Told
    judged: Told
    size_bytes: int
    sha256: str
    comparison: Comparison


async def import_files(
    settings: Settings, database_url: str, paths: Sequence[Path], stop: asyncio.Event, *, as_json: bool, only_news: bool
) -> int:
    """Import *paths*, unless told to stop; return the exit code: 1 where deals differ or are extra.

    All files are checked before anything is recorded. With *only_news*, those that were
    imported before are left out. Raises :class:`DayFileRefusedError` for a bad file.
    """
    work = asyncio.create_task(_import(settings, database_url, paths, as_json, only_news), name="import")
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else EXIT_INTERRUPTED
    finally:
        for task in (work, stopping):
            task.cancel()
        await asyncio.gather(work, stopping, return_exceptions=True)


async def _import(settings: Settings, url: str, paths: Sequence[Path], as_json: bool, only_news: bool) -> int:
    async with await AsyncConnection.connect(url, autocommit=True) as connection, AsyncExitStack() as stack:
        # What is told in the end goes to standard output; whether it is under way is nobody else's business.
        with Progress() as progress:
            importer = _Importer(settings, connection, progress)
            checked = [await importer.check(path, number) for number, path in enumerate(paths)]
            event_log = await stack.enter_async_context(EventLog(url))
            store = await stack.enter_async_context(ReadStore(url, settings.timezone, settings.lines, size=1))
            importer.begin(event_log, await stack.enter_async_context(CatchingUp(store, url)))
            files = [await importer.record(file, only_news=only_news) for file in checked]
        if as_json:
            await print_json(files)
        else:
            print_text(files)
    differs = any(isinstance(file, Imported) and (file.counts.extra or file.counts.differing) for file in files)
    return EXIT_FOUND if differs else EXIT_OK


class _Importer:
    def __init__(self, settings: Settings, connection: AsyncConnection[TupleRow], progress: Progress) -> None:
        self._exchange = settings.exchange_name
        self._zone = settings.timezone
        self._connection = connection
        self._progress = progress

    def begin(self, event_log: EventLog, catching_up: CatchingUp) -> None:
        """Say where is recorded, and who brings the read models up."""
        self._event_log = event_log
        self._catching_up = catching_up

    async def check(self, path: Path, number: int) -> Checked:
        """Read the whole file into a table beside the log; raise :class:`DayFileRefusedError` where it is not good."""
        day = day_of(path.name, self._exchange)
        whole = whole_day(day, self._zone)
        comparison = Comparison(self._connection, self._exchange, number)
        with DayFile(path) as file:
            self._progress.begins(f"checking {path.name}", file.state.size_bytes)
            async with comparison.taking() as copy:
                for line, raw, row in file.rows(self._exchange, self._zone, whole):
                    await take(copy, line, raw, row)
                    if line % BATCH == 0:
                        self._progress.reached(file.bytes_read)
                        await asyncio.sleep(0)  # so that it can be stopped
            judged = judged_by(day, self._zone, file.state.modified_at, utc_now())
            size_bytes, sha256 = file.state.size_bytes, file.sha256
        if doubled := await comparison.doubled():
            raise DayFileRefusedError(
                f"{path}: lines {doubled[0]} and {doubled[1]} are one deal (id, trader, direction) with different "
                "contents; nothing was recorded"
            )
        return Checked(path, day, whole, judged, size_bytes, sha256, comparison)

    async def record(self, file: Checked, *, only_news: bool) -> Imported | LeftOut:
        """Record what the log lacks of *file*, and what became of it all; may be done again at any time.

        With *only_news* a file that was imported before, and cannot tell more now, is left out.
        """
        comparison = file.comparison
        await self._catching_up.to_head()
        if only_news:
            told = told_by(file.judged)
            before = await was_told(self._connection, self._exchange, file.day, file.sha256, told.end)
            if before is not None:
                return LeftOut(file.path, file.sha256, before)
        await comparison.match_in_doubt(file.whole)
        await self._record_rows(file)
        await self._catching_up.to_head()
        counts = await comparison.compare(file.whole, file.judged)
        told = told_by(file.judged, await comparison.doubt())
        differing, extra = await comparison.differing_deals(NAMED), await comparison.extra_deals(NAMED)
        await self._event_log.append([self._event(file, told, counts, differing, extra)])
        await self._catching_up.to_head()
        why = why_no_further(file.whole, told.end, counts.extra)
        return Imported(file.path, file.sha256, counts, told.end, why, extra, differing, comparison)

    async def _record_rows(self, file: Checked) -> None:
        self._progress.begins(f"recording {file.path.name}", file.size_bytes)
        after, done = 0, 0
        while batch := await file.comparison.batch(after, BATCH):
            now = utc_now()
            unknown = [(line, raw, became) for line, raw, became in batch if became != "duplicate"]
            events = [self._event_of(raw, file.path.name, now) for _, raw, _ in unknown]
            outcomes = await self._event_log.append(events)
            found: list[Became] = [
                (became or "rejected") if isinstance(event, MessageRejected) else outcome.kind
                for (_, _, became), event, outcome in zip(unknown, events, outcomes, strict=True)
            ]
            await file.comparison.note([line for line, _, _ in unknown], found)
            after = batch[-1][0]
            done += sum(len(raw) + 1 for _, raw, _ in batch)
            self._progress.reached(done)

    def _event_of(self, raw: bytes, name: str, now: datetime) -> Event:
        receipt = Receipt(source=f"{FILES}{name}", received_at=now, original=raw)
        read = read_row(raw, exchange=self._exchange, zone=self._zone)
        if isinstance(read, Unreadable):
            return MessageRejected(
                reason=read.reason, trader_id=read.trader_id, delivery_day=read.delivery_day, receipt=receipt
            )
        return DealConfirmed(deal=read, receipt=receipt)

    def _event(
        self, file: Checked, told: Told, counts: Counts, differing: Sequence[DealKey], extra: Sequence[DealKey]
    ) -> DayFileImported:
        return DayFileImported(
            exchange=self._exchange,
            name=file.path.name,
            day=file.day,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            rows=counts.rows,
            matched=counts.matched,
            recorded=counts.recorded,
            rejected=counts.rejected,
            differing=counts.differing,
            extra=counts.extra,
            differing_deals=tuple(differing),
            extra_deals=tuple(extra),
            told_from=told.start,
            told_until=told.end,
            author=_user(),
        )


def _user() -> str:
    """Return the name of whoever imports, as the operating system knows it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"
