"""How does a command read what is newest, also where no role runs that brings the read models up to it?"""

from types import TracebackType
from typing import Final, Self

from adapters.event_log.pages import LogPages
from adapters.read_models.store import ReadStore
from adapters.read_models.tables import ReadTables
from domain.errors import FencedError, ReadModelsBehindError
from projections import READ_MODELS
from projections.runner import Runner

STANDSTILL_S: Final = 0.5
"""How long the read models may stand still before it is clear that no projector runs."""


class CatchingUp:
    """Waits for the projecting role where one runs, and is it where none does. That is safe beside one that starts."""

    def __init__(self, store: ReadStore, database_url: str) -> None:
        self._store = store
        self._pages = LogPages(database_url)
        self._tables = ReadTables(database_url)
        self._runner = Runner(self._pages, self._tables, READ_MODELS)
        self._is_alone = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pages.close()
        await self._tables.close()

    async def to_head(self) -> None:
        """Return when the read models know all that the log holds now, however far they are behind."""
        at = await self._store.positions()
        head = at.head
        while at.projected < head:
            before = at.projected
            try:
                if self._is_alone:
                    await self._runner.step()
                else:
                    await self._store.wait_for(head, STANDSTILL_S)
            except ReadModelsBehindError:
                pass
            except FencedError:
                self._is_alone = False  # a projector has come
            at = await self._store.positions()
            self._is_alone = self._is_alone or at.projected == before
