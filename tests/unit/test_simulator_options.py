"""Do the flags mean what they say, and do wrong ones get a clear error?"""

import argparse
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import InvalidSettingsError
from simulator.exchange_faults import HICCUPS, ExchangeFaults
from simulator.options import add_arguments, faults_of, market_of

NOW = datetime(2023, 10, 28, 9, 30, tzinfo=UTC)


def parsed(flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(flags.split())


def test_without_flags_the_market_is_now_and_all_is_well() -> None:
    args = parsed("exchange")
    assert market_of(args, NOW).clock.at(NOW) == NOW
    assert faults_of(args) == ExchangeFaults()


def test_a_day_begins_at_its_local_midnight_and_runs_at_the_speed_asked_for() -> None:
    clock = market_of(parsed("exchange --date 2023-10-29 --speed 60"), NOW).clock
    assert clock.at(NOW) == datetime(2023, 10, 28, 22, tzinfo=UTC)
    assert clock.at(NOW + timedelta(seconds=60)) == datetime(2023, 10, 28, 23, tzinfo=UTC)
    assert clock.seconds_until(datetime(2023, 10, 28, 23, tzinfo=UTC), NOW) == 60


def test_two_simulators_with_equal_flags_share_a_market_whenever_they_start() -> None:
    flags = "--seed 4 --date 2023-10-29T08:00+01:00 --speed 60 --started-at 2023-10-28T09:00Z"
    exchange = market_of(parsed(f"exchange {flags}"), NOW)
    assert market_of(parsed(f"market-data {flags}"), NOW + timedelta(minutes=5)) == exchange


def test_hiccups_can_be_changed_by_flags() -> None:
    assert faults_of(parsed("exchange --hiccups")) == HICCUPS
    assert faults_of(parsed("exchange --hiccups --duplicate-rate 0.5")).duplicate_rate == 0.5


@pytest.mark.parametrize("flags", ["--silence-every 5", "--silence-for 5", "--outage 5", "--drop-one"])
def test_a_flag_without_its_partner_is_refused(flags: str) -> None:
    with pytest.raises(InvalidSettingsError, match=flags.split()[0]):
        faults_of(parsed(f"exchange {flags}"))


@pytest.mark.parametrize(
    "flags",
    [
        "exchange --speed 0",
        "exchange --deals-per-minute many",
        "exchange --date 2023-02-30",
        "exchange --date 2023-02-20T10:00",
        "exchange --timezone Mars/Olympus",
        "exchange --port 70000",
        "exchange --garbage-rate 2",
        "exchange --name a/b",
        "market-data --limits lots",
        "market-data --faults nonsense",
        "market-data --unit cents",
        "brokerage",
    ],
)
def test_a_wrong_flag_is_named(flags: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(flags)
    assert ended.value.code == 2
    assert flags.split()[-1] in capsys.readouterr().err
