"""What stands in the way of reference prices? Said once for each trouble; an outage is warned of while it lasts."""

import logging
from datetime import datetime
from typing import Final

from domain.periods import DeliveryPeriod
from domain.polling import PeriodKey, key_of
from wattbook.patience import Failure
from wattbook.warnings import Warnings

MARKET_DATA_DOWN: Final = "MARKET_DATA_DOWN"

_ADVICE: Final = "prices stay as they are and grow old. It is asked again by itself: see that its address answers."

_LOG: Final = logging.getLogger(__name__)


class PollingComplaints:
    """The troubles that stand: of the provider, of single periods, and of the polling itself."""

    def __init__(self, warnings: Warnings) -> None:
        self._warnings = warnings
        self._outage = ""
        self._odd: dict[PeriodKey, str] = {}
        self._stopped_by: str | None = None

    def outage_began(self, kind: Failure, why: str, now: datetime) -> None:
        """Word the outage that began *now*; it is warned of as long as :meth:`provider_is_down` is said."""
        self._outage = f"The market-data provider {kind} since {now:%Y-%m-%d %H:%M:%S} UTC ({why}); {_ADVICE}"

    def provider_is_down(self) -> None:
        """Warn of the outage."""
        self._warnings.raise_(MARKET_DATA_DOWN, "WARNING", self._outage)

    def provider_is_not_down(self) -> None:
        """Warn of it no longer: it serves, or another poller is the one that knows."""
        self._warnings.clear(MARKET_DATA_DOWN)

    def odd(self, period: DeliveryPeriod, why: str) -> None:
        """Say why one period gets no price, while others do."""
        if self._odd.get(key_of(period)) != why:
            self._odd[key_of(period)] = why
            _LOG.warning("no reference price for %s %s: %s", period.day, period.label, why)

    def answered(self, period: DeliveryPeriod) -> None:
        """Let the next trouble of this period be said anew."""
        self._odd.pop(key_of(period), None)

    def stopped(self, error: Exception) -> None:
        """Say that *error* interrupts the polling, when it is not the one that already does."""
        what = f"{type(error).__name__}: {error}"
        if what != self._stopped_by:
            _LOG.warning("polling reference prices pauses: %s", what, exc_info=error)
        self._stopped_by = what

    def went_on(self) -> None:
        """Say that the polling goes on, if it was interrupted."""
        if self._stopped_by is not None:
            _LOG.warning("polling reference prices goes on")
        self._stopped_by = None
