"""How do others learn that a recorder lives, what the lines bring and what it warns of? Noted about once a second."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol

import psycopg

from adapters.postgres.outage import AWAY
from adapters.read_models.line_activity import count_deliveries, note_line_activity
from adapters.read_models.warnings import note_recording, note_warnings
from domain.deliveries import Deliveries
from wattbook.warnings import Warnings

NOTE_S: Final = 1.0

log = logging.getLogger(__name__)


class Noticed(Protocol):
    """What a recorder noticed of the lines."""

    @property
    def last_message_at(self) -> Mapping[str, datetime]:
        """When each line last brought a message."""

    @property
    def deliveries(self) -> Deliveries:
        """Which lines brought which deals."""


async def note_lines(database_url: str, noticed: Noticed, warnings: Warnings, ended: asyncio.Event) -> None:
    """Write down what was *noticed*, what *warnings* stand, and that the recorder lives, until it has *ended*.

    And then once more, when nothing is warned of by this process any longer.
    While the database is away it is kept. A kill loses the last second of the counts, and
    an answer that was lost may count a second twice: no figure depends on them.
    """
    noted: dict[str, datetime] = {}
    while not ended.is_set():
        try:
            async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
                await note_recording(connection)
                while not ended.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(ended.wait(), NOTE_S)
                    await note_recording(connection)
                    await _note(connection, noticed, noted)
                    await note_warnings(connection, [] if ended.is_set() else warnings.standing)
        except AWAY as error:
            log.debug("cannot note now what the lines bring: %s", error)
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), NOTE_S)


async def _note(
    connection: psycopg.AsyncConnection[object], noticed: Noticed, noted: dict[str, datetime]
) -> None:  # fmt: skip
    news = {line: at for line, at in noticed.last_message_at.items() if noted.get(line) != at}
    if news:
        await note_line_activity(connection, news)
        noted.update(news)
    counted = noticed.deliveries.take()
    if counted:
        try:
            await count_deliveries(connection, counted)
        except BaseException:
            noticed.deliveries.give_back(counted)
            raise
