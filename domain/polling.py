"""Which reference prices should be asked for now, within the provider's limits?

Pure: the hour, what was asked before and what may be asked come in as arguments.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from domain.periods import DeliveryPeriod, hours_of
from domain.request_limits import Allowance

PeriodKey = tuple[datetime, int]
"""A period by its start (aware UTC) and its minutes."""

FIRST_RETRY_S: Final = 30
"""First wait, in seconds, for a period that needs a price soon or whose request got no answer; it doubles."""

LONGEST_WAIT_S: Final = 86_400
"""A period whose delivery is over is looked at once a day at least."""

NEGLECTED_S: Final = 1_800
"""A period overdue by more than this (or by two refresh times, if longer) is neglected."""

NEGLECTED_TURN: Final = 4
"""Every so many requests one goes to a neglected period, whatever is more urgent, so none starves."""

IN_VAIN: Final = 3
"""After so many requests without a usable answer a period no longer goes before the others: some are never served."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """What came of the requests for one period.

    ``unanswered`` counts the requests since the last usable answer; ``without_news`` the
    usable answers in a row that said nothing new, counted anew once delivery is over.
    """

    asked_at: datetime
    answered_at: datetime | None = None
    unanswered: int = 1
    without_news: int = 0

    def asked_again(self, now: datetime) -> "Asked":
        """Return this after one more request."""
        return replace(self, asked_at=now, unanswered=self.unanswered + 1)

    def answered(self, period: DeliveryPeriod, now: datetime, *, news: bool) -> "Asked":
        """Return this after a usable answer, which told something new or not."""
        before = self.without_news_since_delivery(period.end, now)
        return replace(self, answered_at=now, unanswered=0, without_news=0 if news else before + 1)

    def without_news_since_delivery(self, delivery_end: datetime, now: datetime) -> int:
        """Return the answers without news that still count: those of an open period end with its delivery."""
        if self.answered_at is not None and self.answered_at < delivery_end <= now:
            return 0
        return self.without_news


class Urgency(IntEnum):
    """Why a period is asked for, the most urgent first."""

    UNPRICED = 0
    OPEN = 1
    ASKED_IN_VAIN = 2
    DELIVERED = 3
    UNTRADED = 4


@dataclass(frozen=True)
class DueRequest:
    """A period that may be asked for now, and since when."""

    period: DeliveryPeriod
    urgency: Urgency
    due_since: datetime
    neglected: bool

    @property
    def can_wait(self) -> bool:
        """Whether the last permits are kept for others."""
        return self.urgency >= Urgency.ASKED_IN_VAIN


def due_requests(
    now: datetime,
    *,
    zone: ZoneInfo,
    with_deals: Iterable[tuple[DeliveryPeriod, bool]],
    asked: Mapping[PeriodKey, Asked],
    refresh_s: int,
) -> tuple[DueRequest, ...]:
    """Return the periods to ask for at *now*, in the order in which to ask.

    *with_deals* are the periods with deals, each with whether its reference price is known.
    First those without a price, then those whose delivery is not over, then those whose price
    is asked for in vain, then the delivered ones that are due for another look, then the
    tradable hours without deals. Within a class, the longest unasked comes first, among the
    never asked the nearest to now.
    """
    looks = due_looks(now, zone=zone, with_deals=with_deals, asked=asked, refresh_s=refresh_s)
    return tuple(request_of(look, now, refresh_s) for look in sorted(looks))


class DueLook(NamedTuple):
    """A period that is due, in the order of its fields; a tuple, since there may be tens of thousands."""

    urgency: Urgency
    asked_at: datetime
    distance: timedelta
    shortness: int
    start: datetime
    due_since: datetime
    period: DeliveryPeriod


def due_looks(
    now: datetime,
    *,
    zone: ZoneInfo,
    with_deals: Iterable[tuple[DeliveryPeriod, bool]],
    asked: Mapping[PeriodKey, Asked],
    refresh_s: int,
    besides: Container[PeriodKey] = (),
) -> Iterator[DueLook]:
    """Yield what is due at *now*, in no order, but for *besides*: there may be tens of thousands, few of them asked."""
    untraded = {key_of(hour): hour for hour in tradable_hours(now, zone)}
    for period, priced in with_deals:
        key = key_of(period)
        untraded.pop(key, None)
        if key not in besides and (
            look := _look(now, period, _urgency(now, period, known := asked.get(key), priced=priced), known, refresh_s)
        ):
            yield look
    for key, hour in untraded.items():
        if key not in besides and (look := _look(now, hour, Urgency.UNTRADED, asked.get(key), refresh_s)):
            yield look


def request_of(look: DueLook, now: datetime, refresh_s: int) -> DueRequest:
    """Return the request that *look* stands for."""
    overdue = now - look.due_since > timedelta(seconds=max(NEGLECTED_S, 2 * refresh_s))
    return DueRequest(look.period, look.urgency, look.due_since, neglected=overdue)


def affordable(
    due: Sequence[DueRequest], allowed: Allowance, *, at_most: int, made_before: int = 0
) -> tuple[DueRequest, ...]:
    """Return which of *due* to ask for now: never more than allowed, nor than *at_most*.

    *made_before* counts all earlier requests of this run: every fourth goes to the period
    that has been neglected longest, if there is one.
    """
    waiting = list(due)
    chosen: list[DueRequest] = []
    while waiting and len(chosen) < min(at_most, allowed.requests):
        neglected = [request for request in waiting if request.neglected]
        if neglected and (made_before + len(chosen)) % NEGLECTED_TURN == NEGLECTED_TURN - 1:
            request = min(neglected, key=lambda each: each.due_since)
        elif waiting[0].can_wait and len(chosen) >= allowed.unhurried:
            break
        else:
            request = waiting[0]
        waiting.remove(request)
        chosen.append(request)
    return tuple(chosen)


def tradable_hours(now: datetime, zone: ZoneInfo) -> tuple[DeliveryPeriod, ...]:
    """Return the hours that can be traded at *now*: from the next one to tomorrow's last, local days."""
    today = now.astimezone(zone).date()
    days = (today, today + timedelta(days=1))
    return tuple(hour for day in days for hour in hours_of(day, zone) if hour.start > now)


