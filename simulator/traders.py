"""Who deals at the simulated desk, and what are their habits?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.periods import DeliveryPeriod, Minutes


@dataclass(frozen=True)
class Trader:
    """A trader with habits.

    ``favourite_hours`` are local hours of delivery, ``busy_hours`` local hours of work.
    ``sizes_mw`` are the smallest and the largest deal in tenths of a MW. ``horizon_hours``
    is how far ahead of delivery the trader mostly deals, ``durations`` what products, the
    favourite first. ``edge_cents`` is how much better
    than the market the trader deals on average, ``spread_cents`` how widely.
    """

    trader_id: str
    habit: str
    buys_percent: int
    sizes_tenths_mw: tuple[int, int]
    favourite_hours: frozenset[int]
    busy_hours: frozenset[int]
    tempo: int
    horizon_hours: int
    durations: tuple[Minutes, ...] = (60,)
    edge_cents: int = 0
    spread_cents: int = 120

    def appetite(self, local_hour: int) -> int:
        """How much this trader deals at *local_hour*, relative to the others."""
        return self.tempo * (6 if local_hour in self.busy_hours else 1)

    def taste(self, period: DeliveryPeriod, wall_hour: int, moment: datetime) -> int:
        """How much this trader likes to deal *period* at *moment*; 0 for never."""
        if period.minutes not in self.durations:
            return 0
        liking = (12 if wall_hour in self.favourite_hours else 1) * (4 if period.minutes == self.durations[0] else 1)
        hours_ahead = (period.start - moment).total_seconds() / 3600
        return liking * (5 if hours_ahead <= self.horizon_hours else 1)


def _hours(first: int, past: int) -> frozenset[int]:
    return frozenset(range(first, past))


ALL_DAY: Final = _hours(0, 24)

TRADERS: Final[tuple[Trader, ...]] = (
    Trader("trader_1", "scalps the morning", 50, (5, 60), _hours(6, 12), _hours(6, 12), 6, 4, (60,), 25, 90),
    Trader(
        "trader_2", "sells the peaks", 14, (50, 250), _hours(7, 9) | _hours(17, 21), _hours(8, 18), 4, 12, (60,), 60
    ),
    Trader("trader_3", "buys the noon", 86, (30, 200), _hours(10, 16), _hours(6, 14), 4, 8, (60,), 40, 150),
    Trader("trader_4", "works the quarter-hours", 50, (1, 35), ALL_DAY, _hours(5, 22), 1, 3, (15, 30), -10, 220),
    Trader("trader_5", "hedges tomorrow's wind", 38, (80, 400), _hours(0, 6) | _hours(20, 24), _hours(11, 20), 2, 36),
    Trader("trader_6", "balances what is close", 56, (5, 120), ALL_DAY, ALL_DAY, 2, 2, (60,), -45, 260),
)
"""The desk. Its habits are part of what the market is: change them only with :data:`simulator.market.EDITION`."""
