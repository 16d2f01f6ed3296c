"""How many requests does a limit of the provider leave now? Pure: sliding windows over the earlier ones."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

TRAVEL_S: Final = 5
"""A request may reach the provider this many seconds after its permit, so windows are kept this much longer."""

_NO_LIMIT: Final = 1_000_000
_LIMIT: Final = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour|day)")
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


@dataclass(frozen=True)
class RequestLimit:
    """At most ``requests`` in any window of ``seconds``."""

    requests: int
    seconds: int

    @staticmethod
    def parse(text: str) -> "RequestLimit":
        """Return the limit that *text* writes like ``50/minute``; raise ``ValueError`` where it writes none."""
        match = _LIMIT.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text.strip()!r} is not like '50/minute'")
        return RequestLimit(int(match[1]), _SECONDS[match[2]])

    @property
    def window(self) -> timedelta:
        """How long a request counts: the limit's window and the time a request may travel."""
        return timedelta(seconds=self.seconds + min(self.seconds, TRAVEL_S))


@dataclass(frozen=True)
class Allowance:
    """How many requests may be made now.

    ``unhurried`` is the number of them that may go to periods that can wait: the last
    fifth of every limit is kept for periods with deals. ``next_at`` is when the next
    request becomes possible where there is none now.
    """

    requests: int
    unhurried: int
    next_at: datetime | None


def allowance(
    now: datetime,
    requested_at: Collection[datetime],
    limits: Sequence[RequestLimit],
    paused_until: datetime | None = None,
) -> Allowance:
    """Return what sliding windows over all earlier requests, and the provider's own pause, leave now."""
    free, unhurried, next_at = _NO_LIMIT, _NO_LIMIT, now
    for limit in limits:
        counted = sorted(instant for instant in requested_at if instant > now - limit.window)
        left = limit.requests - len(counted)
        free, unhurried = min(free, left), min(unhurried, left - limit.requests // 5)
        if left <= 0:
            next_at = max(next_at, counted[-limit.requests] + limit.window)
    if paused_until is not None and paused_until > now:
        return Allowance(0, 0, max(next_at, paused_until))
    if free <= 0:
        return Allowance(0, 0, next_at)
    return Allowance(free, max(unhurried, 0), None)
