"""What do answers to an auditor look like? Frozen reports, and what changed between two moments."""

from datetime import date, datetime

import strawberry

from graphql_api.scalars import Position
from graphql_api.types import Event, Figures, Performance


@strawberry.type
class ExplanationStep:
    event: Event
    figures: Figures = strawberry.field(description="Over the whole day, once the event counts.")


@strawberry.type(description="What changed the total of a performance between two moments.")
class Explanation:
    before: Figures
    after: Figures
    steps: list[ExplanationStep] = strawberry.field(
        description="The deals and reference prices recorded in between that concern this scope, "
        "with the figures after each."
    )


@strawberry.type
class RecordedMoment:
    position: Position
    recorded_at: datetime


@strawberry.type(description="When something was recorded that may have changed a performance.")
class RecordedMoments:
    count: int = strawberry.field(description="Of all moments; `moments` has no more of them than were asked for.")
    moments: list[RecordedMoment] = strawberry.field(
        description="Evenly spread over all, in log order; the first and the last are always among them."
    )


@strawberry.type(description="A performance that was frozen: what was known at a position, for ever.")
class Report:
    id: strawberry.ID
    trader_id: str | None
    delivery_day: date
    position: Position = strawberry.field(description="As of which position its figures are.")
    log_hash: str = strawberry.field(description="The log's chain hash up to that position, hexadecimal.")
    published_at: datetime
    published_by: str
    digest: str = strawberry.field(description="sha256 of the canonical JSON of the performance, hexadecimal.")
    performance: Performance
