"""What do the raw events say of a trader, or the desk, without any read model? The command ``replay``."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Final, Protocol

from adapters.canonical_json import digest_of, performance_json
from adapters.event_log.folding import fold
from adapters.event_log.raw_log import Raw, RawHead
from domain.book import Book
from domain.canonical import Json
from domain.errors import NoSuchReportError, UnknownPositionError
from domain.events import Event
from domain.performance import Moment, Performance
from domain.proofs import ReportPublished
from projections import PROJECTION_VERSION
from wattbook.moments import say_of
from wattbook.progress import Progress
from wattbook.report import show
from wattbook.settings import Settings
from wattbook.stretches import each_stretch

STRETCH: Final = 100_000
"""Events that one process reads before it takes the next: a block of an exported log, which is checked whole."""


class LogSource(Protocol):
    """Where raw events come from: the log itself, or what was exported of it."""

    def head(self) -> RawHead:
        """Return where the log ends."""

    def position_at(self, moment: datetime) -> int:
        """Return the position of the last event recorded at or before *moment*, 0 before the first.

        Raises :class:`UnknownPositionError` where what was recorded by then cannot be known here.
        """

    def hash_at(self, position: int) -> bytes:
        """Return the chain hash up to *position*."""

    def event_at(self, position: int) -> Event | None:
        """Return the event at *position*, ``None`` where there is none.

        Raises :class:`UnknownPositionError` where what is there cannot be known here.
        """

    def concerning(self, delivery_day: date, after: int, until: int) -> Iterator[Raw]:
        """Yield the events above *after* up to *until* that can concern a day, and the last one, in order."""


OpenLog = Callable[[], AbstractContextManager[LogSource]]
"""Opens the log, in whichever process reads it: it must be possible to send it there."""


def replay(
    settings: Settings, open_log: OpenLog, trader: str | None, day: date, moment: Moment, *, as_json: bool
) -> int:
    """Print the performance that the raw events up to *moment* make: the same bytes as ``report``.

    Raises :class:`UnknownPositionError` past the head of the log, and
    :class:`domain.errors.LogDamagedError` where the log cannot be read.
    """
    with open_log() as log:
        position = position_of(log, moment)
    say_of(moment, position)
    show(replayed(settings, open_log, Book(trader, day), position), settings, as_json=as_json)
    return 0


def replay_report(settings: Settings, open_log: OpenLog, position: int) -> int:
    """Make the published report again from the raw events; print whether it is the same, return 1 where it is not.

    Raises :class:`NoSuchReportError` where *position* is no report's.
    """
    with open_log() as log:
        event = log.event_at(position)
        if not isinstance(event, ReportPublished):
            raise NoSuchReportError(f"there is no report {position}; wattbook reports lists them")
        hash_now = log.hash_at(event.position).hex()
    differences = list(_differences(settings, open_log, event, hash_now))
    if not differences:
        print(f"report {position} is equal: made again from {event.position:,} events, digest {event.digest}")
        if event.projection_version != PROJECTION_VERSION:
            print(f"it was published by the rules of version {event.projection_version}, and these are its very bytes")
        return 0
    print(f"report {position} differs:")
    for difference in differences:
        print(f"  {difference}")
    return 1


def _differences(settings: Settings, open_log: OpenLog, event: ReportPublished, hash_now: str) -> Iterator[str]:
    written = event.performance.encode()
    if digest_of(written) != event.digest:
        yield f"its digest is {event.digest}, and that of its figures is {digest_of(written)}"
    if hash_now != event.log_hash:
        yield f"the log's hash at position {event.position} was {event.log_hash}, and is {hash_now}"
    version = event.projection_version
    found = replayed(settings, open_log, Book(event.trader_id, event.delivery_day), event.position)
    again = performance_json(replace(found, knowledge=replace(found.knowledge, projection_version=version)))
    if again != written:
        if version != PROJECTION_VERSION:
            yield f"it was published by the rules of version {version}; here are those of {PROJECTION_VERSION}"
        yield _told(written, again)


def _told(written: bytes, again: bytes) -> str:
    """Return where what was published differs first from what was replayed."""
    try:
        path, published, now = first_difference(json.loads(written), json.loads(again))
    except (ValueError, RecursionError):
        return "what was published is no JSON"
    if published == now:
        return "what was published has the same figures, in other bytes than canonical ones"
    return f"{path}: published {json.dumps(published)}, replayed {json.dumps(now)}"


def first_difference(one: Json, other: Json, path: str = "") -> tuple[str, Json, Json]:
    """Return where two unequal values differ first, in canonical order, and what they have there.

    >>> first_difference({"total": {"pnlEur": "1", "delta": "2"}}, {"total": {"pnlEur": "3", "delta": "2"}})
    ('total.pnlEur', '1', '3')
    """
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if one.get(key) != other.get(key):
                return first_difference(one.get(key), other.get(key), f"{path}.{key}".removeprefix("."))
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (first, second) in enumerate(zip(one, other, strict=True)):
            if first != second:
                return first_difference(first, second, f"{path}[{number}]")
    return path, one, other


def position_of(log: LogSource, moment: Moment) -> int:
    """Return the position that *moment* means."""
    head = log.head().position
    if moment.recorded_at is not None:
        return log.position_at(moment.recorded_at)
    if moment.position is not None and moment.position > head:
        raise UnknownPositionError(f"position {moment.position} is past the head of the log, {head}")
    return head if moment.position is None else moment.position


def replayed(settings: Settings, open_log: OpenLog, book: Book, until: int, stretch: int = STRETCH) -> Performance:
    """Return the figures of an empty *book* after all events up to *until*, read by a process for each core."""
    work = partial(_stretch, open_log, book.trader_id, book.delivery_day)
    with Progress() as progress:
        for part in progress.of(f"reading {until:,} events", each_stretch(work, until, stretch), until):
            book.merge(part)
    return book.performance(settings.timezone, PROJECTION_VERSION)


def _stretch(open_log: OpenLog, trader: str | None, day: date, after: int, until: int) -> Book:
    with open_log() as log:
        return fold(Book(trader, day, position=after), log.concerning(day, after, until))
