"""How does a simulated day run: who tells which deal when, and what goes wrong meanwhile?"""

import asyncio
import heapq
import logging
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from simulator.clock import MarketClock, WallClock, midnight, start_of_minute
from simulator.deals import SimulatedDeal
from simulator.exchange import ExchangeServer, Goodbye
from simulator.exchange_faults import ExchangeFaults, Utterance, utterances
from simulator.market import Market, market_day

_MINUTE: Final = timedelta(minutes=1)
_AHEAD: Final = timedelta(seconds=1)
"""How long, in real time, before it begins a minute's deals are worked out."""

_AT_ONCE: Final = 100
"""Messages told in a row before others get their turn on the loop."""

_GOODBYES: Final[tuple[Goodbye, ...]] = ("abort", 1000, 1001, 1011, 1012)

log = logging.getLogger(__name__)


class Trading:
    """Plays a market on an exchange server, faults included, until it is cancelled."""

    def __init__(
        self,
        market: Market,
        clock: MarketClock,
        server: ExchangeServer,
        wall: WallClock,
        faults: ExchangeFaults | None = None,
        warm_up: bool = False,
    ) -> None:
        self._market, self._clock, self._server, self._wall = market, clock, server, wall
        self._faults = faults or ExchangeFaults()
        self._warm_up = warm_up
        self._seed = market.parameters.seed
        self._held: list[Utterance] = []
        self.told = 0

    async def run(self) -> None:
        """Tell deals as they are made and let go wrong what shall."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell())
            if self._faults.drop_every_s:
                tasks.create_task(self._drop())
            if self._faults.silence_every_s:
                tasks.create_task(self._fall_silent())

    async def _tell(self) -> None:
        if self._warm_up:
            await self._server.wait_for_clients()
        now = self._clock.at(self._wall())
        today = market_day(now, self._market.parameters.zone)
        start = self._backlog_start(now) if self._warm_up else now
        async for due, deal in self._in_time(start):
            if deal.period.day < today:
                continue
            await self._clock.wait_until(due, self._wall)
            self._held.extend(utterances(deal, self._faults, self._seed))
            if len(self._held) >= self._faults.burst:
                await self._release()
            self.told += 1
            if self.told % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def _backlog_start(self, now: datetime) -> datetime:
        """Return when today's hours began to be traded: a real exchange would not look back."""
        zone = self._market.parameters.zone
        first = min(self._market.tradable(midnight(market_day(now, zone), zone)), key=lambda period: period.start)
        return self._market.opens_at(first)

    async def _in_time(self, start: datetime) -> AsyncIterator[tuple[datetime, SimulatedDeal]]:
        """Return each deal executed from *start* on, and when it is told, in the order of the telling."""
        waiting: list[tuple[datetime, int, SimulatedDeal]] = []
        numbers = count()
        rng = random.Random(f"{self._seed}/shuffle/{start}")
        minute = start_of_minute(start)
        while True:
            end = minute + _MINUTE
            deals = await asyncio.to_thread(list, self._market.desk_deals(max(start, minute), end))
            for deal in deals:
                late = timedelta(seconds=rng.uniform(0, self._faults.shuffle_s))
                heapq.heappush(waiting, (deal.executed_at + late, next(numbers), deal))
            while waiting and waiting[0][0] < end:
                due, _, deal = heapq.heappop(waiting)
                yield due, deal
            await self._clock.wait_until(end - _AHEAD * self._clock.speed, self._wall)
            minute = end

    async def _release(self) -> None:
        held, self._held = self._held, []
        send = self._server.send_in_turn if self._faults.split else self._server.send
        for utterance in held:
            await send(utterance.message, text=utterance.text)

    async def _drop(self) -> None:
        rng = random.Random(f"{self._seed}/drop")
        while True:
            await asyncio.sleep(self._faults.drop_every_s)
            how = rng.choice(_GOODBYES)
            clients = self._server.clients
            if self._faults.drop_one:
                clients = clients and (rng.choice(clients),)
            if self._faults.outage_s:
                self._server.refuse()
            if clients:
                log.info("dropping %d connection(s): %s", len(clients), how)
                await self._server.drop(how, *clients)
            await asyncio.sleep(self._faults.outage_s)
            self._server.refuse(None)

    async def _fall_silent(self) -> None:
        while True:
            await asyncio.sleep(self._faults.silence_every_s)
            log.info("falling silent for %s s", self._faults.silence_for_s)
            self._server.silence()
            await asyncio.sleep(self._faults.silence_for_s)
            self._server.speak()
