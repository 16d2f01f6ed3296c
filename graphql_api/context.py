"""What does one GraphQL operation hold? Its viewer, and one snapshot that all its fields answer from."""

import asyncio
from contextlib import AsyncExitStack
from typing import Self

import strawberry

from graphql_api.ports import Snapshot
from graphql_api.services import Services
from graphql_api.viewer import Viewer
from projections.reading import Moment


class OperationContext:
    """One operation, and the name the client gave for it.

    The snapshot is opened by the first field that needs one, and closed at the end.
    ``repeatable`` stays true while the answer depends on nothing but the request, the viewer
    and the position of the snapshot.
    """

    def __init__(self, services: Services, viewer: Viewer, operation_name: str | None) -> None:
        self.services = services
        self.viewer = viewer
        self.operation_name = operation_name
        self.repeatable = True
        self.position: int | None = None
        self._open = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._snapshot: Snapshot | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def snapshot(self) -> Snapshot:
        """Return the operation's snapshot."""
        async with self._opening:
            if self._snapshot is None:
                self._snapshot = await self._open.enter_async_context(self.services.store.snapshot())
                self.position = self._snapshot.projected
            return self._snapshot

    async def as_of(self, moment: Moment | None) -> tuple[Snapshot, int]:
        """Return a snapshot that knows *moment*, and its position; ``None`` is now.

        What was recorded a moment ago may have to be waited for, in a later snapshot: an
        answer as of a position is the same in every snapshot that knows it.
        """
        if moment is None:
            snapshot = await self.snapshot()
            return snapshot, snapshot.projected
        position = await self._position_of(moment)
        # Waited for with nothing in hand: a crowd that all hold a snapshot while they wait leaves none to go on with.
        if position > (await self.services.store.positions()).projected:
            self.repeatable = False
            await self.services.store.wait_for(position)
        snapshot = await self.snapshot()
        if position > snapshot.projected:
            # Another field had opened it before.
            self.repeatable = False
            snapshot = await self._open.enter_async_context(self.services.store.snapshot())
        return snapshot, position

    async def _position_of(self, moment: Moment) -> int:
        if moment.recorded_at is None:
            return moment.position or 0
        # The last moment is not over: more may be recorded in it.
        self.repeatable = False
        async with self.services.store.snapshot() as snapshot:
            return await snapshot.position_at(moment.recorded_at)


Info = strawberry.Info[OperationContext, None]
