"""Periods are asked in the desk's order, within the provider's limits, and none is forgotten."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.periods import DeliveryPeriod, hours_of, parse_period, periods_of
from domain.polling import (
    LONGEST_WAIT_S,
    Asked,
    DueRequest,
    PeriodKey,
    Urgency,
    affordable,
    due_requests,
    key_of,
    tradable_hours,
)
from domain.request_limits import Allowance, RequestLimit, allowance

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2023, 2, 6)
NOON = datetime(2023, 2, 6, 11, tzinfo=UTC)  # 12:00 in Berlin
LIMITS = (RequestLimit(50, 60), RequestLimit(1000, 3600))
PLENTY = Allowance(1000, 1000, None)


def hour(label: str, day: date = DAY) -> DeliveryPeriod:
    return parse_period(day, label, BERLIN)


def due(
    with_deals: Mapping[DeliveryPeriod, bool],
    asked: Mapping[PeriodKey, Asked] | None = None,
    now: datetime = NOON,
    refresh_s: int = 600,
) -> tuple[DueRequest, ...]:
    return due_requests(now, zone=BERLIN, with_deals=with_deals.items(), asked=asked or {}, refresh_s=refresh_s)


def due_again_s(period: DeliveryPeriod, *, priced: bool, asked: Asked, refresh_s: int = 600) -> int:
    """Seconds from the last request until *period* is due again, found by looking at every second that can matter."""
    candidates: list[int] = sorted({*(30 * 2**n for n in range(13)), *(refresh_s * 2**n for n in range(13)), 86_400})
    for seconds in candidates:
        now = asked.asked_at + timedelta(seconds=seconds)
        if any(request.period == period for request in due({period: priced}, {key_of(period): asked}, now, refresh_s)):
            return seconds
    raise AssertionError("never due again")


def test_a_period_with_deals_and_no_price_comes_first_however_old() -> None:
    old, running, coming = hour("08-09", date(2022, 1, 3)), hour("12-13"), hour("18-19")
    order = [request.period for request in due({running: True, coming: True, old: False})]
    assert order[0] == old
    assert set(order[1:3]) == {running, coming}
    assert {request.urgency for request in due({old: False})[1:]} == {Urgency.UNTRADED}


def test_delivered_periods_come_after_the_open_and_before_those_without_deals() -> None:
    delivered, running = hour("08-09"), hour("12-13")
    urgencies = [request.urgency for request in due({delivered: True, running: True})]
    assert urgencies[:3] == [Urgency.OPEN, Urgency.DELIVERED, Urgency.UNTRADED]
    assert urgencies == sorted(urgencies)


def test_a_period_asked_in_vain_goes_first_no_longer_and_leaves_the_last_permits_to_others() -> None:
    refused, running = hour("08:15-08:30", date(2023, 2, 7)), hour("12-13")
    long_ago = NOON - timedelta(hours=1)
    for unanswered, urgencies in ((2, ["UNPRICED", "OPEN"]), (3, ["OPEN", "ASKED_IN_VAIN"])):
        asked = {key_of(refused): Asked(long_ago, None, unanswered), key_of(running): Asked(long_ago, NOON, 0)}
        found = due({refused: False, running: True}, asked)
        assert [request.urgency.name for request in found[:2]] == urgencies
    assert [request.urgency for request in affordable(found, Allowance(8, 0, None), at_most=10)] == [Urgency.OPEN]


def test_quarter_hours_with_deals_are_asked_by_their_own_label() -> None:
    quarter = hour("18:15-18:30")
    assert due({quarter: False})[0].period.label == "18:15-18:30"


def test_the_tradable_hours_run_from_the_next_one_to_tomorrows_last() -> None:
    hours = tradable_hours(NOON, BERLIN)
    assert (hours[0].label, hours[-1].day, hours[-1].label) == ("13-14", date(2023, 2, 7), "23-24")
    assert len(hours) == 11 + 24


def test_the_tradable_hours_count_both_doubled_hours() -> None:
    eve = datetime(2023, 10, 28, 12, tzinfo=UTC)
    labels = [period.label for period in tradable_hours(eve, BERLIN) if period.day == date(2023, 10, 29)]
    assert len(labels) == 25
    assert {"02-03A", "02-03B"} <= set(labels)


def test_within_a_class_the_longest_unasked_comes_first() -> None:
    earlier, later, never = hour("18-19"), hour("19-20"), hour("20-21")
    asked = {
        key_of(later): Asked(NOON - timedelta(hours=1), NOON, 0),
        key_of(earlier): Asked(NOON - timedelta(hours=2), NOON, 0),
    }
    assert [request.period for request in due(dict.fromkeys((later, earlier, never), True), asked)][:3] == [
        never,
        earlier,
        later,
    ]


def test_an_open_period_is_asked_again_after_the_refresh_time_whatever_was_said() -> None:
    asked = Asked(NOON, NOON, 0, without_news=9)
    assert due_again_s(hour("18-19"), priced=True, asked=asked) == 600


def test_an_unpriced_open_period_is_asked_again_soon_and_then_less_often_up_to_the_refresh_time() -> None:
    waits = [due_again_s(hour("18-19"), priced=False, asked=Asked(NOON, NOON, 0, n)) for n in range(7)]
    assert waits == [30, 60, 120, 240, 480, 600, 600]


@pytest.mark.parametrize("priced", [True, False])
def test_a_delivered_period_is_asked_after_the_refresh_time_doubling_without_news_up_to_a_day(priced: bool) -> None:
    waits = [due_again_s(hour("08-09"), priced=priced, asked=Asked(NOON, NOON, 0, n)) for n in range(10)]
    assert waits == [600, 1200, 2400, 4800, 9600, 19_200, 38_400, 76_800, 86_400, 86_400]


def test_news_resets_the_doubling() -> None:
    asked = Asked(NOON, NOON, 0, without_news=5).asked_again(NOON).answered(hour("08-09"), NOON, news=True)
    assert (asked.without_news, asked.unanswered) == (0, 0)


def test_answers_without_news_from_before_the_end_of_delivery_do_not_count_after_it() -> None:
    period = hour("11-12")
    while_open = Asked(NOON - timedelta(minutes=10), NOON - timedelta(minutes=10), 0, without_news=6)
    assert while_open.without_news_since_delivery(period.end, NOON) == 0
    assert while_open.answered(period, NOON, news=False).without_news == 1


def test_a_request_without_answer_is_repeated_soon_and_then_less_often() -> None:
    waits = [due_again_s(hour("18-19"), priced=True, asked=Asked(NOON, None, n)) for n in range(1, 7)]
    assert waits == [30, 60, 120, 240, 480, 600]


def test_a_period_asked_before_the_clock_was_set_back_is_due() -> None:
    period = hour("18-19")
    ahead = {key_of(period): Asked(NOON + timedelta(hours=3), NOON, 0)}
    assert due({period: True}, ahead)[0].period == period


def test_the_last_fifth_of_a_limit_is_kept_for_periods_with_deals() -> None:
    made = [NOON - timedelta(seconds=1)] * 42
    assert allowance(NOON, made, (RequestLimit(50, 60),)) == Allowance(8, 0, None)
    chosen = affordable(due({hour("18-19"): False}), Allowance(8, 0, None), at_most=10)
    assert [request.urgency for request in chosen] == [Urgency.UNPRICED]


def test_a_pause_of_the_provider_stops_all_requests() -> None:
    until = NOON + timedelta(minutes=5)
    assert allowance(NOON, [], LIMITS, until) == Allowance(0, 0, until)
    assert allowance(until, [], LIMITS, until).requests == 50


def test_the_next_request_is_possible_when_enough_earlier_ones_have_left_the_window() -> None:
    limit = RequestLimit(2, 60)
    made = [NOON - timedelta(seconds=s) for s in (50, 30, 10)]
    allowed = allowance(NOON, made, (limit,))
    assert allowed == Allowance(0, 0, NOON - timedelta(seconds=30) + limit.window)


instants = st.integers(0, 4000).map(lambda s: NOON - timedelta(seconds=s))
limits = st.lists(st.builds(RequestLimit, st.integers(1, 60), st.sampled_from([1, 60, 3600])), min_size=1, max_size=3)


@given(st.lists(instants, max_size=120), limits)
def test_no_window_ever_holds_more_requests_than_its_limit(made: list[datetime], limits: list[RequestLimit]) -> None:
    allowed = allowance(NOON, made, limits)
    assert 0 <= allowed.unhurried <= allowed.requests
    after = made + [NOON] * allowed.requests
    for limit in limits:
        in_window = sum(instant > NOON - timedelta(seconds=limit.seconds) for instant in after)
        before = sum(instant > NOON - timedelta(seconds=limit.seconds) for instant in made)
        assert in_window <= max(limit.requests, before)


@given(st.lists(instants, max_size=120), limits)
def test_the_next_request_is_possible_exactly_when_promised(made: list[datetime], limits: list[RequestLimit]) -> None:
    allowed = allowance(NOON, made, limits)
    if allowed.next_at is not None:
        assert allowance(allowed.next_at, made, limits).requests > 0
        assert allowance(allowed.next_at - timedelta(seconds=1), made, limits).requests == 0


two_days = st.sampled_from([*periods_of(DAY, BERLIN), *hours_of(date(2023, 2, 7), BERLIN)])
histories = st.builds(Asked, instants, st.none() | instants, st.integers(0, 40), st.integers(0, 40))


@given(
    st.dictionaries(two_days, st.booleans(), max_size=30),
    st.dictionaries(two_days.map(key_of), histories, max_size=60),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 20),
)
@settings(max_examples=60, deadline=None)
def test_never_more_than_allowed_and_always_in_class_order(
    with_deals: dict[DeliveryPeriod, bool], asked: dict[PeriodKey, Asked], free: int, unhurried: int, at_most: int
) -> None:
    found = due(with_deals, asked)
    chosen = affordable(found, Allowance(free, min(unhurried, free), None), at_most=at_most)
    assert len(chosen) <= min(free, at_most)
    assert len(set(chosen)) == len(chosen)
    urgencies = [request.urgency for request in chosen if not request.neglected]
    assert urgencies == sorted(urgencies)
    if not any(request.neglected for request in found):
        assert chosen == found[: len(chosen)]


@given(histories, st.booleans(), st.integers(1, 86_400))
def test_every_period_with_deals_is_due_again_within_a_day(asked: Asked, priced: bool, refresh_s: int) -> None:
    period = hour("08-09")
    a_day_later = asked.asked_at + timedelta(seconds=LONGEST_WAIT_S)
    found = due({period: priced}, {key_of(period): asked}, a_day_later, refresh_s)
    assert period in [request.period for request in found]


def test_nobody_starves_where_the_limits_are_far_too_tight() -> None:
    """Given more unpriced periods than a day's requests, the open and the delivered ones still get their turns."""
    old = [period for days in range(15) for period in hours_of(DAY - timedelta(days=40 + days), BERLIN)]
    open_periods = hours_of(date(2023, 2, 7), BERLIN)
    delivered = hours_of(DAY - timedelta(days=1), BERLIN)
    with_deals = {**dict.fromkeys(old, False), **dict.fromkeys((*open_periods, *delivered), True)}
    start = NOON - timedelta(hours=6)
    asked = {key_of(period): Asked(start, start, 0) for period in (*open_periods, *delivered)}
    limit = RequestLimit(60, 3600)
    made: list[datetime] = []
    for minute in range(60 * 5):
        now = start + timedelta(minutes=minute)
        allowed = allowance(now, made[-60:], (limit,))
        found = due(with_deals, asked, now)
        for request in affordable(found, allowed, at_most=10, made_before=len(made)):
            made.append(now)
            known = asked.get(key_of(request.period), Asked(now))
            asked[key_of(request.period)] = known.asked_again(now).answered(request.period, now, news=False)
    assert len(made) > 250
    assert all(asked[key_of(period)].asked_at > start for period in (*open_periods, *delivered))
