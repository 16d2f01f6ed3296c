"""What does polling need from outside, and how is it set?"""

import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from adapters.market_data.client import ProviderAnswer
from domain.events import ReferencePriceUpdated
from domain.periods import DeliveryPeriod
from domain.polling import Asked, DueRequest, PeriodKey
from domain.request_limits import RequestLimit
from wattbook.warnings import Warnings

LOOK_EVERY_S: Final = 1.0
"""How often to look for periods that have become due, and for the lead of a poller that has gone."""


class PeriodsWithDeals(Protocol):
    """Which periods have deals?"""

    async def news(self) -> Collection[PeriodKey]:
        """Return the periods whose deals may have changed since the last call; at first, all that ever had one."""

    async def read(self, now: datetime, periods: Collection[PeriodKey]) -> Sequence[tuple[DeliveryPeriod, bool]]:
        """Return the periods with deals, each with whether its price is known; of the delivered ones, *periods*."""


class Provider(Protocol):
    """Whoever knows the reference prices."""

    async def ask(self, period: DeliveryPeriod) -> ProviderAnswer:
        """Return the answer to one request; raise :class:`ProviderUnreachableError` without one."""


class Schedule(Protocol):
    """What was asked, and how much more may be, for all processes together."""

    async def lead(self) -> bool:
        """Become the one poller of all processes, or learn that another is."""

    async def asked(self) -> dict[PeriodKey, Asked]:
        """Return what came of the requests for each period ever asked for."""

    async def take_permits(
        self, limits: Sequence[RequestLimit], due: Sequence[DueRequest], *, at_most: int, made_before: int = 0
    ) -> tuple[DueRequest, ...]:
        """Return those of *due* that may be asked for at once, their requests already counted."""

    async def pause(self, seconds: float) -> None:
        """Make no request for so many seconds from now, in any process."""

    async def note(self, period: DeliveryPeriod, asked: Asked) -> None:
        """Remember what came of the requests for *period*."""

    async def note_fetched(self, now: datetime) -> None:
        """Remember that the provider gave a reference price at *now*."""

    async def forgive(self) -> None:
        """Forget the requests that got no answer while the provider was down for everything."""


def _never() -> bool:
    return False


RecordPrice = Callable[[ReferencePriceUpdated], Awaitable[bool]]
"""Records an observation for good and returns whether it was news."""


@dataclass(frozen=True)
class Polling:
    """What the loop needs from outside; ``clock`` gives the aware UTC time."""

    provider: Provider
    open_schedule: Callable[[], AbstractAsyncContextManager[Schedule]]
    with_deals: PeriodsWithDeals
    record: RecordPrice
    zone: ZoneInfo
    limits: tuple[RequestLimit, ...]
    refresh_s: int
    clock: Callable[[], datetime]
    rng: random.Random
    look_every_s: float = LOOK_EVERY_S
    deals_are_late: Callable[[], bool] = _never
    """Whether deals wait too long to be recorded: reference prices, which can be asked for again, then give way."""
    warnings: Warnings = field(default_factory=Warnings)
