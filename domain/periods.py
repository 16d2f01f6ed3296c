"""Which delivery periods does a day have, and which one does a label name?

A delivery day is a day of the market's zone. It has 24 hours, 23 on the spring clock
change and 25 on the autumn one, where the doubled hour is labelled A, then B. Since
October 2025 European markets also trade half- and quarter-hours.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from domain.errors import AmbiguousPeriodError, MalformedLabelError, NoSuchPeriodError

Minutes = Literal[15, 30, 60]

DURATIONS: Final[tuple[Minutes, ...]] = (60, 30, 15)
"""Durations that are traded, in minutes, the longest first."""

HOURS_OF: Final[dict[int, Decimal]] = {60: Decimal(1), 30: Decimal("0.5"), 15: Decimal("0.25")}
"""Hours in a duration: energy in MWh is power in MW times these."""

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
"""The delivery days that there are: beyond them nothing is tradable, and zone arithmetic nears the calendar's ends."""

DAYS_KEPT: Final = 1_024
"""Days whose periods are kept in memory, about 40 KB each: whoever sends all days that there are fills no more."""

_QUARTER = timedelta(minutes=15)
_LABEL = re.compile(r"(\d\d)(?::(\d\d))?-(\d\d)(?::(\d\d))?([AB]?)", re.ASCII)


@dataclass(frozen=True)
class DeliveryPeriod:
    """An interval of delivery, named as the market names it.

    ``start`` is aware UTC; ``day`` and ``label`` are the market's local names for it
    (``"08-09"``, ``"02-03B"``, ``"08:15-08:30"``).
    """

    day: date
    label: str
    start: datetime
    minutes: Minutes

    @property
    def end(self) -> datetime:
        """When delivery ends, aware UTC."""
        return self.start + timedelta(minutes=self.minutes)

    @property
    def hours(self) -> Decimal:
        """The duration in hours: 1, 0.5 or 0.25."""
        return HOURS_OF[self.minutes]

    @property
    def sort_key(self) -> tuple[datetime, int]:
        """Sort key: by start, then the longer first."""
        return (self.start, -self.minutes)


def hours_of(day: date, zone: ZoneInfo) -> tuple[DeliveryPeriod, ...]:
    """Return the delivery hours of *day* in order: 23 to 25 of them."""
    return tuple(period for period in periods_of(day, zone) if period.minutes == 60)


@lru_cache(maxsize=DAYS_KEPT)
def periods_of(day: date, zone: ZoneInfo) -> tuple[DeliveryPeriod, ...]:
    """Return every hour, half- and quarter-hour of *day*, by start, the longer first.

    Days before :data:`FIRST_DAY` and after :data:`LAST_DAY` have none.
    """
    starts = _quarter_hours(day, zone)
    walls = [start.astimezone(zone).replace(tzinfo=None) for start in starts]
    periods = []
    for minutes in DURATIONS:
        for index, (start, wall) in enumerate(zip(starts, walls, strict=True)):
            slots = minutes // 15
            if wall.minute % minutes or index + slots > len(starts):
                continue
            if starts[index + slots - 1] - start != _QUARTER * (slots - 1):
                continue
            suffix = ""
            if walls.count(wall) > 1:
                suffix = "A" if walls.index(wall) == index else "B"
            periods.append(DeliveryPeriod(day, _label(wall, minutes) + suffix, start, minutes))
    return tuple(sorted(periods, key=lambda period: period.sort_key))


def parse_period(day: date, label: str, zone: ZoneInfo, executed_at: datetime | None = None) -> DeliveryPeriod:
    """Return the period of *day* that *label* names.

    A plain label of the doubled autumn hour is B when A began before *executed_at* and
    B did not, since a deal is not made after its delivery began; otherwise it is
    ambiguous. ``23-00`` and ``24:00``-ends written as ``00:00`` are accepted.

    Raises :class:`MalformedLabelError`, :class:`NoSuchPeriodError` or
    :class:`AmbiguousPeriodError`.
    """
    canonical = _canonical(label)
    named = _by_label(day, zone)
    if found := named.get(canonical):
        return found
    first, second = named.get(canonical + "A"), named.get(canonical + "B")
    if first is None or second is None:
        raise NoSuchPeriodError(f"{day} has no delivery period {label!r}")
    if executed_at is not None and first.start < executed_at <= second.start:
        return second
    raise AmbiguousPeriodError(f"{label!r} comes twice on {day}: {first.label} or {second.label}")


@lru_cache(maxsize=DAYS_KEPT)
def _by_label(day: date, zone: ZoneInfo) -> dict[str, DeliveryPeriod]:
    return {period.label: period for period in periods_of(day, zone)}


def _quarter_hours(day: date, zone: ZoneInfo) -> list[datetime]:
    """Return the UTC starts of the quarter-hours whose local date is *day*."""
    if not FIRST_DAY <= day <= LAST_DAY:
        return []
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    around = (noon + _QUARTER * step for step in range(-4 * 30, 4 * 30))
    return [start for start in around if start.astimezone(zone).date() == day]


def _label(wall: datetime, minutes: int) -> str:
    end_minutes = wall.hour * 60 + wall.minute + minutes
    end_hour, end_minute = divmod(end_minutes, 60)
    if minutes == 60:
        return f"{wall.hour:02}-{end_hour:02}"
    return f"{wall.hour:02}:{wall.minute:02}-{end_hour:02}:{end_minute:02}"


def _canonical(label: str) -> str:
    """Return *label* in the one spelling used everywhere."""
    match = _LABEL.fullmatch(label)
    if not match or (match[2] is None) != (match[4] is None):
        raise MalformedLabelError(f"not a delivery period: {label!r}")
    start = int(match[1]) * 60 + int(match[2] or 0)
    end = int(match[3]) * 60 + int(match[4] or 0)
    if end == 0 and start > 0:
        end = 24 * 60
    suffix = match[5]
    if match[2] is None or (end - start == 60 and start % 60 == 0):
        return f"{match[1]}-{end // 60:02}{suffix}"
    return f"{match[1]}:{match[2]}-{end // 60:02}:{end % 60:02}{suffix}"
