"""What of a stretch without any line to the exchange did day files tell, and which ones?"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final

from domain.coverage import Outage

LATE: Final = timedelta(minutes=10)
"""How long after its execution a deal may be sent: a file tells what was executed, an outage loses what is sent."""


@dataclass(frozen=True)
class Told:
    """A stretch of which a day file told every deal."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class ToldByFile(Told):
    """A stretch of which the day file ``file`` told every deal."""

    file: str


class Telling:
    """What day files told, so arranged that each outage finds what concerns it without a look at the rest.

    What was sent within :data:`LATE` after the start of a file's stretch may have been
    executed before it, so it is told only together with the file of the stretch before.
    """

    def __init__(self, told: Iterable[ToldByFile]) -> None:
        self._files = sorted(told, key=lambda each: (each.start, each.file))
        self._file_starts = [each.start for each in self._files]
        # Up to when a file or any before it told: never falling, unlike their own ends.
        self._file_ends = list(accumulate((each.end for each in self._files), max))
        # All that is told, as stretches that neither touch nor overlap.
        joined: list[Told] = []
        for each in self._files:
            if joined and each.start <= joined[-1].end:
                joined[-1] = Told(joined[-1].start, max(joined[-1].end, each.end))
            else:
                joined.append(each)
        told_when_sent = [each for each in joined if each.start + LATE < each.end]
        self._starts = [each.start + LATE for each in told_when_sent]
        self._ends = [each.end for each in told_when_sent]

    def tells_all(self, gap: Outage) -> bool:
        """Return whether nothing of *gap* is left untold."""
        stretch = bisect_right(self._starts, gap.start) - 1
        return stretch >= 0 and gap.end is not None and gap.end <= self._ends[stretch]

    def untold(self, gap: Outage) -> tuple[Outage, ...]:
        """Return what is left of *gap* where no file told the deals, the oldest first."""
        first = bisect_right(self._ends, gap.start)
        last = len(self._starts) if gap.end is None else bisect_left(self._starts, gap.end)
        # Untold is from the end of each stretch, at first of the gap's own past, to the start of the next.
        froms = [gap.start, *self._ends[first:last]]
        untils = [*self._starts[first:last], gap.end]
        pairs = zip(froms, untils, strict=True)
        return tuple(Outage(start, end) for start, end in pairs if end is None or start < end)

    def told_by(self, gap: Outage) -> tuple[str, ...]:
        """Return the names of the files that told something of *gap*."""
        first = bisect_right(self._file_ends, gap.start)
        last = len(self._files) if gap.end is None else bisect_left(self._file_starts, gap.end)
        return tuple(dict.fromkeys(each.file for each in self._files[first:last] if each.end > gap.start))
