"""What do the raw events say of a trader, or the desk, without any read model? The command ``replay``."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from multiprocessing import get_context
from typing import Final

from adapters.event_log.folding import fold
from adapters.event_log.raw_log import RawLog
from domain.book import Book
from domain.errors import UnknownPositionError
from domain.performance import Performance
from projections import PROJECTION_VERSION
from wattbook.progress import Progress
from wattbook.report import Moment, show
from wattbook.settings import Settings

STRETCH: Final = 100_000
"""Events that one process reads before it takes the next."""


def replay(
    settings: Settings, database_url: str, trader: str | None, day: date, moment: Moment, *, as_json: bool
) -> int:
    """Print the performance that the raw events up to *moment* make: the same bytes as ``report``.

    Raises :class:`UnknownPositionError` past the head of the log, and
    :class:`domain.errors.LogDamagedError` where the log cannot be read.
    """
    with RawLog(database_url) as log:
        position = position_of(log, moment)
    show(replayed(settings, database_url, Book(trader, day), position), settings, as_json=as_json)
    return 0


def position_of(log: RawLog, moment: Moment) -> int:
    """Return the position that *moment* means."""
    head = log.head().position
    if moment.at is not None:
        return log.position_at(moment.at)
    if moment.position is not None and moment.position > head:
        raise UnknownPositionError(f"position {moment.position} is past the head of the log, {head}")
    return head if moment.position is None else moment.position


def replayed(settings: Settings, database_url: str, book: Book, until: int, stretch: int = STRETCH) -> Performance:
    """Return the figures of an empty *book* after all events up to *until*, read by a process for each core."""
    stretches = [(after, min(after + stretch, until)) for after in range(0, until, stretch)]
    with Progress() as progress:
        progress.begins(f"reading {until:,} events", total=until)
        done = 0
        for part, size in _parts(database_url, book, stretches):
            book.merge(part)
            done += size
            progress.reached(done)
    return book.performance(settings.timezone, PROJECTION_VERSION)


def _parts(database_url: str, book: Book, stretches: list[tuple[int, int]]) -> Iterator[tuple[Book, int]]:
    """Yield what each stretch of the log makes of an empty *book*, in whatever order they come."""
    if len(stretches) < 2:
        for after, until in stretches:
            yield _stretch(database_url, book.trader_id, book.delivery_day, after, until), until - after
        return
    with ProcessPoolExecutor(min(len(stretches), os.cpu_count() or 1), get_context("spawn")) as processes:
        asked = {
            processes.submit(_stretch, database_url, book.trader_id, book.delivery_day, after, until): until - after
            for after, until in stretches
        }
        for future in as_completed(asked):
            yield future.result(), asked[future]


def _stretch(database_url: str, trader: str | None, day: date, after: int, until: int) -> Book:
    with RawLog(database_url) as log:
        return fold(Book(trader, day, position=after), log.pages(after, until), until)
