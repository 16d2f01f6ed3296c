"""How is a trader doing? The definitions, their worked examples and their laws."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import figures_fields
from domain.decimals import EXACT
from domain.events import Deal
from domain.figures import Figures, Totals, figures_of_period, figures_over, totals_of
from tests.notation import agreed

prices = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=6)
quantities = st.decimals(min_value="0.000001", max_value=1_000_000, places=6)
references = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=12)


@st.composite
def deals_of_a_period(draw: st.DrawFn, label: str = "08:15-08:30") -> list[Deal]:
    words = st.builds(
        lambda side, quantity, price: f"anna {side} {quantity:f} MW {label} at {price:f}",
        st.sampled_from(("buys", "sells")),
        quantities,
        prices,
    )
    return [agreed(each) for each in draw(st.lists(words, max_size=8))]


def sums(deals: Iterable[Deal]) -> Totals:
    return sum((totals_of(deal) for deal in deals), Totals())


def figures(reference: str | None, *words: str) -> Figures:
    return figures_of_period(sums([agreed(each) for each in words]), None if reference is None else Decimal(reference))


def said(figures: Figures, *names: str) -> list[object]:
    """Return the named figures as the API says them."""
    fields = figures_fields(figures)
    return [fields[name] for name in names]


def test_the_worked_day() -> None:
    day = figures("28", "anna buys 10 MW 08-09 at 20", "anna sells 4 MW 08-09 at 25", "anna buys 10 MW 08-09 at 30")
    assert said(day, "dealCount", "boughtMwh", "soldMwh", "positionMwh") == [3, "20", "4", "16"]
    assert said(day, "pnlEur", "averagePrice", "delta", "light") == ["-400", "25", "-3", "RED"]
    assert said(day, "averageBuyPrice", "averageSellPrice") == ["25", "25"]
    assert said(day, "pnlAgainstReferenceEur", "realisedPnlEur", "unrealisedPnlEur") == ["48", "0", "48"]
    assert figures_over([day]) == day


@given(st.lists(st.integers(-(10**349), 10**349), min_size=1, max_size=4), st.lists(quantities, min_size=1, max_size=4))
def test_a_price_of_the_most_digits_is_computed_with_to_the_last(units: list[int], quantities: list[Decimal]) -> None:
    prices = [Decimal(unit).scaleb(-340, EXACT) for unit in units]
    words = [f"anna buys {quantity:f} MW 08:15-08:30 at 999999.999999" for quantity in quantities]
    book = sums(map(agreed, words))
    many = Totals(book.deals, *(EXACT.multiply(10**9, amount) for amount in amounts(book)))
    periods = [figures_of_period(many, price) for price in prices]
    for price, period in zip(prices, periods, strict=True):
        assert Fraction(period.pnl_against_reference_eur or 0) == against(many, Fraction(price))
    day = figures_over(periods)
    assert Fraction(day.pnl_against_reference_eur or 0) == sum(against(many, Fraction(price)) for price in prices)
    assert day.reference_price == sum(map(Fraction, prices)) / len(prices)


def amounts(totals: Totals) -> list[Decimal]:
    return [totals.bought_mwh, totals.sold_mwh, totals.bought_eur, totals.sold_eur]


def against(totals: Totals, price: Fraction) -> Fraction:
    bought_mwh, sold_mwh, bought_eur, sold_eur = map(Fraction, amounts(totals))
    return sold_eur - bought_eur + (bought_mwh - sold_mwh) * price


def test_a_day_is_weighted_with_the_traders_own_energy() -> None:
    high, low = figures("100", "anna sells 1 MW 08-09 at 105"), figures("10", "anna sells 9 MW 09-10 at 12")
    day = figures_over([high, low])
    assert [high.light, low.light, day.light] == ["GREEN"] * 3
    assert said(day, "referencePrice", "averagePrice", "delta") == ["19", "21.3", "2.3"]


@pytest.mark.parametrize("reference", [None, "28"])
def test_without_deals_sums_are_zero_and_the_reason_is_no_deals_whatever_the_price(reference: str | None) -> None:
    empty = figures(reference)
    assert said(empty, "light", "lightReason", "referencePrice") == ["UNKNOWN", "NO_DEALS", reference]
    assert said(empty, "pnlEur", "pnlAgainstReferenceEur", "realisedPnlEur", "unrealisedPnlEur") == ["0"] * 4
    assert said(empty, "averagePrice", "averageBuyPrice", "averageSellPrice", "delta") == [None] * 4
    assert said(empty, "tradedMwh", "pricedMwh") == ["0", "0"]


def test_without_a_reference_price_what_needs_one_is_unknown() -> None:
    unpriced = figures(None, "anna buys 10 MW 08-09 at 20", "anna sells 4 MW 08-09 at 25")
    assert said(unpriced, "light", "lightReason") == ["UNKNOWN", "NO_REFERENCE_PRICE"]
    assert said(unpriced, "delta", "pnlAgainstReferenceEur", "unrealisedPnlEur") == [None] * 3
    assert said(unpriced, "realisedPnlEur", "pnlEur", "pricedMwh") == ["20", "-100", "0"]
    assert figures_over([unpriced]) == unpriced


def test_one_side_alone_has_no_other_average_and_nothing_realised() -> None:
    bought = figures("28", "anna buys 10 MW 08-09 at 20")
    assert said(bought, "averageBuyPrice", "averageSellPrice", "realisedPnlEur") == ["20", None, "0"]


def test_zero_and_negative_prices_are_prices() -> None:
    negative = figures("0", "anna sells 10 MW 08-09 at -5", "anna sells 10 MW 08-09 at 0")
    assert said(negative, "averagePrice", "delta", "light") == ["-2.5", "-2.5", "RED"]


def test_equal_is_red() -> None:
    assert figures("20", "anna buys 10 MW 08-09 at 20").light == "RED"


@pytest.mark.parametrize(
    ("reference", "light"),
    [
        ("0.666667", "RED"),
        ("0.666666", "GREEN"),
        ("0.6666666666666666666666666666666666666", "GREEN"),
        ("0.6666666666666666666666666666666666667", "RED"),
    ],
)
def test_the_light_compares_exact_values(reference: str, light: str) -> None:
    two_thirds = figures(reference, "anna buys 1 MW 08-09 at 0", "anna buys 2 MW 08-09 at 1")
    assert two_thirds.light == light


def test_the_light_of_a_day_is_exact_where_its_shown_delta_is_zero() -> None:
    day = figures_over([figures("20", "anna buys 1000000 MW 08-09 at 20", "anna buys 0.000001 MW 08-09 at 20.000001")])
    assert said(day, "delta", "light") == ["0", "GREEN"]


def test_unpriced_periods_are_counted_and_never_taken_as_zero() -> None:
    priced, unpriced = figures("28", "anna buys 10 MW 08-09 at 20"), figures(None, "anna sells 5 MW 09-10 at 90")
    day = figures_over([priced, unpriced])
    assert said(day, "tradedMwh", "pricedMwh", "referencePrice", "delta", "light") == ["15", "10", "28", "-8", "RED"]
    assert said(day, "pnlEur", "pnlAgainstReferenceEur", "averagePrice") == ["250", "80", "43.333333"]


def test_a_price_without_deals_does_not_touch_the_day() -> None:
    traded, idle = figures("28", "anna buys 10 MW 08-09 at 20"), figures("500")
    assert figures_over([traded, idle]) == figures_over([traded])


def test_realised_over_several_periods_is_the_sum_of_the_periods_and_never_nets_across_them() -> None:
    morning, noon = figures("28", "anna buys 10 MW 08-09 at 20"), figures("28", "anna sells 10 MW 12-13 at 30")
    day = figures_over([morning, noon])
    assert said(day, "realisedPnlEur", "unrealisedPnlEur", "pnlAgainstReferenceEur") == ["0", "100", "100"]


def test_unrealised_leaves_out_what_was_realised_in_unpriced_periods() -> None:
    unpriced = figures(None, "anna buys 1 MW 08-09 at 20", "anna sells 1 MW 08-09 at 50")
    priced = figures("28", "anna buys 10 MW 12-13 at 20")
    day = figures_over([unpriced, priced])
    assert said(day, "realisedPnlEur", "pnlAgainstReferenceEur", "unrealisedPnlEur") == ["30", "80", "80"]


def test_energy_is_power_times_the_duration() -> None:
    quarter = figures("28", "anna buys 10 MW 08:15-08:30 at 20")
    assert said(quarter, "boughtMwh", "pnlEur") == ["2.5", "-50"]


@pytest.mark.parametrize("deals", [1, 1000])
def test_huge_magnitudes_stay_exact(deals: int) -> None:
    tiny = totals_of(agreed("anna sells 0.000001 MW 08:15-08:30 at 0.000001"))
    huge = totals_of(agreed("anna sells 1000000 MW 08-09 at 1000000"))
    total = sum([huge] * deals, tiny)
    assert Fraction(total.sold_eur) == deals * 10**12 + Fraction(1, 4 * 10**12)


def test_an_energy_of_many_digits_is_exact() -> None:
    made = agreed("anna sells 123456789012345678901234567890.123456 MW 08:15-08:30 at 1")
    assert Fraction(made.energy_mwh) * 4 == Fraction("123456789012345678901234567890.123456")


@given(deals_of_a_period(), references)
def test_pnl_against_reference_is_the_edge_of_every_sale_and_purchase(deals: list[Deal], reference: Decimal) -> None:
    edge = sum(
        (
            Fraction(deal.energy_mwh)
            * (Fraction(deal.price_eur_mwh) - Fraction(reference))
            * (1 if deal.direction == "sell" else -1)
            for deal in deals
        ),
        Fraction(0),
    )
    period = figures_of_period(sums(deals), reference)
    assert Fraction(period.pnl_against_reference_eur or 0) == edge
    if deals:
        assert period.unrealised_pnl_eur == edge - period.realised_pnl_eur


@given(deals_of_a_period().flatmap(lambda deals: st.tuples(st.just(deals), st.permutations(deals))))
def test_the_order_of_deals_does_not_matter(orders: tuple[list[Deal], list[Deal]]) -> None:
    deals, shuffled = orders
    assert sums(deals) == sums(shuffled)


@given(deals_of_a_period(), deals_of_a_period())
def test_taking_deals_back_restores_the_sums(deals: list[Deal], taken_back: list[Deal]) -> None:
    assert sums(deals) + sums(taken_back) + -sums(taken_back) == sums(deals)


@given(deals_of_a_period(), references)
def test_one_period_alone_is_its_own_day(deals: list[Deal], reference: Decimal) -> None:
    period = figures_of_period(sums(deals), reference)
    day = figures_over([period])
    if deals:
        assert day == period
    else:
        assert said(day, "lightReason", "referencePrice") == ["NO_DEALS", None]
