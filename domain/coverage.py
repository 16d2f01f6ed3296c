"""Up to when is the record complete: since when has some line to the exchange always been open, or a file told?"""

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


@dataclass(frozen=True)
class Told:
    """A stretch of which a day file told every deal."""

    start: datetime
    end: datetime


def outages(connections: Iterable[Connection]) -> tuple[Outage, ...]:
    """Return every stretch without any open line since the first connection, the oldest first.

    A loss counts from when its line was last known to work.
    """
    found: list[Outage] = []
    covered_until: datetime | None = None
    for connection in sorted(connections, key=lambda each: each.opened_at):
        if covered_until is not None and connection.opened_at > covered_until:
            found.append(Outage(covered_until, connection.opened_at))
        if connection.ended_at is None:
            return tuple(found)
        covered_until = max(covered_until or connection.ended_at, connection.ended_at)
    if covered_until is not None:
        found.append(Outage(covered_until, None))
    return tuple(found)


def untold(gaps: Iterable[Outage], told: Iterable[Told]) -> tuple[Outage, ...]:
    """Return what is left of *gaps* where no file told the deals, the oldest first."""
    stretches = sorted(told, key=lambda each: each.start)
    left: list[Outage] = []
    for gap in gaps:
        start: datetime | None = gap.start
        for stretch in stretches:
            if start is None or (gap.end is not None and stretch.start >= gap.end):
                break
            if stretch.end <= start:
                continue
            if stretch.start > start:
                left.append(Outage(start, stretch.start))
            start = stretch.end if gap.end is None or stretch.end < gap.end else None
        if start is not None:
            left.append(Outage(start, gap.end))
    return tuple(left)


def complete_up_to(
    connections: Iterable[Connection], recorded_at: datetime | None, told: Iterable[Told] = ()
) -> datetime | None:
    """Return the start of the oldest stretch without any open line that no file told, else *recorded_at*.

    ``None`` before the first connection: nothing is known to be complete.
    """
    known = tuple(connections)
    if not known:
        return None
    gaps = untold(outages(known), told)
    return gaps[0].start if gaps else recorded_at
