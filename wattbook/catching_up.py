"""How does a command read what is newest, also where no role runs that brings the read models up to it?"""

from typing import Final

from adapters.event_log.pages import LogPages
from adapters.read_models.store import ReadStore
from adapters.read_models.tables import ReadTables
from domain.errors import FencedError, ReadModelsBehindError
from projections import READ_MODELS
from projections.runner import Runner

WAIT_S: Final = 2.0
"""How long a command waits for the projecting role before it looks whether there is one."""

CATCH_UP_S: Final = 10.0


async def catch_up(store: ReadStore, database_url: str) -> None:
    """Return when the read models know all that the log held; raise :class:`ReadModelsBehindError` if that takes long.

    Where nobody moves them, they are moved here. That is safe beside a projector that starts meanwhile.
    """
    before = await store.positions()
    try:
        await store.wait_for(before.head, WAIT_S)
        return
    except ReadModelsBehindError:
        nobody_works = (await store.positions()).projected == before.projected
    if nobody_works:
        async with LogPages(database_url) as pages, ReadTables(database_url) as tables:
            runner = Runner(pages, tables, READ_MODELS)
            try:
                while await runner.step():
                    pass
            except FencedError:
                pass  # a projector has come
    await store.wait_for(before.head, CATCH_UP_S)
