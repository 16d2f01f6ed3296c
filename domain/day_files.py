"""Which day is a day file of, and which stretch of time does it tell?"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.errors import DayFileRefusedError
from domain.periods import FIRST_DAY, LAST_DAY
from domain.telling import Told

NAMED: Final = 100
"""How many differing and how many extra deals an import names in the log; it counts all of them."""

_NAME: Final = re.compile(r"(.+)_trades_([0-9]{8})\.csv", re.ASCII)


def day_of(name: str, exchange: str) -> date:
    """Return the execution day that a file's *name* says; raise :class:`DayFileRefusedError` for one that says none."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise DayFileRefusedError(f"{name}: a day file is named like {exchange}_trades_20230206.csv")
    if match[1] != exchange:
        raise DayFileRefusedError(
            f"{name}: this is a file of the exchange {match[1]!r}, and WATTBOOK_EXCHANGE_NAME says {exchange!r}"
        )
    try:
        day = date(int(match[2][:4]), int(match[2][4:6]), int(match[2][6:]))
    except ValueError:
        raise DayFileRefusedError(f"{name}: there is no day {match[2]}") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise DayFileRefusedError(f"{name}: there is no trading on {day}")
    return day


def exchange_of(name: str) -> str | None:
    """Return of which exchange the day file *name* is, ``None`` where it is the name of none."""
    match = _NAME.fullmatch(name)
    return None if match is None else match[1]


def whole_day(day: date, zone: ZoneInfo) -> Told:
    """Return *day* in *zone*, from midnight to midnight: 23 to 25 hours."""
    start, end = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return Told(start, end)


@dataclass(frozen=True)
class Doubt:
    """Where a file was found to lack deals: ``first_extra`` is when the first of them was executed.

    ``last_before`` is when the file's last deal before it was, and ``in_order`` is whether
    the file has its deals in the order of their execution.
    """

    first_extra: datetime
    last_before: datetime | None
    in_order: bool


def judged_by(day: date, zone: ZoneInfo, modified_at: datetime, now: datetime) -> Told:
    """Return in which stretch a deal that a file of *day* lacks is extra: it can know none made after it was written.

    It tells no more than that either.
    """
    whole = whole_day(day, zone)
    return Told(whole.start, max(whole.start, min(whole.end, modified_at, now)))


def told_by(judged: Told, doubt: Doubt | None = None) -> Told:
    """Return the stretch of which a file tells every deal.

    A file has all deals of its day that were executed when it was written, by what it is. A
    file that lacks a deal is cut, or older than it looks: it tells until its last deal before
    that one, and where it has no order, nothing.
    """
    if doubt is None:
        return judged
    until = doubt.last_before if doubt.in_order else None
    return Told(judged.start, judged.start if until is None else min(until, judged.end))


def why_no_further(whole: Told, told_until: datetime, extra: int) -> str | None:
    """Return why a file tells all only until *told_until*; ``None`` where it tells its *whole* day."""
    if told_until >= whole.end:
        return None
    if extra:
        lacking = "1 deal that is" if extra == 1 else f"{extra} deals that are"
        what = "it tells nothing" if told_until <= whole.start else "it tells nothing after its last deal before that"
        return f"the file lacks {lacking} in the log, so {what}: ask the exchange for the whole file"
    return (
        "the file was written before its day was over, so it tells nothing of what came after: "
        "import the file of the whole day when there is one"
    )
