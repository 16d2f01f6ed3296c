"""Do all fields of an operation answer from one snapshot, late enough for all they ask?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import pytest

from domain.errors import DatabaseUnavailableError, ReadModelsBehindError, UnknownPositionError, WattbookError
from domain.performance import Moment
from graphql_api.context import OperationContext
from graphql_api.ports import Store
from graphql_api.services import Services
from graphql_api.viewer import ROLES
from tests.waiting import eventually

RECORDED_AT = datetime(2023, 2, 6, 8, tzinfo=UTC)


@dataclass
class FakeSnapshot:
    """A view of the log that holds still."""

    head: int
    projected: int

    async def position_at(self, moment: datetime) -> int:
        await asyncio.sleep(0)
        return self.head if moment >= RECORDED_AT else 0


@dataclass
class FakeStore:
    """A log of some events of which some are worked in, and a pool of a few connections."""

    head: int
    projected: int
    away: bool = False
    pool: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(8))
    held: int = 0
    opened: int = 0
    waiting: int = 0
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[FakeSnapshot]:
        self.opened += 1
        if self.away:
            raise DatabaseUnavailableError("away")
        async with self.pool:
            self.held += 1
            try:
                await asyncio.sleep(0)
                yield FakeSnapshot(self.head, self.projected)
            finally:
                self.held -= 1

    async def wait_for(self, position: int) -> None:
        if position > self.head:
            raise UnknownPositionError(str(position))
        self.waiting += 1
        await self.caught_up.wait()
        if position > self.projected:
            raise ReadModelsBehindError(str(position))

    def catches_up(self, position: int) -> None:
        """Work the log in up to *position*; whoever waits has waited long enough."""
        self.projected = position
        self.caught_up.set()


@dataclass(frozen=True)
class FakeServices:
    """The one part that an operation's context uses."""

    store: Store


Answer = tuple[int, int] | type[WattbookError]


async def answers(store: FakeStore, *asked: Moment | None) -> Sequence[Answer]:
    """Return for each field of one operation its snapshot's position and its own, or how it was refused."""
    services = cast("Services", FakeServices(cast("Store", store)))
    async with OperationContext(services, ROLES[0], None) as context:

        async def answer(moment: Moment | None) -> Answer:
            try:
                snapshot, position = await context.as_of(moment)
            except WattbookError as error:
                return type(error)
            assert snapshot.projected == context.position
            return snapshot.projected, position

        async with asyncio.timeout(5):
            return await asyncio.gather(*map(answer, asked))


async def test_fields_without_a_moment_share_one_snapshot() -> None:
    store = FakeStore(head=7, projected=6)
    assert await answers(store, None, None, Moment(2), None) == [(6, 6), (6, 6), (6, 2), (6, 6)]
    assert store.opened == 1


async def test_what_is_ahead_is_waited_for_without_a_connection_and_then_all_fields_know_it() -> None:
    store = FakeStore(head=7, projected=5)
    asking = asyncio.create_task(answers(store, None, Moment(7), Moment(6), Moment(2), Moment(recorded_at=RECORDED_AT)))
    await eventually(lambda: store.waiting >= 2)
    assert store.held == 0
    store.catches_up(7)
    assert await asking == [(7, 7), (7, 7), (7, 6), (7, 2), (7, 7)]
    assert store.opened == 2


async def test_an_operation_of_many_fields_ahead_holds_one_connection() -> None:
    store = FakeStore(head=7, projected=6, pool=asyncio.Semaphore(1))
    asking = asyncio.create_task(answers(store, *[Moment(7)] * 12))
    await eventually(lambda: store.waiting >= 1)
    store.catches_up(7)
    assert await asking == [(7, 7)] * 12


async def test_a_crowd_of_operations_ahead_blocks_nobody() -> None:
    store = FakeStore(head=7, projected=6)
    crowd = [asyncio.create_task(answers(store, Moment(7), None, Moment(7))) for _ in range(16)]
    await eventually(lambda: store.waiting >= 16)
    assert await answers(store, None, Moment(3)) == [(6, 6), (6, 3)]
    store.catches_up(7)
    assert await asyncio.gather(*crowd) == [[(7, 7)] * 3] * 16


async def test_only_the_fields_whose_position_does_not_come_are_refused() -> None:
    store = FakeStore(head=7, projected=5)
    store.catches_up(6)
    store.head = 8
    found = await answers(store, None, Moment(9), Moment(8), Moment(6))
    assert found == [(6, 6), UnknownPositionError, ReadModelsBehindError, (6, 6)]


async def test_a_database_that_is_away_is_tried_once_for_all_fields() -> None:
    store = FakeStore(head=7, projected=7, away=True)
    assert await answers(store, None, Moment(2), None) == [DatabaseUnavailableError] * 3
    assert store.opened == 1


@pytest.mark.parametrize(("moment", "repeatable"), [(Moment(2), True), (Moment(recorded_at=RECORDED_AT), False)])
async def test_only_what_the_position_decides_may_be_remembered(moment: Moment, repeatable: bool) -> None:
    services = cast("Services", FakeServices(cast("Store", FakeStore(head=7, projected=7))))
    async with OperationContext(services, ROLES[0], None) as context:
        await context.as_of(moment)
        assert context.repeatable is repeatable
