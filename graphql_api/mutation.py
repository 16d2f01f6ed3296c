"""What can be done? Each change is an event in the log before its answer goes out."""

# Strawberry's field decorators return Any, so they would all count as untyped.
# mypy: disallow-untyped-decorators=False

import logging
from datetime import date

import strawberry

from domain.canonical import Fields
from domain.errors import DatabaseUnavailableError, ReadModelsBehindError
from graphql_api import types
from graphql_api.audit_types import Report
from graphql_api.context import Info
from graphql_api.inputs import AsOf, Resolution, choice, moment, position_of, text
from projections.rejections import rejections
from projections.reports import reports
from projections.shown import rejection_fields, report_fields

log = logging.getLogger(__name__)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=Report,
        description="Freezes a performance as a report: position, log hash, figures and their digest, as an event.",
    )
    async def publish_report(
        self,
        info: Info,
        *,
        trader_id: str | None = strawberry.UNSET,
        delivery_day: date,
        as_of: AsOf | None = strawberry.UNSET,
    ) -> Fields:
        context = info.context
        context.kind, context.repeatable = "mutation", False
        trader = text(trader_id)
        context.viewer.may_see_book_of(trader)
        snapshot, position = await context.as_of(moment(as_of))
        performance = await snapshot.performance(context.viewer.scope, trader, delivery_day, position)
        published = await context.services.publisher.publish(performance, context.viewer.name)
        try:
            await context.services.store.wait_for(published.position)
        except (ReadModelsBehindError, DatabaseUnavailableError) as error:
            log.warning("report %s is published, but not yet shown as such: %s", published.position, error)
        (row,) = reports.fold([published])
        return report_fields(row)

    @strawberry.mutation(
        graphql_type=types.Rejection, description="Settles a rejection, as an event that names its author."
    )
    async def resolve_rejection(self, info: Info, id: strawberry.ID, resolution: Resolution, reason: str) -> Fields:  # noqa: A002
        context = info.context
        context.kind, context.repeatable = "mutation", False
        # Before anything is looked up: who may not settle learns nothing of what there is.
        context.viewer.may_settle()
        settled = await context.services.settler.settle(
            position_of(id, "rejection"), choice(resolution), text(reason) or "", context.viewer.name
        )
        try:
            await context.services.store.wait_for(settled.events[-1].position)
        except (ReadModelsBehindError, DatabaseUnavailableError) as error:
            # It is settled whatever the read models show, and an error would have it tried again.
            log.warning("rejection %s is settled, but not yet shown as such: %s", id, error)
        (row,) = rejections.fold([settled.rejection, settled.events[0]])
        return rejection_fields(row)
