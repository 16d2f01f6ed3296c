"""Is the simulated market one market, whoever computes it, and a plausible one?"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.periods import hours_of, parse_period
from simulator.clock import midnight
from simulator.deals import SimulatedDeal
from simulator.market import Market, MarketParameters, wall_minute
from simulator.prices import mid_cents
from simulator.traders import TRADERS

BERLIN = ZoneInfo("Europe/Berlin")
PARAMETERS = MarketParameters(seed=7, zone=BERLIN, deals_per_minute=10)
NOON = datetime(2023, 10, 28, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def dealt(parameters: MarketParameters = PARAMETERS, hours: int = 2) -> list[SimulatedDeal]:
    return list(Market(parameters).desk_deals(NOON, NOON + hours * HOUR))


def test_equal_parameters_are_the_same_market() -> None:
    assert dealt() == dealt()
    assert len(dealt()) >= 10 * 120


def test_another_seed_is_another_market_with_other_ids() -> None:
    others = dealt(replace(PARAMETERS, seed=8))
    assert not {deal.deal_id for deal in others} & {deal.deal_id for deal in dealt()}


def test_a_part_of_the_time_has_the_same_deals_as_the_whole() -> None:
    later = NOON + timedelta(minutes=17, seconds=31)
    whole = [deal for deal in dealt() if deal.executed_at >= later]
    assert list(Market(PARAMETERS).desk_deals(later, NOON + 2 * HOUR)) == whole


@given(rate=st.floats(0, 20), begins=st.integers(0, 120))
@settings(max_examples=20, deadline=None)
def test_no_restart_and_no_rate_gives_an_id_to_two_different_deals(rate: float, begins: int) -> None:
    other = replace(PARAMETERS, deals_per_minute=rate, live_from=NOON + timedelta(minutes=begins))
    known = {deal.identity: deal for deal in dealt()}
    for deal in dealt(other):
        assert known.get(deal.identity, deal) == deal


def test_every_identity_comes_once_and_ids_are_digits_that_fit_64_bits() -> None:
    deals = dealt()
    assert len({deal.identity for deal in deals}) == len(deals)
    assert all(deal.deal_id.isdecimal() and int(deal.deal_id) < 2**63 for deal in deals)


def test_some_ids_are_crosses_that_show_both_legs() -> None:
    deals = dealt(replace(PARAMETERS, crosses_percent=10))
    legs = [deal for deal in deals if sum(deal.deal_id == other.deal_id for other in deals) == 2]
    assert legs
    assert {leg.direction for leg in legs} == {"buy", "sell"}


def test_the_desk_deals_faster_from_the_moment_it_is_live() -> None:
    market = Market(replace(PARAMETERS, history_per_minute=1, live_from=NOON, crosses_percent=0))
    assert len(list(market.desk_deals(NOON - HOUR, NOON))) == 60
    assert len(list(market.desk_deals(NOON, NOON + HOUR))) == 600


@pytest.mark.parametrize("day", [date(2024, 3, 31), date(2023, 10, 29), date(2023, 6, 14)])
def test_every_deal_is_in_an_open_period_and_executed_before_its_delivery(day: date) -> None:
    market = Market(replace(PARAMETERS, deals_per_minute=2))
    start = midnight(day, BERLIN) - timedelta(hours=14)
    for deal in market.desk_deals(start, start + timedelta(hours=40)):
        assert market.opens_at(deal.period) <= deal.executed_at < deal.period.start
        assert deal.quantity_mw > 0
        assert parse_period(deal.period.day, deal.period.label, BERLIN) == deal.period


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2023, 10, 29), 25), (date(2023, 6, 14), 24)])
def test_every_hour_of_a_day_is_dealt_clock_changes_included(day: date, hours: int) -> None:
    market = Market(PARAMETERS)
    opens = midnight(day, BERLIN) - timedelta(hours=14)
    dealt_hours = {
        deal.period.label
        for deal in market.desk_deals(opens, midnight(day + timedelta(days=1), BERLIN))
        if deal.period.day == day and deal.period.minutes == 60
    }
    assert dealt_hours == {period.label for period in hours_of(day, BERLIN)}
    assert len(dealt_hours) == hours


@given(st.integers(0, 3 * 365 * 24 * 60))
@settings(max_examples=60, deadline=None)
def test_at_most_37_hours_are_open_at_once_from_the_next_to_tomorrows_last(minutes: int) -> None:
    moment = NOON + timedelta(minutes=minutes)
    today = moment.astimezone(BERLIN).date()
    hours = [period for period in Market(PARAMETERS).tradable(moment) if period.minutes == 60]
    assert len(hours) <= 37
    assert all(period.start > moment for period in hours)
    assert all(period.day - today <= timedelta(days=1) for period in hours)


@given(st.integers(0, 24 * 60 * 60))
@settings(max_examples=25, deadline=None)
def test_the_reference_price_is_exactly_the_weighted_average_of_all_trades(seconds: int) -> None:
    until = NOON + timedelta(seconds=seconds)
    trades = MARKET.trades(HOUR_13, until)
    volume = sum((Fraction(trade.quantity_mw) for trade in trades), Fraction(0))
    value = sum((Fraction(trade.quantity_mw) * Fraction(trade.price_eur_mwh) for trade in trades), Fraction(0))
    assert MARKET.reference_price(HOUR_13, until) == (value / volume if volume else None)
    assert all(trade.executed_at <= min(until, HOUR_13.start) for trade in trades)


def test_the_desks_deals_are_part_of_the_reference_price() -> None:
    without = Market(replace(PARAMETERS, deals_per_minute=0))
    assert without.reference_price(HOUR_13, NOON + 3 * HOUR) != MARKET.reference_price(HOUR_13, NOON + 3 * HOUR)


def test_before_the_first_deal_there_is_no_reference_price() -> None:
    assert MARKET.reference_price(HOUR_13, MARKET.opens_at(HOUR_13) - timedelta(seconds=1)) is None


def test_prices_have_two_peaks_cheap_noons_and_cheap_weekends() -> None:
    def mean_eur(days: list[date], hour: int) -> int:
        prices = []
        for day in days:
            period = parse_period(day, f"{hour:02}-{hour + 1:02}", BERLIN)
            prices.append(mid_cents(1, period, wall_minute(period), period.start - HOUR))
        return sum(prices) // len(prices) // 100

    june = [date(2025, 6, day) for day in range(1, 31)]
    workdays = [day for day in june if day.weekday() < 5]
    weekends = [day for day in june if day.weekday() >= 5]
    assert -20 < mean_eur(workdays, 13) < 40
    assert 60 < mean_eur(workdays, 3) < 90
    assert 80 < mean_eur(workdays, 8) < 130
    assert 120 < mean_eur(workdays, 19) < 185
    assert all(mean_eur(weekends, hour) < mean_eur(workdays, hour) for hour in (8, 13, 19))


def test_noons_are_negative_on_sunny_days() -> None:
    noons = [parse_period(date(2025, 6, day), "13-14", BERLIN) for day in range(1, 31)]
    assert any(mid_cents(1, noon, wall_minute(noon), noon.start - HOUR) < 0 for noon in noons)


def test_every_trader_deals_and_has_habits_that_show() -> None:
    deals = dealt(replace(PARAMETERS, deals_per_minute=40), hours=6)
    by_trader = {trader.trader_id: [deal for deal in deals if deal.trader_id == trader.trader_id] for trader in TRADERS}
    assert all(len(own) > 50 for own in by_trader.values())

    def buying(trader_id: str) -> float:
        own = by_trader[trader_id]
        return sum(deal.direction == "buy" for deal in own) / len(own)

    assert buying("trader_2") < 0.25
    assert buying("trader_3") > 0.75
    assert sum(deal.period.minutes == 15 for deal in by_trader["trader_4"]) > len(by_trader["trader_4"]) / 2


@pytest.mark.parametrize("rate", [-1, 100_000])
def test_a_rate_that_no_id_can_count_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="deals per minute"):
        Market(replace(PARAMETERS, deals_per_minute=rate))


MARKET = Market(replace(PARAMETERS, deals_per_minute=2))
HOUR_13 = parse_period(date(2023, 10, 29), "13-14", BERLIN)
