"""When was no line to the exchange open?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Connection:
    """One line held open: from ``opened_at`` to ``ended_at``, still open where that is ``None``."""

    opened_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Outage:
    """A stretch without any open line: deals may be missing from ``start`` to ``end``, ``None`` while it lasts."""

    start: datetime
    end: datetime | None


def outages(connections: Iterable[Connection]) -> tuple[Outage, ...]:
    """Return every stretch without any open line since the first connection, the oldest first.

    A loss counts from when its line was last known to work.
    """
    found: list[Outage] = []
    covered_until: datetime | None = None
    for connection in sorted(connections, key=lambda each: each.opened_at):
        if covered_until is not None and connection.opened_at > covered_until:
            _add(found, covered_until, connection.opened_at)
        if connection.ended_at is None:
            return tuple(found)
        covered_until = max(covered_until or connection.ended_at, connection.ended_at)
    if covered_until is not None:
        _add(found, covered_until, None)
    return tuple(found)


def _add(found: list[Outage], start: datetime, end: datetime | None) -> None:
    """Add a stretch to those before it; a line that was held for no time at all divides none."""
    if found and found[-1].end == start:
        start = found.pop().start
    found.append(Outage(start, end))
