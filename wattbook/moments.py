"""What must be said of a time that somebody asks about, which may not have come yet, or be before all events?"""

import sys
from datetime import UTC, datetime

from domain.canonical import time_text
from domain.performance import Moment


def note_on(moment: Moment, position: int, now: datetime) -> str | None:
    """Return what *moment*, which means *position*, does not say by itself; ``None`` where nothing need be said.

    >>> note_on(Moment(recorded_at=datetime(2999, 1, 1, tzinfo=UTC)), 7, datetime(2026, 1, 1, tzinfo=UTC))
    '2999-01-01T00:00:00Z is in the future: this is what is known now, as of position 7'
    """
    at = moment.recorded_at
    if at is None:
        return None
    if at > now:
        return f"{time_text(at)} is in the future: this is what is known now, as of position {position}"
    return f"{time_text(at)} is before the first event: nothing was known then" if position == 0 else None


def say_of(moment: Moment, position: int) -> None:
    """Say it beside the answer, where it disturbs no machine that reads the answer."""
    if note := note_on(moment, position, datetime.now(UTC)):
        print(f"wattbook: {note}", file=sys.stderr)
