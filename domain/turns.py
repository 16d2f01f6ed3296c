"""Whose turn is it, of tens of thousands of periods that may be due? The few that can be asked for now. Pure."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import nsmallest
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

from domain.periods import DeliveryPeriod
from domain.polling import Asked, DueLook, DueRequest, PeriodKey, Urgency, due_looks, request_of

LONGEST_CATCH_UP: Final = timedelta(minutes=30)
"""After this the others get their turns too, however many periods still lack a price."""


@dataclass(frozen=True)
class Room:
    """How many requests may go out now, and how many of them to periods that can wait."""

    requests: int
    unhurried: int


@dataclass(frozen=True)
class Look:
    """What a poller sees when it looks for periods that are due."""

    now: datetime
    room: Room
    with_deals: Sequence[tuple[DeliveryPeriod, bool]]
    asked: Mapping[PeriodKey, Asked]
    besides: Container[PeriodKey] = ()
    """The periods that are being asked for."""


class Turns:
    """Chooses for one poller; knows since when those that need a price go before all others."""

    def __init__(self, zone: ZoneInfo, refresh_s: int) -> None:
        self._zone = zone
        self._refresh_s = refresh_s
        self._catching_up_since: datetime | None = None

    def catch_up(self, now: datetime) -> None:
        """Begin, or the provider serves again: ask for what is needed most freshly, before everything else."""
        self._catching_up_since = now

    def next(self, look: Look, *, answers_may_come: bool) -> tuple[DueRequest, ...]:
        """Return the due requests to choose from, in order.

        Catching up ends when all who need a price have been asked for, and no answer of theirs may still come soon.
        """
        since = self._catching_up_since
        if since is not None and since <= look.now <= since + LONGEST_CATCH_UP:
            freshest = self._freshest(look, since)
            if freshest or answers_may_come:
                return freshest
        self._catching_up_since = None
        return self.usual(look)

    def usual(self, look: Look) -> tuple[DueRequest, ...]:
        """Return the first of those that cannot wait, the longest neglected of them, and the first of those that can.

        From these is chosen just as from all that is due.
        """
        hurried: list[DueLook] = []
        patient: list[DueLook] = []
        for due in self._due(look):
            (patient if due.urgency >= Urgency.ASKED_IN_VAIN else hurried).append(due)
        longest_due = nsmallest(look.room.requests, hurried, key=attrgetter("due_since"))
        first = {*nsmallest(look.room.requests, hurried), *longest_due}
        waiting = nsmallest(look.room.unhurried, patient)
        return tuple(request_of(due, look.now, self._refresh_s) for due in (*sorted(first), *waiting))

    def _freshest(self, look: Look, since: datetime) -> tuple[DueRequest, ...]:
        """Return those without a price, then those whose price moves; open before delivered, the nearest first.

        Each but once: what has been asked for *since* has had its turn.
        """

        def need(due: DueLook) -> tuple[Urgency, bool, timedelta, int, datetime]:
            return (due.urgency, due.period.end <= look.now, due.distance, due.shortness, due.start)

        needy = (due for due in self._due(look) if due.urgency < Urgency.ASKED_IN_VAIN and due.asked_at < since)
        freshest = nsmallest(look.room.requests, needy, key=need)
        return tuple(replace(request_of(due, look.now, self._refresh_s), neglected=False) for due in freshest)

    def _due(self, look: Look) -> Iterator[DueLook]:
        return due_looks(
            look.now,
            zone=self._zone,
            with_deals=look.with_deals,
            asked=look.asked,
            refresh_s=self._refresh_s,
            besides=look.besides,
        )
