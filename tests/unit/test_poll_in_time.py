"""Over hours of polling, no period starves another."""

import pytest

from tests.polling_in_time import HOURS, LIMITS, QUARTERS, REFRESH_S, Desk, Provider, poll_for


@pytest.mark.parametrize("refused", [12, 96])
def test_periods_that_are_always_refused_starve_no_other_and_are_no_outage(
    refused: int, caplog: pytest.LogCaptureFixture
) -> None:
    provider = Provider(lambda period, _: 400 if period.minutes == 15 else 200)
    poll_for(2 * 3600, provider, Desk(HOURS, QUARTERS[:refused]))
    a_minutes_permits_are_spent_s = LIMITS[0].window.total_seconds()
    assert provider.longest_gap_s(HOURS, until=2 * 3600) <= REFRESH_S + a_minutes_permits_are_spent_s
    assert all(len(provider.seen[quarter]) >= 5 for quarter in QUARTERS[:refused])
    said = [record.message for record in caplog.records]
    assert len(said) == refused
    assert all(message.startswith("no reference price for 2023-02-06") for message in said)


def test_refused_periods_do_not_hold_up_the_others_when_an_outage_ends(caplog: pytest.LogCaptureFixture) -> None:
    provider = Provider(lambda period, at: 500 if at < 1800 else 400 if period.minutes == 15 else 200)
    poll_for(2 * 3600, provider, Desk(HOURS, QUARTERS))
    assert provider.longest_gap_s(HOURS, until=2 * 3600) <= 1800 + REFRESH_S + 60
    began, ended = (record.message for record in caplog.records if "The market-data provider" in record.message)
    assert began == (
        "The market-data provider fails since 2023-02-05 11:00:05 UTC (the provider answered with status 500); "
        "prices stay as they are and grow old. It is asked again by itself: see that its address answers."
    )
    assert ended == f"No longer so: {began}"


def test_where_a_look_takes_long_most_of_the_time_is_left_to_others() -> None:
    provider, desk = Provider(lambda *_: 200), Desk((), HOURS, read_takes_s=0.5)
    poll_for(600, provider, desk)
    assert 600 / 15 <= desk.reads <= 600 / 5 + 1
    assert all(hour in provider.seen for hour in HOURS)


def test_a_normal_day_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Hours without a price yet answer 404 until their first deal, some of them for the whole time."""
    provider = Provider(lambda period, at: 404 if at < 3600 or period.start.hour % 3 == 0 else 200)
    poll_for(2 * 3600, provider, Desk(HOURS[1::3], HOURS[::3]))
    assert sum(map(len, provider.seen.values())) > 300
    assert [record.message for record in caplog.records] == []
