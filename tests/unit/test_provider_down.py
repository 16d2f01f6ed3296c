"""A provider that is down for hours is left alone, and served again in the order of need."""

from itertools import pairwise

import pytest

from tests.polling_in_time import HOURS, QUARTERS, REFRESH_S, Desk, Provider, poll_for
from wattbook.patience import LONGEST_BACK_OFF_S
from wattbook.poll import LONGEST_REST_S

HOUR_S = 3600
DOWN_S = 6 * HOUR_S
LOOK_S = 10
ANSWER_S = 3

UNPRICED = QUARTERS[40:60]
PRICED = HOURS[:3]


def fails_in_turns(at: float) -> int:
    """500 for a minute, then no answer for a minute."""
    return 500 if at % 120 < 60 else 0


def test_a_provider_down_for_hours_is_asked_about_once_a_minute_and_no_price_changes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    provider = Provider(lambda _, at: 200 if at < HOUR_S or at >= HOUR_S + DOWN_S else fails_in_turns(at))
    desk = Desk(PRICED, UNPRICED)
    poll_for(HOUR_S + DOWN_S + HOUR_S, provider, desk)
    down_from, down_until = HOUR_S, HOUR_S + DOWN_S
    meanwhile = [at for at, *_ in provider.asked if down_from + 120 <= at < down_until]
    assert DOWN_S / (LONGEST_BACK_OFF_S + LOOK_S + ANSWER_S) - 10 <= len(meanwhile) <= DOWN_S / (LONGEST_BACK_OFF_S / 2)
    assert all(under_way == 1 for at, _, under_way in provider.asked if down_from + 120 <= at < down_until)
    assert [event for at, event in desk.told if down_from + ANSWER_S <= at < down_until] == []
    first_asked = next(at for at, *_ in provider.asked if at >= down_until)
    assert first_asked - down_until <= LONGEST_BACK_OFF_S + LOOK_S
    said = [record.message for record in caplog.records]
    assert len(said) == 2
    assert said[0].startswith("The market-data provider fails since 2023-02-05 12:")
    assert said[1] == f"No longer so: {said[0]}"


def test_after_an_outage_a_canary_goes_first_then_twice_as_many_with_each_answer_and_first_those_in_need() -> None:
    provider = Provider(lambda _, at: 200 if at >= DOWN_S else fails_in_turns(at))
    poll_for(DOWN_S + HOUR_S, provider, Desk(PRICED, UNPRICED))
    after = [(period, under_way) for at, period, under_way in provider.asked if at >= DOWN_S]
    assert [under_way for _, under_way in after[:3]] == [1, 1, 2]
    assert max(under_way for _, under_way in after) <= 16
    in_need = {*PRICED, *UNPRICED}
    # The canary's own turn is whoever was due when the provider was back.
    assert {period for period, _ in after[1 : len(in_need)]} <= in_need
    assert {period for period, _ in after[: len(in_need) + 1]} >= in_need
    first_unpriced = [period for period, _ in after[1:] if period in UNPRICED][: len(UNPRICED) - 1]
    assert first_unpriced == sorted(first_unpriced, key=lambda period: period.start)
    assert {period for period, _ in after} >= set(HOURS)


def test_a_start_is_a_canary_too() -> None:
    provider = Provider(lambda *_: 200)
    poll_for(60, provider, Desk(PRICED, UNPRICED))
    (_, first, _), (second_at, *_) = provider.asked[:2]
    assert first == UNPRICED[0]
    assert second_at > 0
    assert [under_way for _, _, under_way in provider.asked[:3]] == [1, 1, 2]
    assert {period for _, period, _ in provider.asked[: len(UNPRICED)]} == set(UNPRICED)


def test_a_provider_that_never_answers_is_tried_by_few() -> None:
    provider = Provider(lambda *_: 0)
    poll_for(HOUR_S, provider, Desk(PRICED, UNPRICED))
    times = [at for at, *_ in provider.asked]
    assert 30 <= len(times) <= 130
    assert all(later - earlier >= LONGEST_BACK_OFF_S / 2 for earlier, later in pairwise(times[12:]))


@pytest.mark.parametrize("back_at", [None, HOUR_S])
def test_it_is_warned_of_a_provider_that_is_down_since_when_and_why_until_it_serves(back_at: int | None) -> None:
    provider = Provider(lambda _, at: 200 if back_at and at >= back_at else fails_in_turns(at))
    standing = poll_for(2 * HOUR_S, provider, Desk(PRICED, UNPRICED)).standing
    if back_at:
        assert standing == []
        return
    (warning,) = standing
    assert (warning.code, warning.level) == ("MARKET_DATA_DOWN", "WARNING")
    assert warning.message.startswith("The market-data provider fails since 2023-02-05 11:00:")
    assert "(the provider answered with status 500)" in warning.message


def test_while_deals_wait_no_price_is_asked_for_and_then_polling_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    provider = Provider(lambda *_: 200)
    poll_for(
        2 * HOUR_S, provider, Desk(PRICED, UNPRICED), deals_are_late=lambda at: HOUR_S / 2 <= at < HOUR_S and at % 8 < 7
    )
    times = [at for at, *_ in provider.asked]
    assert [at for at in times if HOUR_S / 2 + 1 <= at < HOUR_S] == []
    assert min(at for at in times if at >= HOUR_S) <= HOUR_S + LONGEST_REST_S + LOOK_S
    assert all(max(provider.seen[period]) > 2 * HOUR_S - REFRESH_S - 60 for period in PRICED)
    assert [record.message for record in caplog.records] == [
        "polling reference prices stops until deals that wait are recorded",
        "polling reference prices goes on: the deals that waited are recorded",
    ]
