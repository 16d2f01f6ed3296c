"""Up to when is the record complete: since when has some line to the exchange always been open?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Connection:
    """One line held open: from ``opened_at`` to ``ended_at``, still open where that is ``None``."""

    opened_at: datetime
    ended_at: datetime | None


def complete_up_to(connections: Iterable[Connection], recorded_at: datetime | None) -> datetime | None:
    """Return the start of the oldest interval without any open line, else *recorded_at*.

    ``None`` before the first connection: nothing is known to be complete. A loss counts
    from when its line was last known to work.
    """
    covered_until: datetime | None = None
    for connection in sorted(connections, key=lambda each: each.opened_at):
        if covered_until is not None and connection.opened_at > covered_until:
            return covered_until
        if connection.ended_at is None:
            return recorded_at
        covered_until = max(covered_until or connection.ended_at, connection.ended_at)
    return covered_until
