"""What do subscribers watch? Views: each is computed once for all who watch it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Protocol

from domain.canonical import Fields, performance_fields
from graphql_api.pace import Pace
from graphql_api.ports import Snapshot
from projections.reading import Changes, Scope
from projections.shown import health_fields

HEARTBEAT_S: Final = 2.0


class Question(Protocol):
    """What a view shows: hashable, so that equal questions share one view."""

    @property
    def every_s(self) -> float | None:
        """How often the answer is given again though nothing has changed."""

    def concerns(self, changes: Changes) -> bool:
        """Tell whether the answer may be another after *changes*."""

    async def answer(self, snapshot: Snapshot) -> Fields:
        """Return the answer as of the snapshot's projected position."""


@dataclass(frozen=True)
class PerformanceQuestion:
    """How a trader, or the desk, is doing on a delivery day."""

    trader_id: str | None
    delivery_day: date
    every_s: float | None = None

    def concerns(self, changes: Changes) -> bool:
        if changes.rejections or changes.feeds or self.delivery_day in changes.priced_days:
            return True
        if self.trader_id is not None:
            return (self.trader_id, self.delivery_day) in changes.books
        return any(day == self.delivery_day for _, day in changes.books)

    async def answer(self, snapshot: Snapshot) -> Fields:
        scope = Scope(self.trader_id)
        return performance_fields(
            await snapshot.performance(scope, self.trader_id, self.delivery_day, snapshot.projected)
        )


@dataclass(frozen=True)
class HealthQuestion:
    """How current everything is, for viewers of one scope; ``clock`` gives the server's time, aware UTC."""

    scope: Scope
    clock: Callable[[], datetime]
    every_s: float | None = HEARTBEAT_S

    def concerns(self, changes: Changes) -> bool:
        return changes.feeds or changes.rejections

    async def answer(self, snapshot: Snapshot) -> Fields:
        return health_fields(await snapshot.health(self.scope), self.clock())


@dataclass
class View:
    """The newest answer to a question, and who waits for the next one."""

    question: Question
    watchers: int = 0
    answer: Fields | None = None
    number: int = 0
    due: float | None = 0.0
    """When the answer is to be computed again, ``None`` where nothing calls for it."""
    pace: Pace = field(default_factory=Pace)
    renewed: asyncio.Event = field(default_factory=asyncio.Event)

    def call_for(self, now: float) -> None:
        """Have the answer computed as soon as its pace allows."""
        earliest = self.pace.earliest(now)
        self.due = earliest if self.due is None else min(self.due, earliest)

    def publish(self, answer: Fields, now: float) -> None:
        """Give everybody the new answer; who has not taken the one before never sees it."""
        self.answer = answer
        self.number += 1
        self.pace.note(now)
        self.due = None if self.question.every_s is None else now + self.question.every_s
        renewed, self.renewed = self.renewed, asyncio.Event()
        renewed.set()
