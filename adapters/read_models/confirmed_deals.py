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


class _Period(msgspec.Struct, frozen=True):
    day: str
    label: str
    start: str
    minutes: int


class _Deal(msgspec.Struct):
    exchange: str
    deal_id: str
    trader_id: str
    direction: Direction
    quantity_mw: str
    price_eur_mwh: str
    period: _Period
    executed_at: str


class _Confirmed(msgspec.Struct):
    deal: _Deal


class _Known(NamedTuple):
    period: DeliveryPeriod
    text: str
    hours: Decimal


_decode: Final = msgspec.json.Decoder(_Confirmed).decode


def are_known(tables: Sequence[AnyReadModel]) -> bool:
    """Tell whether it is known here what each of *tables* makes of a confirmed deal."""
    return all(model.contributions in (*_TOLD, *_UNTOUCHED) for model in tables)


class ConfirmedDeals:
    """The ledger rows of pages, in the text that COPY takes, and the sums of the positions since they were taken."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, _Known, Direction], list[tuple[Decimal, Decimal]]] = defaultdict(list)

    def ledger(self, page: Sequence[Raw]) -> str | None:
        """Return the rows of *page*, all confirmed deals, and let them count; ``None`` where there is any doubt."""
        lines: list[str] = []
        counted: list[tuple[tuple[str, _Known, Direction], tuple[Decimal, Decimal]]] = []
        multiply, add = EXACT.multiply, counted.append
        at = known_at = None
        try:
            for position, recorded_at, _, state in page:
                deal = _decode(state).deal
                if recorded_at != at:
                    at, known_at = recorded_at, str(recorded_at.astimezone(UTC))
                known = _known(deal.period)
                executed_at = deal.executed_at
                if executed_at[10:11] != "T" or executed_at[-1:] != "Z":
                    return None
                energy_mwh = multiply(Decimal(deal.quantity_mw), known.hours)
                money_eur = multiply(energy_mwh, Decimal(deal.price_eur_mwh))
                add(((deal.trader_id, known, deal.direction), (energy_mwh, money_eur)))
                lines.append(
                    f"{position}\t1\t\\N\t{known_at}\t{deal.exchange}\t{deal.deal_id}\t{deal.trader_id}\t{deal.direction}\t"
                    f"{deal.quantity_mw}\t{deal.price_eur_mwh}\t{energy_mwh}\t{money_eur}\t{known.text}\t{executed_at}\n"
                )
        except (msgspec.MsgspecError, ValueError, DecimalException):
            return None
        text = "".join(lines)
        rows = len(lines)
        if (text.count("\t"), text.count("\n"), text.count("\\")) != (_TABS * rows, rows, rows):
            return None  # a name with a character that means something to COPY
        if "\r" in text or "NaN" in text or "nfinity" in text:
            return None
        for key, worth in counted:
            self._sums[key].append(worth)
        return text

    def take_positions(self) -> list[PositionRow]:
        """Return the sums of all rows since the last call, one row a trader, period and direction."""
        rows = []
        for (trader_id, (period, _, _), direction), worths in self._sums.items():
            mwh, eur = (reduce(EXACT.add, amounts) for amounts in zip(*worths, strict=True))
            bought, sold = ((mwh, eur), (ZERO, ZERO)) if direction == "buy" else ((ZERO, ZERO), (mwh, eur))
            of_period = (period.day, trader_id, period.start, period.minutes, period.label)
            rows.append(PositionRow(*of_period, len(worths), bought[0], sold[0], bought[1], sold[1]))
        self._sums.clear()
        return rows


@lru_cache(maxsize=PERIODS_KEPT)
def _known(stored: _Period) -> _Known:
    period = read_period(msgspec.convert(msgspec.to_builtins(stored), StoredPeriod, strict=True))
    return _Known(period, f"{period.day}\t{period.label}\t{period.start}\t{period.minutes}", period.hours)
