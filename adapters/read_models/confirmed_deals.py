"""What do confirmed deals, as they are stored, make of the read models? Told without an object for each, or not at all.

Nearly all events are confirmed deals, and only two read models make anything of them. What is
told here is what the read models' own contributions are; where there is any doubt (a form
that is not the usual one, another rule), ``None`` says that those have to be asked.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import to_builtins

from adapters.event_log.confirmed_deal import UNUSUAL, ReadPeriod, energy_of, number_of, period_of, read_confirmed
from adapters.event_log.raw_log import Raw
from adapters.event_log.stored_parts import PERIODS_KEPT
from domain.decimals import EXACT
from domain.events import DealConfirmed, Direction
from domain.figures import sums_of
from domain.periods import DeliveryPeriod
from projections.day_files import day_files
from projections.deals import deals
from projections.feeds import feeds
from projections.interruptions import interruptions
from projections.positions import PositionRow, positions
from projections.read_model import AnyReadModel
from projections.reference_prices import reference_prices
from projections.rejections import rejections
from projections.reports import reports

TOPIC: Final = DealConfirmed.TOPIC

_TOLD: Final = (deals.contributions, positions.contributions)
_UNTOUCHED: Final = tuple(
    model.contributions for model in (reference_prices, feeds, interruptions, rejections, day_files, reports)
)
"""The rules that make nothing of a confirmed deal."""

_TABS: Final = 16
"""Between the columns of a ledger row."""


class _Known(NamedTuple):
    period: DeliveryPeriod
    text: str


_Key = tuple[str, str, Direction]
"""A trader, a period in the text of its columns, which is quicker to look up than itself, and a direction."""


def are_known(tables: Sequence[AnyReadModel]) -> bool:
    """Tell whether it is known here what each of *tables* makes of a confirmed deal."""
    return all(model.contributions in (*_TOLD, *_UNTOUCHED) for model in tables)


class ConfirmedDeals:
    """The ledger rows of pages, in the text that COPY takes, and the sums of the positions since they were taken."""

    def __init__(self) -> None:
        self._sums: defaultdict[_Key, list[tuple[Decimal, Decimal]]] = defaultdict(list)
        self._periods: dict[str, DeliveryPeriod] = {}

    def ledger(self, page: Sequence[Raw]) -> str | None:
        """Return the rows of *page*, all confirmed deals, and let them count; ``None`` where there is any doubt."""
        lines: list[str] = []
        keys: list[_Key] = []
        worths: list[tuple[Decimal, Decimal]] = []
        at = recorded_text = None
        try:
            for position, recorded_at, _, state in page:
                deal = read_confirmed(state).deal
                if recorded_at is not at and recorded_at != at:
                    recorded_text = str(recorded_at.astimezone(UTC))
                at = recorded_at
                period, of_period = _known(deal.period)
                trader_id, direction = deal.trader_id, deal.direction
                quantity, energy_mwh, energy = energy_of(deal.quantity_mw, period.minutes)
                price, price_text = number_of(deal.price_eur_mwh)
                money_eur = EXACT.multiply(energy_mwh, price)
                keys.append((trader_id, of_period, direction))
                worths.append((energy_mwh, money_eur))
                self._periods[of_period] = period
                # An instant is written by msgspec in a fifth of the time that its own text takes.
                lines.append(
                    f"{position}\t1\t\\N\t{recorded_text}\t{deal.exchange}\t{deal.deal_id}\t{trader_id}\t{direction}\t"
                    f"{quantity}\t{price_text}\t"
                    f"{energy}\t{money_eur}\t{of_period}\t{to_builtins(deal.executed_at)}\n"
                )
        except UNUSUAL:
            return None
        text = "".join(lines)
        rows = len(lines)
        if (text.count("\t"), text.count("\n"), text.count("\\")) != (_TABS * rows, rows, rows):
            return None  # a name with a character that means something to COPY
        if "\r" in text:
            return None
        for key, worth in zip(keys, worths, strict=True):
            self._sums[key].append(worth)
        return text

    def take_positions(self) -> list[PositionRow]:
        """Return the sums of all rows since the last call, one row a trader, period and direction."""
        rows = []
        for (trader_id, of_period, direction), worths in self._sums.items():
            period = self._periods[of_period]
            sums = sums_of(direction, worths)
            key = (period.day, trader_id, period.start, period.minutes, period.label)
            rows.append(PositionRow(*key, sums.deals, sums.bought_mwh, sums.sold_mwh, sums.bought_eur, sums.sold_eur))
        self._sums.clear()
        self._periods.clear()
        return rows


@lru_cache(maxsize=PERIODS_KEPT)
def _known(stored: ReadPeriod) -> _Known:
    period = period_of(stored)
    return _Known(period, f"{period.day}\t{period.label}\t{period.start}\t{period.minutes}")
