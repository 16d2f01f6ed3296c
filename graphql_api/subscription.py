"""What can be followed? Each stream is refused before it starts, or runs until its client leaves."""

# Strawberry's field decorators return Any, so they would all count as untyped.
# mypy: disallow-untyped-decorators=False

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date

import strawberry

from domain.canonical import Fields
from graphql_api import types
from graphql_api.context import Info
from graphql_api.errors import BadInputError
from graphql_api.hub import Hub
from graphql_api.inputs import given, text
from graphql_api.scalars import Position
from graphql_api.views import HealthQuestion, PerformanceQuestion, Question
from projections.reading import Scope
from projections.shown import deal_fields

SHARED = frozenset({"performanceChanged", "health"})
"""Streams of states, the same for all who ask the same: each state is executed once and sent to all of them."""


@strawberry.type
class Subscription:
    @strawberry.subscription(
        graphql_type=types.Performance,
        description="The state now, then again after each change; latest wins, at most 4 a second.",
    )
    async def performance_changed(
        self, info: Info, *, trader_id: str | None = strawberry.UNSET, delivery_day: date
    ) -> AsyncGenerator[Fields, None]:
        trader = text(trader_id)
        info.context.viewer.may_see_book_of(trader)
        return _watched(info.context.services.hub, PerformanceQuestion(trader, delivery_day))

    @strawberry.subscription(
        graphql_type=types.Deal, description="Every deal after a position, none skipped, in log order."
    )
    async def deals_recorded(
        self,
        info: Info,
        trader_id: str | None = strawberry.UNSET,
        after: Position | None = strawberry.UNSET,
    ) -> AsyncGenerator[Fields, None]:
        services, viewer = info.context.services, info.context.viewer
        trader = text(trader_id)
        if trader is not None:
            viewer.may_see_book_of(trader)
        positions = await services.store.positions()
        start = given(after)
        if start is not None and start > positions.head:
            raise BadInputError(f"position {start} is past the head of the log, {positions.head}")
        return _recorded(services.hub, viewer.scope, trader, positions.projected if start is None else start)

    @strawberry.subscription(
        graphql_type=types.Health,
        description="Feed states now, then at each change; a heartbeat every 2 s carries the server's clock.",
    )
    async def health(self, info: Info) -> AsyncGenerator[Fields, None]:
        services = info.context.services
        return _watched(services.hub, HealthQuestion(info.context.viewer.scope, services.now))


async def _watched(hub: Hub, question: Question) -> AsyncGenerator[Fields, None]:
    async with aclosing(hub.watch(question)) as answers:
        async for answer in answers:
            yield answer


async def _recorded(hub: Hub, scope: Scope, trader_id: str | None, after: int) -> AsyncGenerator[Fields, None]:
    async with aclosing(hub.deals(scope, trader_id, after)) as rows:
        async for row in rows:
            yield deal_fields(row)
