"""Which delivery periods does a day have, and which one does a label name?"""

import tracemalloc
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import AmbiguousPeriodError, MalformedLabelError, NoSuchPeriodError, UnknownPeriodError
from domain.periods import DAYS_KEPT, FIRST_DAY, LAST_DAY, DeliveryPeriod, hours_of, parse_period, periods_of
from tests.notation import AUTUMN, BERLIN, DAY, SPRING, instant

ODD_ZONES = (
    "Europe/London",
    "Europe/Lisbon",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Monrovia",
)

zones = st.sampled_from(("Europe/Berlin", *ODD_ZONES)).map(ZoneInfo)
days = st.dates(date(2000, 1, 1), date(2040, 12, 31))
change_days = st.sampled_from((SPRING, AUTUMN))


def labels(day: date, minutes: int, zone: ZoneInfo = BERLIN) -> list[str]:
    return [period.label for period in periods_of(day, zone) if period.minutes == minutes]


@pytest.mark.parametrize(("day", "hours"), [(DAY, 24), (SPRING, 23), (AUTUMN, 25)])
def test_a_day_has_its_hours_and_twice_and_four_times_as_many_shorter_periods(day: date, hours: int) -> None:
    assert [len(labels(day, minutes)) for minutes in (60, 30, 15)] == [hours, 2 * hours, 4 * hours]


def test_the_spring_day_has_no_hour_from_two_to_three() -> None:
    assert labels(SPRING, 60)[:4] == ["00-01", "01-02", "03-04", "04-05"]
    assert not [label for label in labels(SPRING, 15) if label.startswith("02")]


def test_the_autumn_day_has_the_hour_from_two_to_three_twice() -> None:
    assert labels(AUTUMN, 60)[:5] == ["00-01", "01-02", "02-03A", "02-03B", "03-04"]
    assert labels(AUTUMN, 30)[4:8] == ["02:00-02:30A", "02:30-03:00A", "02:00-02:30B", "02:30-03:00B"]
    assert labels(AUTUMN, 15)[8:10] == ["02:00-02:15A", "02:15-02:30A"]


def test_the_last_hour_ends_at_24() -> None:
    assert (labels(DAY, 60)[-1], labels(DAY, 30)[-1], labels(DAY, 15)[-1]) == ("23-24", "23:30-24:00", "23:45-24:00")


def test_a_period_knows_its_instants_in_utc() -> None:
    second = parse_period(AUTUMN, "02-03B", BERLIN)
    assert (second.start, second.end) == (instant("2023-10-29T01:00:00Z"), instant("2023-10-29T02:00:00Z"))
    assert str(parse_period(DAY, "08:15-08:30", BERLIN).hours) == "0.25"


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("08-09", "08-09"),
        ("23-24", "23-24"),
        ("23-00", "23-24"),
        ("08:00-09:00", "08-09"),
        ("23:00-24:00", "23-24"),
        ("23:00-00:00", "23-24"),
        ("23:45-00:00", "23:45-24:00"),
        ("23:45-24:00", "23:45-24:00"),
        ("23:30-00:00", "23:30-24:00"),
        ("08:15-08:30", "08:15-08:30"),
        ("08:30-09:00", "08:30-09:00"),
    ],
)
def test_every_spelling_names_the_period_by_its_one_label(written: str, label: str) -> None:
    assert parse_period(DAY, written, BERLIN).label == label


@pytest.mark.parametrize(("written", "label"), [("02-03A", "02-03A"), ("02:00-03:00B", "02-03B")])
def test_a_and_b_name_the_two_hours_of_the_autumn_day(written: str, label: str) -> None:
    assert parse_period(AUTUMN, written, BERLIN).label == label


@pytest.mark.parametrize(
    "label",
    [
        "",
        "8-9",
        "08",
        "08_09",
        "08-09 ",
        " 08-09",
        "08-09\n",
        "08:00-09",
        "08-09:00",
        "0８-09",
        "02-03C",
        "02-03a",
        "-1-00",
        "08-09AB",
    ],
)
def test_what_has_not_the_form_of_a_label_is_malformed(label: str) -> None:
    with pytest.raises(MalformedLabelError):
        parse_period(DAY, label, BERLIN)


@pytest.mark.parametrize(
    ("day", "label"),
    [
        (SPRING, "02-03"),
        (SPRING, "02:15-02:30"),
        (SPRING, "02-03A"),
        (DAY, "02-03A"),
        (DAY, "02-03B"),
        (AUTUMN, "01-02A"),
        (AUTUMN, "03-04B"),
        (AUTUMN, "02-02A"),
        (DAY, "00-00"),
        (DAY, "09-08"),
        (DAY, "08-08"),
        (DAY, "08-10"),
        (DAY, "24-25"),
        (DAY, "24-01"),
        (DAY, "08-00"),
        (DAY, "99-00"),
        (DAY, "08:05-08:20"),
        (DAY, "08:15-08:45"),
        (DAY, "08:30-09:30"),
        (DAY, "08:15-08:75"),
        (DAY, "00:00-00:00"),
        (date.min, "08-09"),
        (date.max, "08-09"),
        (date.max, "23-24"),
        (date(1899, 12, 31), "08-09"),
        (date(2200, 1, 1), "08-09"),
    ],
)
def test_a_label_without_a_period_that_day_is_refused(day: date, label: str) -> None:
    with pytest.raises(NoSuchPeriodError):
        parse_period(day, label, BERLIN)


@pytest.mark.parametrize("day", [FIRST_DAY, LAST_DAY])
def test_the_first_and_the_last_delivery_day_have_their_hours(day: date) -> None:
    assert len(hours_of(day, BERLIN)) == 24


