"""Which deals does the simulated market make, and what is its reference price?

The market is a pure function of its parameters: whoever knows them computes the same
deals, however often and in whichever process. What one process tells as an exchange,
another averages as a market-data provider, and a restart repeats itself to the letter.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from domain.events import Direction
from domain.periods import DeliveryPeriod, periods_of
from simulator.clock import minutes_between, start_of_minute
from simulator.deals import SimulatedDeal, Trade
from simulator.prices import mid_cents
from simulator.traders import TRADERS, Trader

EDITION: Final = 2
"""Raise it with every change of what the market deals, so that no id ever names two different deals."""

OPENS: Final = time(11)
"""Local time at which all of tomorrow begins to be traded: at most 37 hours are open at once."""

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_MOST_PER_MINUTE: Final = 99_999
_NOTHING: Final = (Decimal(0), Decimal(0))

_Sums = dict[DeliveryPeriod, tuple[Decimal, Decimal]]
"""By period, the volume in MW and the value: the sum of MW times EUR/MWh."""


@dataclass(frozen=True)
class MarketParameters:
    """What a market depends on: equal parameters are the same market.

    The desk makes ``deals_per_minute`` of the market's time from ``live_from`` (aware UTC)
    on and ``history_per_minute`` before it; without ``live_from`` it always has. The deals
    of a slower desk are among those of a faster one, so ids never collide.
    """

    seed: int
    zone: ZoneInfo
    deals_per_minute: float = 40.0
    history_per_minute: float = 1.0
    live_from: datetime | None = None
    crosses_percent: int = 1


@dataclass(frozen=True)
class _Mood:
    """What a trader would deal in during one quarter-hour, and how eagerly."""

    trader: Trader
    periods: tuple[DeliveryPeriod, ...]
    cumulative: tuple[int, ...]


class Market:
    """The desk's deals, the deals of all others, and the average price over both."""

    def __init__(self, parameters: MarketParameters) -> None:
        for rate in (parameters.deals_per_minute, parameters.history_per_minute):
            if not 0 <= rate <= _MOST_PER_MINUTE:
                raise ValueError(f"deals per minute must be from 0 to {_MOST_PER_MINUTE}, not {rate}")
        self.parameters = parameters
        self._zone = parameters.zone
        named = f"{EDITION}/{parameters.seed}/{self._zone.key}/{parameters.crosses_percent}"
        self._print = int.from_bytes(hashlib.sha256(named.encode()).digest()[:4]) % 10_000
        self._moods = lru_cache(maxsize=8)(self._moods_at)
        self._minute = lru_cache(maxsize=4)(self._draw_minute)
        self._minute_sums = lru_cache(maxsize=128)(self._sum_minute)
        self._hour_sums = lru_cache(maxsize=256)(self._sum_hour)
        self._others = lru_cache(maxsize=1024)(self._draw_others)

    def opens_at(self, period: DeliveryPeriod) -> datetime:
        """Return when *period* begins to be traded, aware UTC: the day before its delivery day."""
        return datetime.combine(period.day - timedelta(days=1), OPENS, self._zone).astimezone(UTC)

    def tradable(self, moment: datetime) -> tuple[DeliveryPeriod, ...]:
        """Return the periods that start after *moment* and are open: up to tomorrow's last."""
        today = moment.astimezone(self._zone).date()
        found = periods_of(today, self._zone) + periods_of(today + timedelta(days=1), self._zone)
        return tuple(period for period in found if period.start > moment >= self.opens_at(period))

    def desk_deals(self, start: datetime, end: datetime) -> Iterator[SimulatedDeal]:
        """Return the desk's deals executed from *start* to before *end*, in order of execution."""
        for minute in minutes_between(start, end):
            yield from (deal for deal in self._minute(minute) if start <= deal.executed_at < end)

    def trades(self, period: DeliveryPeriod, until: datetime) -> list[Trade]:
        """Return every deal of the market in *period* executed up to and at *until*; a cross counts once."""
        desk = {
            deal.deal_id: deal.trade
            for deal in self.desk_deals(self.opens_at(period), until + timedelta(microseconds=1))
            if deal.period == period
        }
        return sorted([*desk.values(), *(trade for trade in self._others(period) if trade.executed_at <= until)])

    def reference_price(self, period: DeliveryPeriod, until: datetime) -> Fraction | None:
        """Return the volume-weighted average in EUR/MWh of :meth:`trades`, exactly; None before the first."""
        volume, value = Decimal(0), Decimal(0)
        last = min(until, period.start)
        minute = self.opens_at(period).replace(minute=0)
        while minute + _MINUTE <= last:
            whole_hour = minute.minute == 0 and minute + _HOUR <= last
            sums = self._hour_sums(minute) if whole_hour else self._minute_sums(minute)
            more_volume, more_value = sums.get(period, _NOTHING)
            volume, value = volume + more_volume, value + more_value
            minute += _HOUR if whole_hour else _MINUTE
        rest = {
            deal.deal_id: deal.trade
            for deal in self.desk_deals(minute, last + timedelta(microseconds=1))
            if deal.period == period
        }
        others = (trade for trade in self._others(period) if trade.executed_at <= until)
        for trade in (*rest.values(), *others):
            volume += trade.quantity_mw
            value += trade.quantity_mw * trade.price_eur_mwh
        return Fraction(value) / Fraction(volume) if volume else None

    def _sum_minute(self, minute: datetime) -> _Sums:
        """Return the volume and value of one minute of the desk's dealing, by period, each deal once."""
        sums: _Sums = {}
        for deal in {deal.deal_id: deal for deal in self._draw_minute(minute)}.values():
            volume, value = sums.get(deal.period, _NOTHING)
            sums[deal.period] = (volume + deal.quantity_mw, value + deal.quantity_mw * deal.price_eur_mwh)
        return sums

    def _sum_hour(self, hour: datetime) -> _Sums:
        sums: _Sums = {}
        for minute in minutes_between(hour, hour + _HOUR):
            for period, (more_volume, more_value) in self._sum_minute(minute).items():
                volume, value = sums.get(period, _NOTHING)
                sums[period] = (volume + more_volume, value + more_value)
        return sums

    def _draw_minute(self, minute: datetime) -> tuple[SimulatedDeal, ...]:
        """Return one minute of the desk's deals: each drawn from the same stream, so fewer are a part of more."""
        parameters = self.parameters
        live = parameters.live_from is None or minute >= start_of_minute(parameters.live_from)
        rate = parameters.deals_per_minute if live else parameters.history_per_minute
        rng = random.Random(f"{parameters.seed}/desk/{minute:%Y%m%d%H%M}")
        count = int(rate) + (rng.random() < rate - int(rate))
        quarter = minute - timedelta(minutes=minute.minute % 15)
        moods, cumulative = self._moods(quarter)
        stamp = f"{minute:%y%m%d%H%M}{self._print:04}"
        deals: list[SimulatedDeal] = []
        for number in range(count):
            (mood,) = rng.choices(moods, cum_weights=cumulative)
            # The day's date and minute, the market's print and a count: digits only and below 2**63,
            # because the exchange is seen to send ids as numbers.
            deals += self._draw(rng, mood, minute, f"{stamp}{number:05}")
        return tuple(sorted(deals, key=lambda deal: (deal.executed_at, deal.deal_id)))

    def _draw(self, rng: random.Random, mood: _Mood, minute: datetime, deal_id: str) -> list[SimulatedDeal]:
        trader = mood.trader
        (period,) = rng.choices(mood.periods, cum_weights=mood.cumulative)
        executed_at = minute + timedelta(seconds=rng.randrange(60))
        direction: Direction = "buy" if rng.randrange(100) < trader.buys_percent else "sell"
        edge = round(rng.gauss(trader.edge_cents, trader.spread_cents))
        mid = mid_cents(self.parameters.seed, period, wall_minute(period), executed_at)
        price = Decimal(mid - edge if direction == "buy" else mid + edge).scaleb(-2)
        quantity = Decimal(rng.randint(*trader.sizes_tenths_mw)).scaleb(-1)
        crossed, counterpart = rng.randrange(100), rng.choice(TRADERS).trader_id
        deal = SimulatedDeal(deal_id, price, quantity, direction, period, trader.trader_id, executed_at)
        if crossed >= self.parameters.crosses_percent:
            return [deal]
        opposite: Direction = "sell" if direction == "buy" else "buy"
        return [deal, SimulatedDeal(deal_id, price, quantity, opposite, period, counterpart, executed_at)]

    def _moods_at(self, quarter: datetime) -> tuple[tuple[_Mood, ...], tuple[int, ...]]:
        """Return what the traders like in the quarter-hour from *quarter*, and their cumulative appetites."""
        # The next quarter-hour's own product closes while this one runs.
        periods = self.tradable(quarter)
        local_hour = quarter.astimezone(self._zone).hour
        moods = []
        for trader in TRADERS:
            tastes = [trader.taste(period, wall_minute(period) // 60, quarter) for period in periods]
            moods.append(_Mood(trader, periods, tuple(accumulate(tastes))))
        return tuple(moods), tuple(accumulate(mood.trader.appetite(local_hour) for mood in moods))

    def _draw_others(self, period: DeliveryPeriod) -> tuple[Trade, ...]:
        """Return what all others deal in *period*, in order: thin at first, lively in the last hours."""
        rng = random.Random(f"{self.parameters.seed}/others/{period.start:%Y%m%d%H%M}/{period.minutes}")
        opens, wall = self.opens_at(period), wall_minute(period)
        wait = 1500 if period.minutes == 60 else 6000
        trades = []
        moment = opens + timedelta(seconds=round(rng.expovariate(1 / wait)))
        while moment < period.start:
            spread = round(rng.gauss(0, 140))
            price = Decimal(mid_cents(self.parameters.seed, period, wall, moment) + spread).scaleb(-2)
            trades.append(Trade(moment, Decimal(rng.randint(1, 300)).scaleb(-1), price))
            hours_ahead = (period.start - moment) / _HOUR
            moment += timedelta(seconds=1 + round(rng.expovariate(1) * wait * min(hours_ahead + 1, 12) / 12))
        return tuple(trades)


def wall_minute(period: DeliveryPeriod) -> int:
    """Return the local minute of the day at which *period* starts."""
    return int(period.label[:2]) * 60 + (int(period.label[3:5]) if period.label[2] == ":" else 0)


def market_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the local date of *moment*."""
    return moment.astimezone(zone).date()
