"""Which lines were lost when an outage began, how was each loss noticed, and what of the outage did a file tell?"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.coverage import Connection, Outage, Told, outages, untold
from domain.decimals import EXACT


@dataclass(frozen=True)
class LineConnection(Connection):
    """One line held open; how its end was noticed, and why it ended, are ``None`` while it is open."""

    line: str
    noticed_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class ToldByFile(Told):
    """A stretch of which the day file ``file`` told every deal."""

    file: str


@dataclass(frozen=True)
class LineLoss:
    """A line that nothing held open any more: last known to work at ``lost_at``, noticed at ``noticed_at``."""

    line: str
    lost_at: datetime
    noticed_at: datetime
    reason: str

    @property
    def detection_delay_s(self) -> Decimal:
        """Seconds from the last sign of life until the loss was noticed, exact."""
        return EXACT.scaleb(Decimal((self.noticed_at - self.lost_at) // timedelta(microseconds=1)), -6)


@dataclass(frozen=True)
class OutageAccount:
    """A stretch without any open line, ``end`` is ``None`` while it lasts.

    ``lines`` are those that were held open before it, with the loss of each, the last one
    first. ``told_by`` names the day files that tell of it, ``untold`` is what none of them tells.
    """

    start: datetime
    end: datetime | None
    lines: tuple[LineLoss, ...]
    told_by: tuple[str, ...]
    untold: tuple[Outage, ...]

    @property
    def noticed_at(self) -> datetime | None:
        """When the last of the lines was known to be lost: until then one of them seemed open."""
        return max((loss.noticed_at for loss in self.lines), default=None)

    @property
    def is_told(self) -> bool:
        """Whether day files told all of it, so that no deal is missing."""
        return not self.untold

    def concerns(self, last_delivery: datetime) -> bool:
        """Tell whether a deal may be missing on a day whose last delivery begins at *last_delivery*.

        A deal may be made at any time until its delivery begins, so only an outage that
        began later leaves the day whole.
        """
        return any(stretch.start <= last_delivery for stretch in self.untold)


@dataclass(frozen=True)
class Coverage:
    """When lines were open, as known at one moment: outages and losses, the oldest first."""

    connected_once: bool
    outages: tuple[OutageAccount, ...]
    losses: tuple[LineLoss, ...]

    def complete_up_to(self, recorded_at: datetime | None) -> datetime | None:
        """Return the start of the oldest stretch that no file told, else *recorded_at*; ``None`` before any line."""
        untold = (part.start for outage in self.outages for part in outage.untold)
        return next(untold, recorded_at) if self.connected_once else None

    def last_loss(self, line: str) -> LineLoss | None:
        """Return how *line* was lost last."""
        return next((loss for loss in reversed(self.losses) if loss.line == line), None)

    def losses_of(self, line: str) -> int:
        """Return how often *line* was lost."""
        return sum(loss.line == line for loss in self.losses)


def coverage_of(connections: Iterable[LineConnection], told: Iterable[ToldByFile] = ()) -> Coverage:
    """Return when lines were open, and what of the rest day files told."""
    known = tuple(connections)
    return Coverage(bool(known), accounts(known, told), losses(known))


def losses(connections: Iterable[LineConnection]) -> tuple[LineLoss, ...]:
    """Return every loss of a line, the oldest first.

    A connection that ends while another one holds its line, as when a receiver is replaced,
    loses nothing.
    """
    by_line: defaultdict[str, list[LineConnection]] = defaultdict(list)
    for connection in connections:
        by_line[connection.line].append(connection)
    found = [loss for line, held in by_line.items() for loss in _losses_of(line, held)]
    return tuple(sorted(found, key=lambda loss: (loss.lost_at, loss.line)))


def accounts(connections: Iterable[LineConnection], told: Iterable[ToldByFile] = ()) -> tuple[OutageAccount, ...]:
    """Return what is known of every stretch without any open line, the oldest first."""
    known, files = tuple(connections), sorted(told, key=lambda each: (each.start, each.file))
    lost = losses(known)
    lost_at = [loss.lost_at for loss in lost]
    found: list[OutageAccount] = []
    covered_from: datetime | None = None
    for gap in outages(known):
        first = 0 if covered_from is None else bisect_left(lost_at, covered_from)
        lines = {loss.line: loss for loss in lost[first : bisect_right(lost_at, gap.start)]}
        found.append(
            OutageAccount(
                start=gap.start,
                end=gap.end,
                lines=tuple(sorted(lines.values(), key=lambda loss: (-loss.lost_at.timestamp(), loss.line))),
                told_by=tuple(dict.fromkeys(each.file for each in files if _overlap(each, gap))),
                untold=untold((gap,), files),
            )
        )
        covered_from = gap.end
    return tuple(found)


def _losses_of(line: str, held: Sequence[LineConnection]) -> list[LineLoss]:
    ended = {each.ended_at: each for each in sorted(held, key=lambda each: each.noticed_at or each.opened_at)}
    found = []
    for gap in outages(held):
        last = ended[gap.start]
        found.append(LineLoss(line, gap.start, last.noticed_at or gap.start, last.reason or ""))
    return found


def _overlap(told: Told, gap: Outage) -> bool:
    return told.end > gap.start and (gap.end is None or told.start < gap.end)
