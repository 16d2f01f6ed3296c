"""What does one GraphQL operation hold? Its viewer, and one snapshot that all its fields answer from."""

import asyncio
from contextlib import AsyncExitStack
from typing import Literal, Self

import strawberry

from domain.errors import ReadModelsBehindError, WattbookError
from domain.performance import Moment
from graphql_api.ports import Snapshot
from graphql_api.room import Room
from graphql_api.services import Services
from graphql_api.viewer import Viewer


class OperationContext:
    """One operation, and the name the client gave for it.

    All its fields answer from one snapshot, so an operation never holds more than one. The
    snapshot is opened when the first field needs one, late enough to know every position that
    a field asks for, and closed at the end. ``repeatable`` stays true while the answer depends
    on nothing but the request, the viewer and the position of the snapshot.
    """

    def __init__(self, services: Services, viewer: Viewer, operation_name: str | None) -> None:
        self.services = services
        self.viewer = viewer
        self.operation_name = operation_name
        self.repeatable = True
        self.kind: Literal["query", "mutation"] = "query"
        self.position: int | None = None
        self.room = Room()
        self._open = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._snapshot: Snapshot | None = None
        self._failure: WattbookError | None = None
        self._asked: set[Moment] = set()
        self._places: dict[Moment, int] = {}
        self._refused: dict[int, BaseException] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def snapshot(self) -> Snapshot:
        """Return the operation's snapshot."""
        async with self._opening:
            if self._failure is not None:
                # One try for all fields: each with its own would keep the client waiting for the sum.
                raise self._failure
            if self._snapshot is None:
                # The fields of an operation start together: a turn later all have said what they ask for.
                await asyncio.sleep(0)
                try:
                    self._snapshot = await self._opened_late_enough()
                except WattbookError as error:
                    self._failure = error
                    raise
                self.position = self._snapshot.projected
            return self._snapshot

    async def as_of(self, moment: Moment | None) -> tuple[Snapshot, int]:
        """Return the operation's snapshot, and the position in it of *moment*; ``None`` is now.

        What was recorded a moment ago is waited for, and then the whole operation answers
        from a snapshot that knows it.

        Raises :class:`domain.errors.UnknownPositionError` past the head of the log and
        :class:`domain.errors.ReadModelsBehindError` when it takes too long.
        """
        if moment is None:
            snapshot = await self.snapshot()
            return snapshot, snapshot.projected
        self._asked.add(moment)
        if moment.recorded_at is not None:
            # The last moment is not over: more may be recorded in it.
            self.repeatable = False
        snapshot = await self.snapshot()
        position = self._places.get(moment)
        if position is None:
            position = self._places[moment] = await _place(snapshot, moment)
        if position <= snapshot.projected:
            return snapshot, position
        raise self._refused.get(position) or ReadModelsBehindError(
            f"this answer is from position {snapshot.projected}; ask for position {position} again in a moment"
        )

    async def _opened_late_enough(self) -> Snapshot:
        """Return a snapshot that knows all moments asked for, as far as they come in time."""
        store = self.services.store
        snapshot = await self._open.enter_async_context(store.snapshot())
        self._places = {moment: await _place(snapshot, moment) for moment in tuple(self._asked)}
        ahead = sorted({place for place in self._places.values() if place > snapshot.projected})
        if not ahead:
            return snapshot
        # Whoever waits holds nothing that those who bring the news along may need.
        await self._open.aclose()
        waits = await asyncio.gather(*(store.wait_for(place) for place in ahead), return_exceptions=True)
        self._refused = {place: error for place, error in zip(ahead, waits, strict=True) if error is not None}
        return await self._open.enter_async_context(store.snapshot())


async def _place(snapshot: Snapshot, moment: Moment) -> int:
    if moment.recorded_at is not None:
        return await snapshot.position_at(moment.recorded_at)
    return moment.position or 0


Info = strawberry.Info[OperationContext, None]
