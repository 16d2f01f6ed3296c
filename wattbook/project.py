"""The role that projects: the log goes in, read models come out."""

import asyncio
import logging
from typing import Final

from adapters.event_log.pages import LogPages
from adapters.postgres.outage import AWAY, Outage
from adapters.read_models.tables import ReadTables
from domain.errors import FencedError
from projections import READ_MODELS
from projections.runner import Runner
from wattbook.process import collect_garbage_rarely

RETRY_S: Final = 1.0

log = logging.getLogger(__name__)


async def project(database_url: str, stop: asyncio.Event) -> int:
    """Keep the read models up to the log until *stop*, then apply what is left.

    An event that cannot be applied raises: no figure may be shown over a hole.
    """
    collect_garbage_rarely()
    async with LogPages(database_url) as pages, ReadTables(database_url) as tables:
        runner = Runner(pages, tables, READ_MODELS)
        has_rival = False
        outage = Outage(log, "the read models cannot follow the log", "the read models follow the log again")
        while not stop.is_set():
            try:
                await runner.step()
                outage.over()
                await _until(stop, runner)
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
        try:
            while await runner.step():
                pass
        except (*AWAY, FencedError) as error:
            log.warning("stopped before the last events were applied; they are when it starts again: %s", error)
    return 0


async def _until(stop: asyncio.Event, runner: Runner) -> None:
    """Run until *stop*; a page that is being applied is rolled back and applied again later."""
    running = asyncio.create_task(runner.run(stop), name="projector")
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not running.done():
            running.cancel()
        await asyncio.wait({running, stopping})
    if not running.cancelled():
        running.result()
