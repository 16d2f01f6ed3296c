"""What do confirmed deals, as they are stored, make of the read models? Told without an object for each, or not at all.

Nearly all events are confirmed deals, and only two read models make anything of them. What is
told here is what the read models' own contributions are; where there is any doubt (a form
that is not the usual one, another rule), ``None`` says that those have to be asked.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal, DecimalException
from functools import lru_cache, reduce
from typing import Final, NamedTuple

import msgspec

from adapters.event_log.raw_log import Raw
from adapters.event_log.stored_forms import StoredPeriod
from adapters.event_log.stored_parts import PERIODS_KEPT, read_period
from domain.decimals import EXACT
from domain.events import DealConfirmed, Direction
from domain.figures import ZERO
from domain.periods import HOURS_OF, DeliveryPeriod, Minutes
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

QUANTITIES_KEPT: Final = 16_384
"""Most deals are of one of a few quantities."""

_TABS: Final = 16
"""Between the columns of a ledger row."""


class _Period(msgspec.Struct, frozen=True, gc=False):
    day: str
    label: str
    start: str
    minutes: int


class _Deal(msgspec.Struct, gc=False):
    exchange: str
    deal_id: str
    trader_id: str
    direction: Direction
    quantity_mw: str
    price_eur_mwh: str
    period: _Period
    executed_at: str


class _Confirmed(msgspec.Struct, gc=False):
    deal: _Deal


class _Known(NamedTuple):
    period: DeliveryPeriod
    text: str


_Key = tuple[str, str, Direction]
"""A trader, a period in the text of its columns, which is quicker to look up than itself, and a direction."""

_decode: Final = msgspec.json.Decoder(_Confirmed).decode


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
                deal = _decode(state).deal
                if recorded_at is not at and recorded_at != at:
                    recorded_text = str(recorded_at.astimezone(UTC))
                at = recorded_at
                period, of_period = _known(deal.period)
                trader_id, direction, executed_at = deal.trader_id, deal.direction, deal.executed_at
                if executed_at[10:11] != "T" or executed_at[-1:] != "Z":
                    return None
                energy_mwh, energy = _energy(deal.quantity_mw, period.minutes)
                money_eur = EXACT.multiply(energy_mwh, Decimal(deal.price_eur_mwh))
                keys.append((trader_id, of_period, direction))
                worths.append((energy_mwh, money_eur))
                self._periods[of_period] = period
                lines.append(
                    f"{position}\t1\t\\N\t{recorded_text}\t{deal.exchange}\t{deal.deal_id}\t{trader_id}\t{direction}\t"
                    f"{deal.quantity_mw}\t{deal.price_eur_mwh}\t{energy}\t{money_eur}\t{of_period}\t{executed_at}\n"
                )
        except (msgspec.MsgspecError, ValueError, DecimalException):
            return None
        text = "".join(lines)
        rows = len(lines)
        if (text.count("\t"), text.count("\n"), text.count("\\")) != (_TABS * rows, rows, rows):
            return None  # a name with a character that means something to COPY
        if "\r" in text or "NaN" in text or "nfinity" in text:
            return None
        for key, worth in zip(keys, worths, strict=True):
            self._sums[key].append(worth)
        return text

    def take_positions(self) -> list[PositionRow]:
        """Return the sums of all rows since the last call, one row a trader, period and direction."""
        rows = []
        for (trader_id, of_period, direction), worths in self._sums.items():
            period = self._periods[of_period]
            mwh, eur = (reduce(EXACT.add, amounts) for amounts in zip(*worths, strict=True))
            bought, sold = ((mwh, eur), (ZERO, ZERO)) if direction == "buy" else ((ZERO, ZERO), (mwh, eur))
            key = (period.day, trader_id, period.start, period.minutes, period.label)
            rows.append(PositionRow(*key, len(worths), bought[0], sold[0], bought[1], sold[1]))
        self._sums.clear()
        self._periods.clear()
        return rows


@lru_cache(maxsize=PERIODS_KEPT)
def _known(stored: _Period) -> _Known:
    period = read_period(msgspec.convert(msgspec.to_builtins(stored), StoredPeriod, strict=True))
    return _Known(period, f"{period.day}\t{period.label}\t{period.start}\t{period.minutes}")


@lru_cache(maxsize=QUANTITIES_KEPT)
def _energy(quantity_mw: str, minutes: Minutes) -> tuple[Decimal, str]:
    energy_mwh = EXACT.multiply(Decimal(quantity_mw), HOURS_OF[minutes])
    return energy_mwh, str(energy_mwh)
