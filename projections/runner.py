"""How do the read models follow the log? Page by page, each page in one transaction with its checkpoint."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from domain.errors import LogDamagedError
from domain.events import Recorded
from projections.read_model import AnyReadModel, Folded

PAGE: Final = 5_000
"""Events a page at the most: live pages are as small as what has arrived."""

log = logging.getLogger(__name__)


class RawEvent(NamedTuple):
    """An event in its place in the log, in the bytes that it is stored as under its topic."""

    position: int
    recorded_at: datetime
    topic: str
    state: bytes


class EventPages(Protocol):
    """Reads the event log in order."""

    async def raw(self, after: int, limit: int) -> Sequence[RawEvent]:
        """Return the events with the positions just after *after*, in order."""

    async def wait(self, seconds: float) -> None:
        """Return when something may have been appended, at the latest after *seconds*."""


class ReadTables(Protocol):
    """Keeps the rows of the read models and how far they have come."""

    async def checkpoints(self) -> dict[str, int]:
        """Return how far each table has come, by table name."""

    async def begin_anew(self, read_models: Sequence[AnyReadModel]) -> None:
        """Empty the tables of *read_models* that have no checkpoint, and note that no event was applied to them."""

    def fold(self, page: Sequence[RawEvent], read_models: Sequence[AnyReadModel]) -> Folded:
        """Return what *page* makes of *read_models*."""

    async def apply(self, folded: Folded, expected: int, new: int) -> None:
        """Merge the rows and move the checkpoints from *expected* to *new*, in one transaction.

        Raises :class:`domain.errors.FencedError` when another runner has moved one of them.
        """


class Runner:
    """Feeds the log to read models. Two runners on the same tables never both apply a page."""

    def __init__(self, events: EventPages, tables: ReadTables, read_models: Sequence[AnyReadModel]) -> None:
        self._events = events
        self._tables = tables
        self._read_models = read_models

    async def run(self, stop: asyncio.Event, poll_s: float = 1.0) -> None:
        """Follow the log until *stop*; raise on the first event that cannot be applied."""
        while not stop.is_set():
            if not await self.step():
                await self._events.wait(poll_s)

    async def step(self) -> int:
        """Apply one page to the read models that are furthest behind; return how many events it had."""
        if not self._read_models:
            return 0
        checkpoints = await self._tables.checkpoints()
        if lost := [model for model in self._read_models if model.table not in checkpoints]:
            log.warning("made again from the log, since nothing says how far they are: %s", _names(lost))
            await self._tables.begin_anew(lost)
            checkpoints = await self._tables.checkpoints()
        position = min(checkpoints[model.table] for model in self._read_models)
        behind = [model for model in self._read_models if checkpoints[model.table] == position]
        ahead = [checkpoints[model.table] for model in self._read_models if model not in behind]
        # Read models that are further on are met exactly, so that all go on together from there.
        limit = min([PAGE, *(other - position for other in ahead)])
        page = await self._events.raw(position, limit)
        if not page:
            return 0
        check_contiguous(page, position)
        await self._tables.apply(self._tables.fold(page, behind), position, page[-1].position)
        return len(page)


def _names(models: Sequence[AnyReadModel]) -> str:
    return ", ".join(model.table for model in models)


def check_contiguous(page: Sequence[RawEvent | Recorded], after: int) -> None:
    """Raise :class:`LogDamagedError` unless *page* has every position from just after *after*."""
    for expected, recorded in enumerate(page, start=after + 1):
        if recorded.position != expected:
            raise LogDamagedError(f"the event log has no event at position {expected}: {recorded.position} follows")
