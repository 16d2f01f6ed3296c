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

    It worked until the last byte that came: a path may die at any moment after it, whatever
    ends the connection then. An exchange that hangs up in order (a close frame, FIN) shows that
    nothing it sent before is missing, unless its pong is overdue: then its farewell may have
    been on its way all the time. What a process finds after it was held up may have come at
    any moment before: it shows nothing.
    """

    def __init__(self, opened_at: datetime, pinged_every_s: float) -> None:
        self.worked_until = opened_at
        self._heard_at = opened_at
        self._expected_within = timedelta(seconds=pinged_every_s) + PONG_WITHIN
        self._looked_at = opened_at
        self._sure_from = opened_at

    def heard(self, at: datetime, *, farewell: bool = False) -> bool:
        """Take in that bytes came; return whether they show that the connection works *at* this instant.

        With a *farewell* among them, a close frame, nothing that the exchange sends comes after them.
        """
        sure = self._is_sure(at) and not (farewell and self._is_overdue(at))
        if sure:
            self._heard_at = self.worked_until = at
        return sure

    def looked_at(self, at: datetime) -> None:
        """Take in that the process looks after the connection: it is not held up."""
        self._is_sure(at)

    def hung_up(self, at: datetime) -> None:
        """Take in that the exchange hung up, in order."""
        if self._is_sure(at) and not self._is_overdue(at):
            self.worked_until = at

    def _is_overdue(self, at: datetime) -> bool:
        return at - self._heard_at > self._expected_within

    def _is_sure(self, at: datetime) -> bool:
        # A clock that was set makes the instants before it as doubtful as a pause does.
        if abs(at - self._looked_at) > HELD_UP:
            self._sure_from = at + CATCHING_UP
        self._looked_at = at
        return at >= self._sure_from
