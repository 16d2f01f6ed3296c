"""Up to when is a connection known to have worked, however it ended?"""

from datetime import datetime, timedelta
from typing import Final

PONG_WITHIN: Final = timedelta(seconds=1)
"""How long after its ping a pong may come before the line counts as overdue."""

HELD_UP: Final = timedelta(seconds=2)
"""A process that looked at nothing for so long was itself held up."""

CATCHING_UP: Final = timedelta(seconds=1)
"""So long after it was held up, a process may still be reading what came meanwhile."""


class SignsOfLife:
    """What one connection showed of itself, in instants of the wall clock.

    Whatever is heard shows that it works. A quiet line is heard only as often as it is
    pinged; until the next pong is overdue it counts as working for a process that goes on
    holding it, that ends, or that sees the exchange itself hang up. A path that turns out to
    be dead, by silence or by the kernel's time-outs, worked until the last byte. What a
    process finds after it was held up may have come at any moment before: it shows nothing.
    """

    def __init__(self, opened_at: datetime, pinged_every_s: float) -> None:
        self.worked_until = opened_at
        self._heard_at = opened_at
        self._expected_within = timedelta(seconds=pinged_every_s) + PONG_WITHIN
        self._looked_at = opened_at
        self._sure_from = opened_at
        self._is_over = False

    def heard(self, at: datetime) -> bool:
        """Take in that bytes came; return whether they show that the connection works *at* this instant."""
        sure = self._is_sure(at)
        if sure:
            self._heard_at = self.worked_until = at
        return sure

    def works(self, at: datetime) -> bool:
        """Return whether the connection counts as working *at* this instant: not ended, and not overdue."""
        return self._is_sure(at) and not self._is_over and at - self._heard_at <= self._expected_within

    def ended(self, at: datetime) -> None:
        """Take in that the exchange hung up or reset the connection, or that this process lets go of it."""
        if self.works(at):
            self.worked_until = at
        self._is_over = True

    def _is_sure(self, at: datetime) -> bool:
        # A clock that was set makes the instants before it as doubtful as a pause does.
        if abs(at - self._looked_at) > HELD_UP:
            self._sure_from = at + CATCHING_UP
        self._looked_at = at
        return at >= self._sure_from