def key_of(period: DeliveryPeriod) -> PeriodKey:
    """Return what requests for *period* are remembered under."""
    return (period.start, period.minutes)


def end_of(key: PeriodKey) -> datetime:
    """Return when the delivery of the period that *key* stands for is over."""
    start, minutes = key
    return start + timedelta(minutes=minutes)


def next_look(key: PeriodKey, asked: Asked | None, now: datetime, refresh_s: int) -> datetime:
    """Return before which instant a period is certainly not due, unless its delivery is not over then.

    That holds from *now* on, whatever is learned about its price, while it is not asked for again.
    """
    if asked is None or asked.asked_at > now:
        return now
    shortest = wait_s(end_of(key), Urgency.UNPRICED, asked, now, refresh_s)
    return asked.asked_at + timedelta(seconds=shortest)


def wait_s(delivery_end: datetime, urgency: Urgency, asked: Asked, now: datetime, refresh_s: int) -> int:
    """Return how many seconds after the last request a period is asked for again."""
    over = now >= delivery_end
    longest = LONGEST_WAIT_S if over else refresh_s
    first_retry = min(refresh_s, FIRST_RETRY_S)
    without_news = asked.without_news_since_delivery(delivery_end, now)
    if asked.unanswered:
        return _doubled(first_retry, asked.unanswered - 1, longest)
    if over:
        return _doubled(refresh_s, without_news, longest)
    if urgency is Urgency.UNPRICED:
        return _doubled(first_retry, without_news, longest)
    return refresh_s


def _urgency(now: datetime, period: DeliveryPeriod, known: Asked | None, *, priced: bool) -> Urgency:
    in_vain = known is not None and known.unanswered >= IN_VAIN
    if not priced and not in_vain:
        return Urgency.UNPRICED
    if now >= period.end:
        return Urgency.DELIVERED
    return Urgency.ASKED_IN_VAIN if in_vain else Urgency.OPEN


def _look(
    now: datetime, period: DeliveryPeriod, urgency: Urgency, known: Asked | None, refresh_s: int
) -> DueLook | None:
    if known is None:
        asked_at, due_since = _NEVER, now
    elif known.asked_at > now:  # before somebody set the clock back
        asked_at, due_since = known.asked_at, now
    else:
        asked_at = known.asked_at
        due_since = asked_at + timedelta(seconds=wait_s(period.end, urgency, known, now, refresh_s))
        if due_since > now:
            return None
    return DueLook(urgency, asked_at, abs(period.start - now), -period.minutes, period.start, due_since, period)


def _doubled(seconds: int, times: int, longest: int) -> int:
    return int(min(seconds << min(times, 32), longest))
