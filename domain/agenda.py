"""Which of the periods with deals may be due? What is remembered of each, and when to look at it next.

A second's work must not grow with history: :func:`domain.polling.due_requests` decides, and
looks at the open periods and at those that the agenda names.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from heapq import heapify, heappop, heappush

from domain.periods import DeliveryPeriod
from domain.polling import Asked, PeriodKey, key_of, next_look


class Agenda:
    """What came of the requests for each period, and the periods with deals by when they may be due."""

    def __init__(self, refresh_s: int) -> None:
        self._refresh_s = refresh_s
        self._asked: dict[PeriodKey, Asked] = {}
        self._looks: dict[PeriodKey, datetime] = {}
        self._coming: list[tuple[datetime, PeriodKey]] = []
        self._come: set[PeriodKey] = set()
        self._now: datetime | None = None

    @property
    def asked(self) -> Mapping[PeriodKey, Asked]:
        """What came of the requests for each period ever asked for."""
        return self._asked

    def load(self, asked: Mapping[PeriodKey, Asked], now: datetime) -> None:
        """Begin again with what is remembered elsewhere; the periods with deals stay."""
        self._asked = dict(asked)
        self._arrange(now)

    def add(self, traded: Iterable[PeriodKey], now: datetime) -> None:
        """Learn that periods have deals."""
        for key in traded:
            if key not in self._looks:
                self._place(key, now)

    def note(self, period: DeliveryPeriod, asked: Asked, now: datetime) -> None:
        """Remember what came of the requests for *period*."""
        key = key_of(period)
        self._asked[key] = asked
        if key in self._looks:
            self._place(key, now)

    def look_at(self, now: datetime) -> Collection[PeriodKey]:
        """Return all periods with deals that may be due at *now*; the open ones may be due without being named."""
        if self._now is not None and now < self._now:
            self._arrange(now)  # somebody set the clock back
        self._now = now
        while self._coming and self._coming[0][0] <= now:
            at, key = heappop(self._coming)
            if self._looks.get(key) == at:
                self._come.add(key)
        return tuple(self._come)

    def drop(self, without_deals: Iterable[PeriodKey]) -> None:
        """Learn that periods have no deals any more; they come back with :meth:`add`."""
        for key in without_deals:
            self._looks.pop(key, None)
            self._come.discard(key)

    def _place(self, key: PeriodKey, now: datetime) -> None:
        at = next_look(key, self._asked.get(key), now, self._refresh_s)
        self._looks[key] = at
        self._come.discard(key)
        heappush(self._coming, (at, key))

    def _arrange(self, now: datetime) -> None:
        self._looks = {key: next_look(key, self._asked.get(key), now, self._refresh_s) for key in self._looks}
        self._coming = [(at, key) for key, at in self._looks.items()]
        heapify(self._coming)
        self._come.clear()
