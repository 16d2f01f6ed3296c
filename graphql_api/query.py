"""What can be asked? Every field reads through the viewer's scope, from the operation's one snapshot."""

# Strawberry's field decorators return Any, so they would all count as untyped.
# mypy: disallow-untyped-decorators=False

from datetime import date, datetime
from typing import Annotated, Final

import strawberry
from graphql import FieldNode, NullValueNode, VariableNode

from domain.canonical import Fields, day_text, performance_fields
from graphql_api import connections, types
from graphql_api.audit_query import AuditQuery
from graphql_api.connections import Cursors, connection_fields, page, rows
from graphql_api.context import Info
from graphql_api.inputs import (
    AsOf,
    DealFilter,
    DealOrder,
    EventFilter,
    deal_filter,
    deal_order,
    event_filter,
    given,
    moment,
    text,
)
from graphql_api.viewer import DEVELOPMENT, ROLES, named, viewer_fields
from projections.deals import DealRow
from projections.reading import DealSort, Key, LogEvent
from projections.rejections import RejectionRow
from projections.shown import (
    day_file_fields,
    deal_fields,
    event_fields,
    feed_connection_fields,
    feed_fields,
    outage_fields,
    reference_price_fields,
    rejection_fields,
)

DEAL_CURSORS: Final[dict[DealSort, Cursors]] = {
    "position": Cursors("deal-position", "n"),
    "executionTime": Cursors("deal-execution", "tn"),
    "delivery": Cursors("deal-delivery", "tnn"),
}
EVENT_CURSORS: Final = Cursors("event", "n")
NEWEST_EVENT_CURSORS: Final = Cursors("event-newest", "n")
REJECTION_CURSORS: Final = Cursors("rejection", "n")


