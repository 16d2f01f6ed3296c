"""A time from outside is an instant to the microsecond, or it is refused."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import NotAnInstantError
from domain.instants import parse_instant

MORNING = datetime(2023, 2, 6, 6, 13, 45, tzinfo=UTC)
offsets = st.integers(-(24 * 60 - 1), 24 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.timedeltas(timedelta(days=-738_000), timedelta(days=2_900_000)).map(lambda since: MORNING + since)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023-02-06T06:13:45Z", MORNING),
        ("2023-02-06t06:13:45z", MORNING),
        ("2023-02-06T06:13:45-00:00", MORNING),
        ("2023-02-06T07:13:45+01:00", MORNING),
        ("2023-02-06T06:13:45.5Z", MORNING + timedelta(milliseconds=500)),
        ("2023-02-06T06:13:45.1234569Z", MORNING + timedelta(microseconds=123456)),
        ("2023-02-06T06:13:45." + "9" * 5_000 + "+00:00", MORNING + timedelta(microseconds=999999)),
    ],
)
def test_an_rfc_3339_time_is_read_and_cut_after_microseconds(text: str, instant: datetime) -> None:
    read = parse_instant(text)
    assert (read, read.tzinfo) == (instant, UTC)


@given(instants, offsets)
def test_whatever_the_offset_the_same_instant_is_read_back(instant: datetime, offset: timezone) -> None:
    assert parse_instant(instant.astimezone(offset).isoformat()) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-02-06",
        "2023-02-06T06:13Z",
        "2023-02-06T06:13:45",
        "2023-02-06 06:13:45Z",
        "20230206T061345Z",
        "2023-02-06T06:13:45,5Z",
        "2023-02-06T06:13:45.Z",
        "2023-02-06T06:13:45+0100",
        "2023-02-06T06:13:45+24:00",
        "2023-02-06T06:13:45+01:60",
        " 2023-02-06T06:13:45Z",
        "2023-02-06T06:13:45Z\n",
        "٢٠٢٣-02-06T06:13:45Z",
        "2023-02-30T06:13:45Z",
        "2023-02-06T25:00:00Z",
        "2023-02-06T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(NotAnInstantError, match=r"not a time with an offset|no such time"):
        parse_instant(text)


@given(st.text(max_size=40))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(NotAnInstantError):
        assert parse_instant(text).tzinfo is UTC
