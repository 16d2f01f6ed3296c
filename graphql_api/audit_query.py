"""What can an auditor ask? Which reports were published, and what changed the figures between two moments."""

# Strawberry's field decorators return Any, so they would all count as untyped.
# mypy: disallow-untyped-decorators=False

import asyncio
from datetime import date
from typing import Annotated, Final

import strawberry

from domain.canonical import Fields, knowledge_fields
from graphql_api import audit_types as types
from graphql_api import connections
from graphql_api.connections import Cursors, connection_fields, page, rows
from graphql_api.context import Info
from graphql_api.errors import BadInputError, LimitExceededError
from graphql_api.inputs import AsOf, given, moment, position_of, text
from graphql_api.types import Knowledge, ReferencePrice
from projections.reading import Key
from projections.reports import ReportRow
from projections.shown import explanation_fields, recorded_moments_fields, reference_price_fields, report_fields

EXPLAINED: Final = 2_000
"""Events that one explanation has at the most."""

MOMENTS: Final = 2_000
"""Moments that one answer tells at the most: more than a screen has pixels for."""

REPORT_CURSORS: Final = Cursors("report", "n")


@strawberry.type
class AuditQuery:
    @strawberry.field(
        graphql_type=Knowledge,
        description="What each answer of this operation as of the same moment is computed from; without one, now.",
    )
    async def knowledge(self, info: Info, as_of: AsOf | None = strawberry.UNSET) -> Fields:
        snapshot, position = await info.context.as_of(moment(as_of))
        return knowledge_fields(await snapshot.knowledge(position))

    @strawberry.field(
        graphql_type=types.Explanation,
        description="What changed in a performance between two moments, event by event.",
    )
    async def explain(
        self,
        info: Info,
        *,
        trader_id: str | None = strawberry.UNSET,
        delivery_day: date,
        from_: Annotated[AsOf, strawberry.argument(name="from")],
        to: AsOf | None = strawberry.UNSET,
    ) -> Fields:
        context = info.context
        trader = text(trader_id)
        context.viewer.may_see_book_of(trader)
        # Both are said before either is waited for, so that one snapshot knows them both.
        (_, start), (snapshot, end) = await asyncio.gather(context.as_of(moment(from_)), context.as_of(moment(to)))
        if start > end:
            raise BadInputError(f"from (position {start}) is after to (position {end})")
        found = await snapshot.explanation(context.viewer.scope, trader, delivery_day, start, end, EXPLAINED)
        if found is None:
            raise LimitExceededError(
                f"more than {EXPLAINED} events, or too large ones, changed these figures: ask for a shorter stretch"
            )
        return explanation_fields(found)

    @strawberry.field(
        graphql_type=types.RecordedMoments,
        description="The moments at which a performance may have changed: what one can go back to.",
    )
    async def recorded_moments(
        self, info: Info, *, trader_id: str | None = strawberry.UNSET, delivery_day: date, at_most: int = 500
    ) -> Fields:
        if not 2 <= at_most <= MOMENTS:
            raise BadInputError(f"atMost is 2 to {MOMENTS} moments, not {at_most}")
        context = info.context
        trader = text(trader_id)
        context.viewer.may_see_book_of(trader)
        snapshot = await context.snapshot()
        found = await snapshot.recorded_moments(context.viewer.scope, trader, delivery_day, at_most)
        return recorded_moments_fields(found)

    @strawberry.field(
        graphql_type=list[ReferencePrice],
        description="Every observation of one period's reference price: the one that stands, then those before it.",
    )
    async def price_observations(
        self, info: Info, *, delivery_day: date, label: str, first: int = 50, as_of: AsOf | None = strawberry.UNSET
    ) -> list[Fields]:
        limit = rows(first)
        snapshot, position = await info.context.as_of(moment(as_of))
        found = await snapshot.price_observations(delivery_day, text(label) or "", position, limit)
        return [reference_price_fields(price) for price in found]

    @strawberry.field(graphql_type=connections.ReportConnection, description="Published reports, newest first.")
    async def reports(
        self,
        info: Info,
        trader_id: str | None = strawberry.UNSET,
        delivery_day: date | None = strawberry.UNSET,
        first: int | None = 50,
        after: str | None = strawberry.UNSET,
    ) -> Fields:
        asked = page(REPORT_CURSORS, first, given(after))
        snapshot = await info.context.snapshot()
        scope, trader, day = info.context.viewer.scope, text(trader_id), given(delivery_day)
        found = await info.context.room.fill(
            asked, lambda page: snapshot.reports(scope, trader, day, page), lambda report: report.performance
        )
        return connection_fields(found, asked, REPORT_CURSORS, _report_key, report_fields)

    @strawberry.field(graphql_type=types.Report | None, description="A published report; null where there is none.")
    async def report(self, info: Info, id: strawberry.ID) -> Fields | None:  # noqa: A002
        snapshot = await info.context.snapshot()
        found = await snapshot.report(info.context.viewer.scope, position_of(id, "report"))
        return None if found is None else report_fields(found)


def _report_key(row: ReportRow) -> Key:
    return (row.position,)