@strawberry.type
class Query(AuditQuery):
    @strawberry.field(graphql_type=types.Viewer)
    async def viewer(self, info: Info) -> Fields:
        return viewer_fields(info.context.viewer)

    @strawberry.field(
        graphql_type=list[types.Viewer],
        description="The named users that the development sign-in offers; empty in other modes.",
    )
    async def sign_in_options(self, info: Info) -> list[Fields]:
        if info.context.services.sign_in != DEVELOPMENT:
            return []
        snapshot = await info.context.snapshot()
        traders = [named(trader) for trader in await snapshot.traders_to_choose_from()]
        return [viewer_fields(viewer) for viewer in dict.fromkeys([*ROLES, *traders])]

    @strawberry.field(graphql_type=types.Market, description="The market whose local time names the periods.")
    async def market(self, info: Info) -> Fields:
        info.context.repeatable = False
        services = info.context.services
        return {
            "timeZone": services.market.zone.key,
            "today": day_text(services.today),
            "exchange": services.market.exchange,
        }

    @strawberry.field(description="The traders with deals, in name order.")
    async def traders(self, info: Info, as_of: AsOf | None = strawberry.UNSET) -> list[str]:
        snapshot, position = await info.context.as_of(moment(as_of))
        return list(await snapshot.traders(info.context.viewer.scope, position))

    @strawberry.field(
        graphql_type=types.Performance,
        description="How one trader did on one delivery day; without a trader, the whole desk.",
    )
    async def performance(
        self,
        info: Info,
        *,
        trader_id: str | None = strawberry.UNSET,
        delivery_day: date,
        as_of: AsOf | None = strawberry.UNSET,
    ) -> Fields:
        context = info.context
        trader = text(trader_id)
        context.viewer.may_see_book_of(trader)
        snapshot, position = await context.as_of(moment(as_of))
        key = (trader, delivery_day, position)
        answer = context.services.performances.get(key)
        if answer is None:
            performance = await snapshot.performance(context.viewer.scope, trader, delivery_day, position)
            answer = performance_fields(performance)
            context.services.performances.put(key, answer)
        return answer

    @strawberry.field(
        graphql_type=connections.DealConnection,
        description="Deals, newest first by default; cursors are keyset cursors and stay valid while deals arrive.",
    )
    async def deals(
        self,
        info: Info,
        filter: DealFilter | None = strawberry.UNSET,  # noqa: A002
        order: DealOrder | None = strawberry.UNSET,
        first: int | None = 50,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
        as_of: AsOf | None = strawberry.UNSET,
    ) -> Fields:
        wanted, sort = deal_filter(filter), deal_order(order)
        cursors = DEAL_CURSORS[sort.by]
        asked = page(cursors, first if _asks_for_first(info) else None, given(after), given(last), given(before))
        snapshot, position = await info.context.as_of(moment(as_of))
        found = await snapshot.deals(info.context.viewer.scope, wanted, sort, asked, position)
        return connection_fields(found, asked, cursors, lambda row: _deal_key(row, sort.by), deal_fields)

    @strawberry.field(
        graphql_type=list[types.ReferencePrice],
        description="Reference prices of a delivery day, one entry a period.",
    )
    async def reference_prices(
        self, info: Info, delivery_day: date, as_of: AsOf | None = strawberry.UNSET
    ) -> list[Fields]:
        snapshot, position = await info.context.as_of(moment(as_of))
        return [reference_price_fields(price) for price in await snapshot.reference_prices(delivery_day, position)]

    @strawberry.field(
        graphql_type=connections.EventConnection, description="The raw event log, upwards or the newest first."
    )
    async def events(
        self,
        info: Info,
        filter: EventFilter | None = strawberry.UNSET,  # noqa: A002
        first: int | None = 50,
        after: str | None = strawberry.UNSET,
        newest_first: bool = False,
    ) -> Fields:
        # The log may be ahead of the position that this operation is remembered by.
        info.context.repeatable = False
        cursors = NEWEST_EVENT_CURSORS if newest_first else EVENT_CURSORS
        asked = page(cursors, first, given(after))
        snapshot = await info.context.snapshot()
        scope, wanted = info.context.viewer.scope, event_filter(filter)
        found = await info.context.room.fill(
            asked, lambda page: snapshot.events(scope, wanted, page, newest_first), lambda event: event.payload
        )
        return connection_fields(found, asked, cursors, _event_key, event_fields)

    @strawberry.field(
        graphql_type=connections.RejectionConnection,
        description="What could not be read, or conflicts, and is not yet resolved (or all of it).",
    )
    async def rejections(
        self,
        info: Info,
        include_resolved: bool | None = False,
        first: int | None = 50,
        after: str | None = strawberry.UNSET,
    ) -> Fields:
        asked = page(REJECTION_CURSORS, first, given(after))
        snapshot = await info.context.snapshot()
        scope = info.context.viewer.scope
        found = await info.context.room.fill(
            asked,
            lambda page: snapshot.rejections(scope, bool(include_resolved), page),
            lambda rejection: rejection.message,
        )
        return connection_fields(found, asked, REJECTION_CURSORS, _rejection_key, rejection_fields)

    @strawberry.field(
        graphql_type=list[types.DayFile],
        description="The imported files of the exchange, newest first; none for a trader, since they count all deals.",
    )
    async def day_files(self, info: Info, first: int = 50) -> list[Fields]:
        limit = rows(first)
        snapshot = await info.context.snapshot()
        zone = info.context.services.market.zone
        return [day_file_fields(row, zone) for row in await snapshot.day_files(info.context.viewer.scope, limit)]

    @strawberry.field(graphql_type=list[types.Feed])
    async def feeds(self, info: Info) -> list[Fields]:
        # When a line was last heard is not in the log.
        info.context.repeatable = False
        snapshot = await info.context.snapshot()
        return [feed_fields(feed) for feed in await snapshot.feeds()]

    @strawberry.field(
        graphql_type=list[types.Outage],
        description="Every stretch without any line to the exchange, newest first; with a delivery day, those that "
        "may have cost it deals.",
    )
    async def outages(
        self,
        info: Info,
        first: int = 50,
        delivery_day: date | None = strawberry.UNSET,
        untold_only: bool = False,
        as_of: AsOf | None = strawberry.UNSET,
    ) -> list[Fields]:
        limit = rows(first)
        snapshot, position = await info.context.as_of(moment(as_of))
        found = await snapshot.outages(position, given(delivery_day), untold_only, limit)
        return [outage_fields(outage) for outage in found]

    @strawberry.field(
        graphql_type=list[types.FeedConnection],
        description="The connections that were open at some moment of a stretch of time, newest first.",
    )
    async def feed_connections(
        self,
        info: Info,
        from_: Annotated[datetime, strawberry.argument(name="from")],
        to: datetime,
        first: int = 500,
    ) -> list[Fields]:
        limit = rows(first)
        snapshot = await info.context.snapshot()
        return [feed_connection_fields(each) for each in await snapshot.feed_connections(from_, to, limit)]


def _asks_for_first(info: Info) -> bool:
    """Tell whether the client itself gave ``first``, which has a default."""
    node: FieldNode = info._raw_info.field_nodes[0]
    for argument in node.arguments or ():
        if argument.name.value == "first":
            if isinstance(argument.value, VariableNode):
                return info.variable_values.get(argument.value.name.value) is not None
            return not isinstance(argument.value, NullValueNode)
    return False


def _deal_key(row: DealRow, by: DealSort) -> Key:
    if by == "executionTime":
        return (row.executed_at, row.position)
    if by == "delivery":
        return (row.delivery_start, -row.minutes, row.position)
    return (row.position,)


def _event_key(event: LogEvent) -> Key:
    return (event.position,)


def _rejection_key(row: RejectionRow) -> Key:
    return (row.position,)
