"""Which lines were lost when an outage began, how was each loss noticed, and what of the outage did a file tell?"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain.coverage import Connection, Outage, outages
from domain.decimals import EXACT
from domain.telling import Telling, ToldByFile


@dataclass(frozen=True)
class LineConnection(Connection):
    """One line held open; how its end was noticed, and why it ended, are ``None`` while it is open."""

    line: str
    noticed_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class Interruption:
    """A stretch of a connection of which deals were heard, and are lost."""

    start: datetime
    end: datetime
    reason: str


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


class Coverage:
    """When lines were open, as known at one moment, and what of the rest day files told.

    A year may leave tens of thousands of outages and nobody looks at them all, so the account
    of one is given when it is asked for.
    """

    def __init__(self, connections: Iterable[LineConnection], told: Iterable[ToldByFile] = ()) -> None:
        known = tuple(connections)
        self._connected_once = bool(known)
        self._outages = outages(known)
        self._telling = Telling(told)
        self._untold = [place for place, gap in enumerate(self._outages) if not self._telling.tells_all(gap)]
        self._losses = losses(known)
        self._lost_at = [loss.lost_at for loss in self._losses]
        self._last_loss = {loss.line: loss for loss in self._losses}
        self._loss_counts = Counter(loss.line for loss in self._losses)

    @property
    def untold_outages(self) -> int:
        """Of how many outages no file told all deals."""
        return len(self._untold)

    def complete_up_to(self, recorded_at: datetime | None) -> datetime | None:
        """Return the start of the oldest stretch that no file told, else *recorded_at*; ``None`` before any line."""
        if not self._connected_once:
            return None
        return self._telling.untold(self._outages[self._untold[0]])[0].start if self._untold else recorded_at

    def last_loss(self, line: str) -> LineLoss | None:
        """Return how *line* was lost last."""
        return self._last_loss.get(line)

    def losses_of(self, line: str) -> int:
        """Return how often *line* was lost."""
        return self._loss_counts[line]

    def accounts(self) -> Iterator[OutageAccount]:
        """Yield what is known of every outage, the newest first."""
        return map(self._account, reversed(range(len(self._outages))))

    def untold_accounts(self, last_delivery: datetime | None = None) -> Iterator[OutageAccount]:
        """Yield what is known of every outage that no files told all of, the newest first.

        With *last_delivery*, just of those that concern the day whose last delivery begins then.
        """
        places = self._untold
        if last_delivery is not None:
            places = places[: bisect_right(places, last_delivery, key=lambda place: self._outages[place].start)]
        found = map(self._account, reversed(places))
        return (account for account in found if last_delivery is None or account.concerns(last_delivery))

    def _account(self, place: int) -> OutageAccount:
        gap = self._outages[place]
        covered_from = self._outages[place - 1].end if place else None
        first = 0 if covered_from is None else bisect_left(self._lost_at, covered_from)
        lines = {loss.line: loss for loss in self._losses[first : bisect_right(self._lost_at, gap.start)]}
        return OutageAccount(
            start=gap.start,
            end=gap.end,
            lines=tuple(sorted(lines.values(), key=lambda loss: (-loss.lost_at.timestamp(), loss.line))),
            told_by=self._telling.told_by(gap),
            untold=self._telling.untold(gap),
        )


def whole_stretches(connection: LineConnection, interruptions: Iterable[Interruption]) -> list[LineConnection]:
    """Return the stretches of *connection* of which nothing is lost; to whoever counts outages it was lost between."""
    found: list[LineConnection] = []
    whole_from = connection.opened_at
    for each in sorted(interruptions, key=lambda interruption: (interruption.start, interruption.end)):
        if connection.ended_at is not None and each.start >= connection.ended_at:
            break
        if each.end > whole_from:
            if each.start > whole_from or not found:
                lost_at = max(each.start, whole_from)
                found.append(LineConnection(whole_from, lost_at, connection.line, each.end, each.reason))
            whole_from = each.end
    if connection.ended_at is None or not found or whole_from < connection.ended_at:
        found.append(replace(connection, opened_at=whole_from))
    return found


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


def _losses_of(line: str, held: Sequence[LineConnection]) -> list[LineLoss]:
    ended = ((each.ended_at, each.noticed_at, each.reason) for each in held if each.ended_at is not None)
    ends = sorted((ended_at, noticed_at or ended_at, reason or "") for ended_at, noticed_at, reason in ended)
    ended_at = [each[0] for each in ends]
    found = []
    for gap in outages(held):
        lost_at, noticed_at, reason = ends[bisect_right(ended_at, gap.start) - 1]
        found.append(LineLoss(line, lost_at, noticed_at, reason))
    return found
