"""How does the API hear that the read models have moved on?"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Final

import psycopg

from adapters.postgres.outage import AWAY, Outage
from adapters.read_models.tables import CHANNEL

RETRY_S: Final = 1.0

log = logging.getLogger(__name__)


class ProjectionWatch:
    """Listens on one connection, opened again whenever it is lost."""

    def __init__(self, conninfo: str, poll_s: float = 1.0) -> None:
        self._conninfo = conninfo
        self._poll_s = poll_s
        self._outage = Outage(log, "cannot hear of new figures", "new figures are heard again")

    async def moves(self) -> AsyncGenerator[None, None]:
        """Yield when the read models may have moved on, and every second in any case."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True, connect_timeout=5
                ) as connection:
                    await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(CHANNEL)))
                    self._outage.over()
                    yield
                    while True:
                        async for _ in connection.notifies(timeout=self._poll_s, stop_after=1):
                            pass
                        yield
            except AWAY as error:
                self._outage.met(error)
                yield
                await asyncio.sleep(RETRY_S)
