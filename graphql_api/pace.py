"""When may the next update of a view go out? At once after a quiet time, never more than four a second."""

from collections import deque

A_SECOND_S = 1.05
"""The second in which at most four go out, with some room for the network to bunch them up."""

SPACING_S = 0.26
"""Between updates while they keep coming, so that a busy view moves evenly."""


class Pace:
    """Remembers when the last four updates went out, in seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._sent: deque[float] = deque(maxlen=4)

    def note(self, now: float) -> None:
        """Remember that an update went out."""
        self._sent.append(now)

    def earliest(self, now: float) -> float:
        """Return when the next update may go out: *now* or later.

        Two may follow each other closely: a deal that comes just after another is not held up.
        """
        earliest = now
        if len(self._sent) >= 2 and self._sent[-2] > now - A_SECOND_S:
            earliest = max(earliest, self._sent[-1] + SPACING_S)
        if len(self._sent) == 4:
            earliest = max(earliest, self._sent[0] + A_SECOND_S)
        return earliest