@pytest.mark.parametrize("day", [date.min, FIRST_DAY - timedelta(days=1), LAST_DAY + timedelta(days=1), date.max])
def test_beyond_the_first_and_the_last_delivery_day_there_are_no_hours(day: date) -> None:
    assert hours_of(day, BERLIN) == ()


@pytest.mark.parametrize(
    ("label", "executed", "named"),
    [
        ("02-03", "2023-10-29T00:00:01Z", "02-03B"),
        ("02-03", "2023-10-29T00:30:00Z", "02-03B"),
        ("02-03", "2023-10-29T01:00:00Z", "02-03B"),
        ("02:00-03:00", "2023-10-29T00:30:00Z", "02-03B"),
        ("02:15-02:30", "2023-10-29T00:15:01Z", "02:15-02:30B"),
        ("02:30-03:00", "2023-10-29T01:30:00Z", "02:30-03:00B"),
    ],
)
def test_a_plain_doubled_hour_is_b_when_only_a_had_begun(label: str, executed: str, named: str) -> None:
    assert parse_period(AUTUMN, label, BERLIN, instant(executed)).label == named


@pytest.mark.parametrize(
    ("label", "executed"),
    [
        ("02-03", None),
        ("02-03", "2023-10-28T12:00:00Z"),
        ("02-03", "2023-10-29T00:00:00Z"),
        ("02-03", "2023-10-29T01:00:00.000001Z"),
        ("02-03", "2023-10-30T00:00:00Z"),
        ("02:15-02:30", "2023-10-29T00:15:00Z"),
        ("02:15-02:30", "2023-10-29T01:15:01Z"),
    ],
)
def test_a_plain_doubled_hour_is_ambiguous_when_the_execution_does_not_decide(label: str, executed: str | None) -> None:
    with pytest.raises(AmbiguousPeriodError):
        parse_period(AUTUMN, label, BERLIN, (executed and instant(executed)) or None)


def test_a_later_execution_is_not_judged_where_nothing_is_doubled() -> None:
    assert parse_period(DAY, "08-09", BERLIN, instant("2023-02-07T12:00:00Z")).label == "08-09"


def test_where_half_an_hour_is_doubled_the_half_hours_have_a_and_b() -> None:
    lord_howe, day = ZoneInfo("Australia/Lord_Howe"), date(2023, 4, 2)
    assert "01:30-02:00A" in labels(day, 30, lord_howe)
    assert "01:30-02:00B" in labels(day, 30, lord_howe)
    assert len(labels(day, 15, lord_howe)) == 98


def test_a_day_that_begins_at_one_has_23_hours() -> None:
    assert labels(date(2018, 11, 4), 60, ZoneInfo("America/Sao_Paulo"))[0] == "01-02"


def test_where_midnight_goes_back_the_last_hour_comes_twice() -> None:
    assert labels(date(2018, 2, 17), 60, ZoneInfo("America/Sao_Paulo"))[-2:] == ["23-24A", "23-24B"]


def test_a_day_that_was_skipped_has_no_periods() -> None:
    assert periods_of(date(2011, 12, 30), ZoneInfo("Pacific/Apia")) == ()


@given(day=st.one_of(days, change_days), zone=zones)
def test_every_label_of_every_day_names_its_own_period(day: date, zone: ZoneInfo) -> None:
    periods = periods_of(day, zone)
    assert len({period.label for period in periods}) == len(periods)
    for period in periods:
        assert parse_period(day, period.label, zone) == period


@given(day=st.one_of(days, change_days), zone=zones)
def test_the_quarter_hours_of_a_day_tile_it(day: date, zone: ZoneInfo) -> None:
    quarters = [period for period in periods_of(day, zone) if period.minutes == 15]
    assert all(one.end == other.start for one, other in pairwise(quarters))
    if quarters:
        before, after = quarters[0].start - timedelta(microseconds=1), quarters[-1].end
        assert before.astimezone(zone).date() < day < after.astimezone(zone).date()


@given(day=st.one_of(days, change_days))
def test_the_hours_of_a_day_tile_it_too(day: date) -> None:
    hours = hours_of(day, BERLIN)
    assert all(one.end == other.start for one, other in pairwise(hours))
    assert hours[-1].end == hours_of(day + timedelta(days=1), BERLIN)[0].start


@given(day=st.one_of(days, change_days), zone=zones)
def test_periods_are_in_order_the_longer_first(day: date, zone: ZoneInfo) -> None:
    periods = periods_of(day, zone)
    assert list(periods) == sorted(periods, key=lambda period: (period.start, -period.minutes))
    assert all(period.start.tzinfo is UTC for period in periods)


@given(
    label=st.text(st.sampled_from("0123456789:-AB"), max_size=13),
    day=st.dates(),
    executed=st.none() | st.datetimes(timezones=st.just(UTC)),
)
def test_any_text_names_a_period_or_is_refused(label: str, day: date, executed: datetime | None) -> None:
    try:
        named = parse_period(day, label, BERLIN, executed)
    except UnknownPeriodError:
        return
    assert isinstance(named, DeliveryPeriod)
    assert named.day == day


def test_all_the_days_that_there_are_fill_no_memory() -> None:
    tracemalloc.start()
    try:
        for number in range(20):
            parse_period(FIRST_DAY + timedelta(days=number), "08-09", BERLIN)
        taken_each, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert DAYS_KEPT * taken_each / 20 < 100 * 2**20
    assert periods_of.cache_info().maxsize == DAYS_KEPT
