"""Which day is a day file of, and which stretch of time does it tell?"""

import re
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


def told_by(day: date, zone: ZoneInfo, modified_at: datetime, now: datetime) -> Told:
    """Return the stretch that a file of *day* tells: a file knows nothing that came after it was written."""
    whole = whole_day(day, zone)
    return Told(whole.start, max(whole.start, min(whole.end, modified_at, now)))
