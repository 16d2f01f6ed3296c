"""What time is it on the simulated market?"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WallClock = Callable[[], datetime]
"""Returns the real time, aware UTC."""


@dataclass(frozen=True)
class MarketClock:
    """The market's time as a function of the real time, so two processes can share one market.

    At the real time ``started_at`` the market's time was ``begins_at``; since then it has
    run ``speed`` times as fast. All instants are aware UTC.
    """

    started_at: datetime
    begins_at: datetime
    speed: float = 1.0

    def at(self, real: datetime) -> datetime:
        """Return the market's time at the real time *real*."""
        return self.begins_at + (real - self.started_at) * self.speed

    def seconds_until(self, moment: datetime, real: datetime) -> float:
        """Return the real seconds from *real* until the market's time is *moment*: negative when it has passed."""
        return (moment - self.at(real)).total_seconds() / self.speed

    async def wait_until(self, moment: datetime, wall: WallClock) -> None:
        """Return when the market's time is *moment*; looks often, since real clocks are set and laptops sleep."""
        wait_s = self.seconds_until(moment, wall())
        while wait_s > 0:
            await asyncio.sleep(min(wait_s, 1))
            wait_s = self.seconds_until(moment, wall())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the start of the local *day*, aware UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def start_of_minute(moment: datetime) -> datetime:
    """Return *moment* cut to its minute."""
    return moment.replace(second=0, microsecond=0)


def minutes_between(start: datetime, end: datetime) -> list[datetime]:
    """Return the starts of the minutes from *start*, cut to its minute, to before *end*."""
    first = start_of_minute(start)
    count = max(0, -((first - end) // timedelta(minutes=1)))
    return [first + timedelta(minutes=number) for number in range(count)]
