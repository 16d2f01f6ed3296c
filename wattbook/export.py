"""How do deals, or the whole log, get into files? The commands ``export deals`` and ``export log``."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from adapters.event_log.raw_log import RawLog
from adapters.log_export.writing import export_log
from adapters.read_models.store import ReadStore
from adapters.whole_file import whole_file
from domain.errors import ExportRefusedError, UnknownPositionError
from domain.performance import Moment
from graphql_api.deals_csv import CsvDeals
from graphql_api.deals_parquet import ParquetDeals
from graphql_api.exports import MakeFormat, deal_pages, file_of
from projections.deals import DealRow
from projections.reading import DealFilter, Scope
from wattbook.process import only_one
from wattbook.progress import Progress
from wattbook.report import known_position
from wattbook.settings import Settings

FORMATS: Final[dict[str, MakeFormat]] = {".csv": CsvDeals, ".parquet": ParquetDeals}


def log_to(database_url: str, folder: Path, until: int | None) -> int:
    """Export the log up to *until*, or all of it, to *folder*, and print what it holds then.

    Raises :class:`UnknownPositionError` past the head of the log, :class:`ExportRefusedError` where the folder
    holds another one, and :class:`domain.errors.LogDamagedError` where the log is not what its hashes say.
    """
    if folder.exists() and not folder.is_dir():
        raise ExportRefusedError(f"{folder} is a file: name a folder, new or with an earlier export")
    with RawLog(database_url) as log:
        head = log.head().position
        if until is not None and until > head:
            raise UnknownPositionError(f"position {until} is past the head of the log, {head}")
        until = head if until is None else until
        with only_one(folder / "export.lock"), Progress() as progress:
            progress.begins(f"exporting {until:,} events", total=until)
            exported = export_log(log, folder, until, progress.reached)
    blocks = exported.manifest.blocks
    print(
        f"{folder} holds the log up to position {exported.manifest.last}; files: {len(blocks)}, new: {exported.written}"
    )
    if blocks:
        print(f"log hash {blocks[-1].hash}")
    return 0


async def deals_to(settings: Settings, database_url: str, path: Path, wanted: DealFilter, moment: Moment) -> int:
    """Export the deals that stand as of *moment* to *path*, and print how many they are.

    Raises :class:`ExportRefusedError` for a file of neither form or in no folder, and
    :class:`UnknownPositionError` past the head.
    """
    make = FORMATS.get(path.suffix)
    if make is None:
        raise ExportRefusedError(f"{path} ends neither in .csv nor in .parquet, so its form is not known")
    if not path.parent.is_dir():
        raise ExportRefusedError(f"{path} cannot be written: there is no folder {path.parent}")
    count = 0

    async def counted(pages: AsyncIterator[Sequence[DealRow]]) -> AsyncIterator[Sequence[DealRow]]:
        nonlocal count
        async for rows in pages:
            count += len(rows)
            yield rows

    async with ReadStore(database_url, settings.timezone, settings.lines, size=1) as store:
        position = await known_position(store, moment)
        pages = counted(deal_pages(store, Scope(), wanted, position, asyncio.Semaphore()))
        with whole_file(path) as unfinished, unfinished.open("wb") as file:
            async for part in file_of(make(position), await anext(pages), pages):
                file.write(part)
    print(f"{path} holds {count:,} deals as of position {position}")
    return 0
