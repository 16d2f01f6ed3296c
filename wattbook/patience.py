"""How eagerly may a failing provider be asked again, and what changed that an operator should read? Pure."""

import random
from typing import Final, Literal

Failure = Literal["is unreachable", "refuses requests", "fails", "gives unusable answers"]

FAILURES_UNTIL_DOWN: Final = 3
"""So many failures with no proper answer between them mean that the provider is down."""

LONGEST_BACK_OFF_S: Final = 60.0

SLOW_S: Final = 5.0
"""A request under way for longer counts no more while it is found out how much a provider bears: some take 30 s."""

SHORTEST_REFUSAL_S: Final = 60.0
LONGEST_REFUSAL_S: Final = 3_600.0

_MOST_AT_ONCE: Final = 1_024


def failure_of(status: int) -> Failure:
    """Return which failure of the provider as a whole an answer with this status is."""
    if status == 429:
        return "refuses requests"
    return "fails" if status >= 500 else "gives unusable answers"


class Patience:
    """Counts failures of the provider as a whole, in a row; all times are seconds of one steady clock.

    An answer that is odd about one period is none: periods that are always refused would slow
    down all others.

    While the provider is down one request at a time goes out, after 1, 2, 4 … 60 seconds,
    each wait shortened at random by up to half, in whatever way it fails. When it answers, and
    at the beginning, one request goes out alone, and each answer doubles how many may be under way.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._failures = 0
        self._down_as: Failure | None = None
        self._step = 0
        self._ramp = 1
        self._ask_again_at = 0.0
        self._refusal_s = SHORTEST_REFUSAL_S
        self._refused_until = 0.0

    @property
    def down_as(self) -> Failure | None:
        """In which way the provider is down, ``None`` while it is not."""
        return self._down_as

    def failed(self, kind: Failure, now: float) -> bool:
        """Count a failure; return whether it began an outage."""
        self._failures += 1
        if self._failures < FAILURES_UNTIL_DOWN:
            return False
        began = self._down_as is None
        self._down_as = kind
        if began:
            self._step, self._ramp = 0, 1
        elif now >= self._ask_again_at:
            self._step += 1
        else:
            return False  # asked before it was known to be down
        wait_s = min(2.0 ** min(self._step, 16), LONGEST_BACK_OFF_S)
        self._ask_again_at = now + wait_s * self._rng.uniform(0.5, 1.0)
        return began

    def begin(self) -> None:
        """Find out anew how many requests at once the provider bears."""
        self._ramp = 1

    def served(self) -> bool:
        """Count an answer of a provider that serves, if only to refuse a period; return whether it ended an outage."""
        ended = self._down_as is not None
        self._failures, self._down_as, self._step = 0, None, 0
        self._ramp = min(2 * self._ramp, _MOST_AT_ONCE)
        self._refusal_s = SHORTEST_REFUSAL_S
        return ended

    def refusal_s(self, now: float) -> float:
        """Return for how long to make no request after a refusal that names no time: 60 s, doubling up to an hour.

        What is left of that time for refusals of requests sent before the last one was known.
        """
        if now < self._refused_until:
            return self._refused_until - now
        seconds = self._refusal_s
        self._refusal_s = min(2 * seconds, LONGEST_REFUSAL_S)
        self._refused_until = now + seconds
        return seconds

    def at_most(self, now: float, in_flight: int, slots: int, *, slow: int = 0) -> int:
        """Return how many requests may be sent at once beside those in flight, of which *slow* longer than SLOW_S."""
        if self._down_as is None:
            return max(min(slots - in_flight, self._ramp - (in_flight - slow)), 0)
        return 1 if in_flight == 0 and now >= self._ask_again_at else 0
