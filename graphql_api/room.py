"""How much may one answer hold? Pages of messages share one room, for they may be as large as their sender likes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from graphql_api.errors import LimitExceededError
from projections.reading import ROOM_BYTES, Page, Slice

Row = TypeVar("Row")


class Room:
    """What is left of the room of one answer, in bytes."""

    def __init__(self, size_bytes: int = ROOM_BYTES) -> None:
        self._size_bytes = size_bytes
        self._left_bytes = size_bytes
        self._taking = asyncio.Lock()

    async def fill(
        self, asked: Page, read: Callable[[Page], Awaitable[Slice[Row]]], text: Callable[[Row], str | None]
    ) -> Slice[Row]:
        """Return the page that *read* finds in the room that is left; ``text`` gives what is large in a row.

        Raises :class:`LimitExceededError` where earlier pages of the answer left no room.
        """
        async with self._taking:
            if self._left_bytes <= 0:
                raise LimitExceededError(
                    f"one answer holds about {self._size_bytes // 1024**2} MiB of messages: ask for one list at a time"
                )
            found = await read(replace(asked, room_bytes=self._left_bytes))
            self._left_bytes -= sum(len(text(row) or "") for row in found.rows)
            return found
