"""The role that projects: the log goes in, read models come out."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from adapters.event_log.pages import LogPages
from adapters.postgres.outage import AWAY, Outage
from adapters.read_models.tables import ReadTables
from domain.errors import FencedError
from projections import READ_MODELS
from projections.read_model import AnyReadModel
from projections.runner import Runner
from wattbook.process import EXIT_CANNOT_RUN, EXIT_OK, collect_garbage_rarely

RETRY_S: Final = 1.0

FILL_AGAIN_S: Final = 3.0
FILL_AGAIN_AT_THE_LATEST_S: Final = 60.0
"""Between tries to fill, each pause is twice the one before, up to this."""

MANY: Final = 50_000
"""Events that are applied one after the other within seconds: more are folded by several processes."""

log = logging.getLogger(__name__)


async def project(database_url: str, stop: asyncio.Event, fill: Callable[[], Awaitable[int]] | None = None) -> int:
    """Keep the read models up to the log until *stop*, then apply what is left.

    Read models that are new while the log is long are left to *fill* meanwhile, which does it
    in several processes and returns an exit code. An event that cannot be applied raises: no
    figure may be shown over a hole.
    """
    collect_garbage_rarely()
    filling: asyncio.Task[int] | None = None
    async with LogPages(database_url) as pages, ReadTables(database_url) as tables:
        has_rival = False
        runner: Runner | None = None
        outage = Outage(log, "the read models cannot follow the log", "the read models follow the log again")
        while not stop.is_set():
            try:
                new = [] if fill is None else await _new(pages, tables)
                runner = Runner(pages, tables, [each for each in READ_MODELS if each not in new])
                if new and fill is not None and filling is None:
                    log.info("filling from the log, beside all else: %s", ", ".join(each.table for each in new))
                    filling = asyncio.create_task(until_filled(fill), name="filling")
                await runner.step()
                outage.over()
                await _until(stop, runner, filling)
            except FencedError:
                if not has_rival:
                    log.warning("another projector feeds the same read models: that is safe, but one is enough")
                has_rival = True
                await pages.wait(RETRY_S)
            except AWAY as error:
                outage.met(error)
                await pages.close()
                await tables.close()
                await asyncio.sleep(RETRY_S)
            if filling is not None and filling.done():
                # What cannot be filled at once is filled event by event, which names what is wrong with it.
                fill = fill if filling.result() == EXIT_OK else None
                filling = None
        if filling is not None:
            filling.cancel()
            await asyncio.wait({filling})
        try:
            while runner is not None and await runner.step():
                pass
        except (*AWAY, FencedError) as error:
            log.warning("stopped before the last events were applied; they are when it starts again: %s", error)
    return 0


async def _new(pages: LogPages, tables: ReadTables) -> list[AnyReadModel]:
    """Return the read models that no event was applied to, as far as is known, where there are many to apply."""
    checkpoints = await tables.checkpoints()
    new = [model for model in READ_MODELS if checkpoints.get(model.table, 0) == 0]
    return new if new and await pages.page(MANY - 1, 1) else []


async def until_filled(fill: Callable[[], Awaitable[int]]) -> int:
    """Return the exit code of *fill*, which is tried again while it cannot run: another one does, or no database."""
    pause_s = FILL_AGAIN_S
    while (code := await fill()) == EXIT_CANNOT_RUN:
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, FILL_AGAIN_AT_THE_LATEST_S)
    return code


async def _until(stop: asyncio.Event, runner: Runner, filling: asyncio.Task[int] | None) -> None:
    """Run until *stop* or *filling* is done; a page that is being applied is rolled back and applied again later."""
    running = asyncio.create_task(runner.run(stop), name="projector")
    stopping = asyncio.create_task(stop.wait())
    ends = {running, stopping} if filling is None else {running, stopping, filling}
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not running.done():
            running.cancel()
        await asyncio.wait({running, stopping})
    if not running.cancelled():
        running.result()
