"""How do subscribers hear of changes? One watcher for all: what moved is looked up once, each view computed once."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Any, Final, Self

from domain.canonical import Fields
from domain.errors import DatabaseUnavailableError, WattbookError
from graphql_api.metrics import Metrics
from graphql_api.ports import Snapshot, Store, Watch
from graphql_api.views import Question, View
from projections.deals import DealRow
from projections.reading import Scope

DEALS_A_PAGE: Final = 500
RETRY_S: Final = 1.0

log = logging.getLogger(__name__)


class Hub:
    """Keeps the views that somebody watches up to date, while it is entered.

    ``clock`` gives seconds that only go forward.
    """

    def __init__(self, store: Store, watch: Watch, clock: Callable[[], float], metrics: Metrics) -> None:
        self._store = store
        self._watch = watch
        self._clock = clock
        self._metrics = metrics
        self._views: dict[Question, View] = {}
        self._wake = asyncio.Event()
        self._projected = -1
        self._noted = -1
        self._advanced = asyncio.Event()
        self._pages: dict[tuple[Scope, str | None, int, int], asyncio.Task[Any]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._listen(), name="hub listens"),
            asyncio.create_task(self._run(), name="hub computes"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._tasks, *self._pages.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def watch(self, question: Question) -> AsyncGenerator[Fields, None]:
        """Yield the answer now, then each new one; who is slow gets the newest only."""
        view = self._views.setdefault(question, View(question))
        view.watchers += 1
        try:
            seen = 0
            if view.answer is None:
                self._wake.set()
            while True:
                if view.number > seen and view.answer is not None:
                    seen = view.number
                    yield view.answer
                else:
                    await view.renewed.wait()
        finally:
            view.watchers -= 1
            if not view.watchers:
                self._views.pop(question, None)

    async def deals(self, scope: Scope, trader_id: str | None, after: int) -> AsyncGenerator[DealRow, None]:
        """Yield every deal recorded after *after*, none skipped, in log order, without an end."""
        until = after
        while True:
            if after >= until:
                until = await self._beyond(after)
            try:
                page = await self._page(scope, trader_id, after, until)
            except DatabaseUnavailableError as error:
                log.warning("deals are waited for: %s", error)
                await asyncio.sleep(RETRY_S)
                continue
            for row in page:
                yield row
            after = page[-1].position if len(page) == DEALS_A_PAGE else until

    async def _page(self, scope: Scope, trader_id: str | None, after: int, until: int) -> list[DealRow]:
        """Return a page of deals, read once for all who stand at the same place."""
        key = (scope, trader_id, after, until)
        reading = self._pages.get(key)
        if reading is None:
            reading = asyncio.create_task(
                self._read_page(scope, trader_id, after, until), name=f"deals after {after}"
            )  # fmt: skip
            self._pages[key] = reading
            reading.add_done_callback(lambda _: self._pages.pop(key, None))
        return list(await asyncio.shield(reading))

    async def _read_page(self, scope: Scope, trader_id: str | None, after: int, until: int) -> list[DealRow]:
        return list(await self._store.recorded_deals(scope, trader_id, after, until, DEALS_A_PAGE))

    async def _beyond(self, position: int) -> int:
        """Return how far the read models have come, when that is beyond *position*."""
        while self._projected <= position:
            await self._advanced.wait()
        return self._projected

    async def _listen(self) -> None:
        async with aclosing(self._watch.moves()) as moves:
            async for _ in moves:
                self._wake.set()

    async def _run(self) -> None:
        while True:
            due = min((view.due for view in self._views.values() if view.due is not None), default=None)
            with suppress(TimeoutError):
                async with asyncio.timeout(None if due is None else max(0.0, due - self._clock())):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._round()
            except WattbookError as error:
                log.warning("the figures on screen are not renewed: %s", error)
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("the figures on screen are not renewed")
                await asyncio.sleep(RETRY_S)

    async def _round(self) -> None:
        async with self._store.snapshot() as snapshot:
            self._metrics.projection_position.set(snapshot.projected)
            self._metrics.log_position.set(snapshot.head)
            if snapshot.projected != self._projected:
                # Before the views, so that deals are read while those are computed.
                self._projected = snapshot.projected
                advanced, self._advanced = self._advanced, asyncio.Event()
                advanced.set()
            if snapshot.projected != self._noted:
                await self._note_changes(snapshot)
            for view in list(self._views.values()):
                if view.due is not None and view.due <= self._clock():
                    view.publish(await view.question.answer(snapshot), self._clock())
                    self._metrics.views_computed.inc()

    async def _note_changes(self, snapshot: Snapshot) -> None:
        if self._views and 0 <= self._noted < snapshot.projected:
            changes = await snapshot.changes(self._noted)
            now = self._clock()
            for view in self._views.values():
                if view.question.concerns(changes):
                    view.call_for(now)
        else:
            # A first look, or read models that went back to be filled again: anything may be different.
            for view in self._views.values():
                view.call_for(self._clock())
        self._noted = snapshot.projected
