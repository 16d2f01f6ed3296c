"""How many requests does the stand-in provider let through?"""

from collections import deque
from collections.abc import Sequence

from domain.request_limits import RequestLimit


def parse_limits(text: str) -> tuple[RequestLimit, ...]:
    """Return the limits in *text* such as ``50/minute,1000/hour``; none for ``none``. Raises ``ValueError``."""
    return () if text == "none" else tuple(RequestLimit.parse(part) for part in text.split(","))


class SlidingWindows:
    """Counts what was let through; ``now_s`` arguments are seconds of any clock that only runs forward."""

    def __init__(self, limits: Sequence[RequestLimit]) -> None:
        self._limits = limits
        self._admitted: deque[float] = deque(maxlen=max((limit.requests for limit in limits), default=0))

    def admit(self, now_s: float) -> float:
        """Let a request through and return 0, or return the seconds until one would be."""
        wait_s = 0.0
        for limit in self._limits:
            if len(self._admitted) >= limit.requests:
                oldest = self._admitted[-limit.requests]
                wait_s = max(wait_s, oldest + limit.seconds - now_s)
        if wait_s <= 0:
            self._admitted.append(now_s)
        return max(wait_s, 0.0)
