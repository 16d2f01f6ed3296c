"""What is a delivery period worth at a moment of its trading?

A day's curve has the shape that German day-ahead prices have: a morning and an evening
peak, cheap and on sunny days negative noons, cheaper weekends. On top of it every hour
drifts in a random walk while it is traded. All prices are integers, in cents per MWh.
"""

import random
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from domain.periods import DeliveryPeriod

_STEP_S: Final = 600
"""Seconds between two steps of a walk; it moves evenly in between."""

_LEAD_S: Final = 36 * 3600
"""Seconds before the delivery day at which its walks begin: before its trading opens."""

_STEPS: Final = 6 * (36 + 38)
"""Steps of a walk, to past the end of the longest delivery day."""

_EPOCH: Final = date(1970, 1, 1).toordinal()

_EUR: Final = 100
_WORKDAY: Final = (
    *(78, 74, 71, 69, 70, 77, 93, 112, 119, 107, 95, 88),
    *(84, 82, 84, 90, 101, 118, 136, 140, 123, 105, 93, 85),
)
_WEEKEND_OFF: Final = (
    *(9, 8, 8, 8, 9, 14, 24, 32, 30, 22, 18, 17),
    *(17, 18, 18, 17, 16, 17, 19, 18, 14, 11, 9, 8),
)
_SUN_PERCENT: Final = (
    *(0, 0, 0, 0, 0, 0, 4, 14, 36, 60, 82, 95),
    *(100, 100, 92, 74, 46, 20, 6, 0, 0, 0, 0, 0),
)
_EVENING_PERCENT: Final = (
    *(0, 0, 0, 0, 0, 0, 10, 30, 35, 15, 0, 0),
    *(0, 0, 0, 0, 12, 42, 84, 100, 72, 34, 10, 0),
)
_SUN_EUR_BY_MONTH: Final = (34, 48, 66, 84, 96, 102, 102, 96, 84, 64, 42, 32)


@dataclass(frozen=True)
class DayCurve:
    """One delivery day: where each local hour starts trading, and how the whole day drifts."""

    hour_cents: tuple[int, ...]
    day_walk_cents: tuple[int, ...]


@lru_cache(maxsize=256)
def day_curve(seed: int, day: date) -> DayCurve:
    """Return the curve of *day*; the same for the same *seed*, always."""
    rng = random.Random(f"{seed}/curve/{day}")
    weekend = day.weekday() >= 5
    level = rng.randint(-9, 12) * _EUR
    sun = _SUN_EUR_BY_MONTH[day.month - 1] * rng.choice((25, 50, 70, 85, 95, 104))
    evening = rng.randint(0, 12 if weekend else 26)
    hours = []
    for hour in range(24):
        cents = _WORKDAY[hour] * _EUR + level
        cents -= _WEEKEND_OFF[hour] * _EUR if weekend else 0
        cents -= sun * _SUN_PERCENT[hour] // 100
        cents += evening * _EVENING_PERCENT[hour]
        hours.append(cents + rng.randint(-320, 320))
    return DayCurve(tuple(hours), _walk(rng, 45))


def mid_cents(seed: int, period: DeliveryPeriod, wall_minute: int, moment: datetime) -> int:
    """Return the price between bid and ask of *period* at *moment*, in cents per MWh.

    *wall_minute* is the local minute of the day at which the period starts.
    """
    curve = day_curve(seed, period.day)
    own = _period_walk(seed, period.start, period.minutes)
    step, rest_s = divmod(int(moment.timestamp()) - (period.day.toordinal() - _EPOCH) * 86_400 + _LEAD_S, _STEP_S)
    drift = _between(curve.day_walk_cents, step, rest_s) + _between(own, step, rest_s)
    return _shape(curve.hour_cents, wall_minute, period.minutes) + drift


def _shape(hour_cents: tuple[int, ...], wall_minute: int, minutes: int) -> int:
    """Within an hour, shorter periods lean towards the neighbouring hour that they touch."""
    hour = wall_minute // 60
    centre = hour_cents[hour]
    if minutes == 60:
        return centre
    lean = (wall_minute % 60) * 2 + minutes - 60
    neighbour = hour_cents[min(hour + 1, 23)] if lean > 0 else hour_cents[max(hour - 1, 0)]
    return centre + (neighbour - centre) * abs(lean) // 150


def _between(walk: tuple[int, ...], step: int, rest_s: int) -> int:
    step = min(max(step, 0), len(walk) - 2)
    return walk[step] + (walk[step + 1] - walk[step]) * rest_s // _STEP_S


@lru_cache(maxsize=2048)
def _period_walk(seed: int, start: datetime, minutes: int) -> tuple[int, ...]:
    return _walk(random.Random(f"{seed}/walk/{start:%Y%m%d%H%M}/{minutes}"), 60 if minutes == 60 else 85)


def _walk(rng: random.Random, deviation_cents: int) -> tuple[int, ...]:
    """Return a walk that is pulled back to zero, so that no price runs away."""
    at = 0
    steps = []
    for _ in range(_STEPS + 2):
        at += round(rng.gauss(0, deviation_cents)) - at // 24
        steps.append(at)
    return tuple(steps)
