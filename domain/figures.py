"""How is a trader doing? Every figure of the dashboard, from sums that do not depend on order.

Sums are exact decimals and averages exact fractions; nothing here rounds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Final, Literal

from domain.decimals import EXACT, exact_decimal
from domain.events import Deal, Direction

Light = Literal["GREEN", "RED", "UNKNOWN"]
LightReason = Literal["NO_DEALS", "NO_REFERENCE_PRICE"]

ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Totals:
    """What was bought and sold in one delivery period: sums only, so order never matters."""

    deals: int = 0
    bought_mwh: Decimal = ZERO
    sold_mwh: Decimal = ZERO
    bought_eur: Decimal = ZERO
    sold_eur: Decimal = ZERO

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.deals + other.deals,
            EXACT.add(self.bought_mwh, other.bought_mwh),
            EXACT.add(self.sold_mwh, other.sold_mwh),
            EXACT.add(self.bought_eur, other.bought_eur),
            EXACT.add(self.sold_eur, other.sold_eur),
        )

    def __neg__(self) -> "Totals":
        return Totals(
            -self.deals, self.bought_mwh.copy_negate(), self.sold_mwh.copy_negate(),
            self.bought_eur.copy_negate(), self.sold_eur.copy_negate(),
        )  # fmt: skip

    @property
    def traded_mwh(self) -> Decimal:
        """Energy bought and sold together, in MWh."""
        return EXACT.add(self.bought_mwh, self.sold_mwh)


def worth_of(deal: Deal) -> tuple[Decimal, Decimal]:
    """Return the energy of a deal in MWh, and the money paid for it in EUR."""
    energy_mwh = deal.energy_mwh
    return energy_mwh, EXACT.multiply(energy_mwh, deal.price_eur_mwh)


def totals_of(deal: Deal) -> Totals:
    """Return what one deal adds to its period."""
    energy_mwh, money_eur = worth_of(deal)
    if deal.direction == "buy":
        return Totals(1, bought_mwh=energy_mwh, bought_eur=money_eur)
    return Totals(1, sold_mwh=energy_mwh, sold_eur=money_eur)


def sums_of(direction: Direction, worths: Sequence[tuple[Decimal, Decimal]]) -> Totals:
    """Return what deals of one direction, given the energy and the money of each, add to their period."""
    energy_mwh, money_eur = (reduce(EXACT.add, amounts) for amounts in zip(*worths, strict=True))
    if direction == "buy":
        return Totals(len(worths), bought_mwh=energy_mwh, bought_eur=money_eur)
    return Totals(len(worths), sold_mwh=energy_mwh, sold_eur=money_eur)


@dataclass(frozen=True)
class Figures:
    """The figures of one scope. ``Fraction`` where a division was made, ``None`` where unknown."""

    totals: Totals
    reference_price: Decimal | Fraction | None
    delta: Fraction | None
    pnl_against_reference_eur: Decimal | None
    realised_pnl_eur: Fraction
    unrealised_pnl_eur: Fraction | None
    priced_mwh: Decimal

    @property
    def position_mwh(self) -> Decimal:
        """Bought minus sold, in MWh."""
        return EXACT.subtract(self.totals.bought_mwh, self.totals.sold_mwh)

    @property
    def pnl_eur(self) -> Decimal:
        """Cash PnL in EUR: what the sales brought minus what the purchases cost."""
        return EXACT.subtract(self.totals.sold_eur, self.totals.bought_eur)

    @property
    def average_price(self) -> Fraction | None:
        """Average realised price in EUR/MWh over all deals, buys and sells together."""
        return _average(EXACT.add(self.totals.bought_eur, self.totals.sold_eur), self.totals.traded_mwh)

    @property
    def average_buy_price(self) -> Fraction | None:
        """Average price of the purchases in EUR/MWh."""
        return _average(self.totals.bought_eur, self.totals.bought_mwh)

    @property
    def average_sell_price(self) -> Fraction | None:
        """Average price of the sales in EUR/MWh."""
        return _average(self.totals.sold_eur, self.totals.sold_mwh)

    @property
    def light(self) -> Light:
        """Green when the average realised price is above the reference price, red otherwise."""
        if self.delta is None:
            return "UNKNOWN"
        return "GREEN" if self.delta > 0 else "RED"

    @property
    def light_reason(self) -> LightReason | None:
        """Why the light is unknown."""
        if self.delta is not None:
            return None
        return "NO_REFERENCE_PRICE" if self.totals.deals else "NO_DEALS"


def figures_of_period(totals: Totals, reference_price: Decimal | None) -> Figures:
    """Return the figures of one delivery period, whose reference price may be unknown."""
    bare = Figures(totals, reference_price, None, None, _matched_pnl(totals), None, ZERO)
    if not totals.deals:
        return replace(bare, pnl_against_reference_eur=ZERO, unrealised_pnl_eur=Fraction(0))
    average = bare.average_price
    if reference_price is None or average is None:
        return bare
    against = EXACT.add(bare.pnl_eur, EXACT.multiply(bare.position_mwh, reference_price))
    return replace(
        bare,
        delta=average - Fraction(reference_price),
        pnl_against_reference_eur=against,
        unrealised_pnl_eur=Fraction(against) - bare.realised_pnl_eur,
        priced_mwh=totals.traded_mwh,
    )


def figures_over(periods: Iterable[Figures]) -> Figures:
    """Return the figures over several periods of one book.

    Sums add up. The reference is weighted with the book's own energy over the priced
    periods, those with deals and a known reference price; unpriced periods are counted
    by ``priced_mwh``, never taken as zero.
    """
    traded = [figures for figures in periods if figures.totals.deals]
    totals = sum((figures.totals for figures in traded), Totals())
    realised = sum((figures.realised_pnl_eur for figures in traded), Fraction(0))
    priced = [figures for figures in traded if figures.delta is not None]
    if not traded:
        return figures_of_period(totals, None)
    if not priced:
        return Figures(totals, None, None, None, realised, None, ZERO)
    energy = sum((Fraction(figures.priced_mwh) for figures in priced), Fraction(0))
    reference = sum((Fraction(f.priced_mwh) * Fraction(f.reference_price or 0) for f in priced), Fraction(0)) / energy
    delta = sum((Fraction(f.priced_mwh) * (f.delta or 0) for f in priced), Fraction(0)) / energy
    against = sum((Fraction(f.pnl_against_reference_eur or 0) for f in priced), Fraction(0))
    unrealised = sum((f.unrealised_pnl_eur or Fraction(0) for f in priced), Fraction(0))
    return Figures(
        totals, reference, delta, exact_decimal(against), realised, unrealised, exact_decimal(energy)
    )  # fmt: skip


def _matched_pnl(totals: Totals) -> Fraction:
    """Return min(bought, sold) times (average sell price minus average buy price), in EUR."""
    buy = _average(totals.bought_eur, totals.bought_mwh)
    sell = _average(totals.sold_eur, totals.sold_mwh)
    if buy is None or sell is None:
        return Fraction(0)
    return Fraction(min(totals.bought_mwh, totals.sold_mwh)) * (sell - buy)


def _average(money_eur: Decimal, energy_mwh: Decimal) -> Fraction | None:
    return Fraction(money_eur) / Fraction(energy_mwh) if energy_mwh else None
