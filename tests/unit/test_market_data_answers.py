"""An answer is read to the digit, and one that cannot be relied on is refused with a sentence."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.market_data.answers import LONGEST_ANSWER, NothingSaid, Observation, read_answer, read_retry_after
from domain.decimals import plain
from domain.errors import OddAnswerError, UnusableAnswerError
from domain.periods import parse_period

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2023, 2, 6)
NOON = datetime(2023, 2, 6, 11, tzinfo=UTC)
AUTUMN = date(2023, 10, 29)

ANSWER = {
    "delivery_day": "2023-02-06",
    "delivery_hour": "12-13",
    "value": 100.0,
    "unit": "euro",
    "last_update": "2023-02-06T09:15:45Z",
}
LAST_UPDATE = datetime(2023, 2, 6, 9, 15, 45, tzinfo=UTC)


def read(body: bytes, status: int = 200, label: str = "12-13", day: date = DAY) -> Observation | NothingSaid:
    return read_answer(status, body, asked=parse_period(day, label, BERLIN), zone=BERLIN)


def answer(**fields: object) -> bytes:
    return json.dumps({name: value for name, value in {**ANSWER, **fields}.items() if value != "left out"}).encode()


def with_value(text: str) -> bytes:
    return answer(value="VALUE").replace(b'"VALUE"', text.encode())


def test_the_documented_answer_is_an_observation() -> None:
    assert read(answer()) == Observation(Decimal("100"), LAST_UPDATE)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("100.0", "100"),
        ("-12.345678901234567890", "-12.34567890123456789"),
        ("0", "0"),
        ("-0.0", "0"),
        ("1e2", "100"),
        ("25E-1", "2.5"),
        ("1000000000", "1000000000"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("1.2345678901234567e-05", "0.000012345678901234567"),
        ("-3.552713678800501e-15", "-0.000000000000003552713678800501"),
        ('"-0.000000000000003552713678800501"', "-0.000000000000003552713678800501"),
        ("5e-324", f"0.{'0' * 323}5"),
        (f"0.{'0' * 339}1", f"0.{'0' * 339}1"),
        (f"0.{'0' * 340}1", None),
        (f'"999999999.{"9" * 340}"', f"999999999.{'9' * 340}"),
        (f'"999999999.{"9" * 341}"', None),
        ('"20.5"', "20.5"),
        ('"-20.50"', "-20.5"),
        ('"1_000"', None),
        ('"1e2"', None),
        ('" 1"', None),
        ('"NaN"', None),
        ('""', None),
        ("NaN", None),
        ("Infinity", None),
        ("-Infinity", None),
        ("1000000001", None),
        ("1000000000.00000000000000000001", None),
        ("1e999999999", None),
        ("1e-999999999", None),
        ("9" * 200, None),
        ("0" * 400 + "1", None),
        ("true", None),
        ("[1]", None),
        ("{}", None),
    ],
)
def test_a_value_is_read_to_the_digit_or_refused(written: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(UnusableAnswerError):
            read(with_value(written))
    else:
        said = read(with_value(written))
        assert isinstance(said, Observation)
        assert said.value is not None
        assert plain(said.value) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9), max_value=10**9))
def test_every_value_within_bounds_keeps_every_digit(value: Decimal) -> None:
    said = read(with_value(plain(value)))
    assert said == Observation(value, LAST_UPDATE)


@pytest.mark.parametrize("fields", [{"value": None}, {"value": "left out"}, {"value": None, "unit": "left out"}])
def test_an_undefined_value_with_a_last_update_is_an_observation(fields: dict[str, object]) -> None:
    assert read(answer(**fields)) == Observation(None, LAST_UPDATE)


def test_nothing_is_said_by_404_and_by_an_answer_without_last_update() -> None:
    assert read(b"<html>not here</html>", status=404) == NothingSaid()
    assert read(answer(last_update="left out")) == NothingSaid()
    assert read(answer(last_update=None)) == NothingSaid()
    assert read(b"{}") == NothingSaid()


def test_both_units_mean_the_same_and_any_other_is_refused() -> None:
    assert read(answer(unit="euro/mwh")) == read(answer(unit="euro"))
    others: tuple[object, ...] = ("eurocent", "EUR", "", None, 5, [], "left out")
    for unit in others:
        with pytest.raises(UnusableAnswerError, match="unit"):
            read(answer(unit=unit))
    with pytest.raises(UnusableAnswerError, match="unit"):
        read(answer(unit="usd", value=None))


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2023-02-06T10:15:45+01:00", LAST_UPDATE),
        ("2023-02-06T09:15:45.250z", LAST_UPDATE + timedelta(milliseconds=250)),
        ("2023-02-06T09:15:45.123456789Z", LAST_UPDATE + timedelta(microseconds=123456)),
        ("2023-02-06T09:15:45.1234567890123Z", LAST_UPDATE + timedelta(microseconds=123456)),
        ("2023-02-06T09:15:45", None),
        ("2023-02-06 09:15:45Z", None),
        ("20230206T091545Z", None),
        ("2023-02-30T09:15:45Z", None),
        ("0001-01-01T00:00:00+10:00", None),
        ("2023-02-06T09:15:45+99:00", None),
        (1675674945, None),
        (True, None),
        ([], None),
    ],
)
def test_last_update_is_an_rfc_3339_time_with_an_offset(written: object, instant: datetime | None) -> None:
    if instant is None:
        with pytest.raises(UnusableAnswerError, match="last_update"):
            read(answer(last_update=written))
    else:
        assert read(answer(last_update=written)) == Observation(Decimal(100), instant)


def test_another_period_than_asked_is_refused() -> None:
    for fields in ({"delivery_hour": "13-14"}, {"delivery_day": "2023-02-07"}, {"delivery_hour": "12:00-12:15"}):
        with pytest.raises(UnusableAnswerError, match="was asked for"):
            read(answer(**fields))
        with pytest.raises(UnusableAnswerError, match="was asked for"):
            read(answer(**fields, last_update=None))


def test_periods_are_compared_by_meaning() -> None:
    assert read(answer(delivery_hour="12:00-13:00")) == read(answer())
    assert isinstance(read(answer(delivery_hour="23-00"), label="23-24"), Observation)


def test_the_doubled_hour_is_told_apart() -> None:
    body = answer(delivery_day="2023-10-29", delivery_hour="02-03B")
    assert isinstance(read(body, label="02-03B", day=AUTUMN), Observation)
    for written in ("02-03A", "02-03"):
        with pytest.raises(UnusableAnswerError):
            read(answer(delivery_day="2023-10-29", delivery_hour=written), label="02-03B", day=AUTUMN)


@pytest.mark.parametrize(
    "fields",
    [
        {"delivery_hour": "left out"},
        {"delivery_day": "left out"},
        {"delivery_hour": 12},
        {"delivery_day": "20230206"},
        {"delivery_day": "2023-02-31"},
        {"delivery_hour": "noon"},
    ],
)
def test_an_answer_that_names_no_period_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(UnusableAnswerError):
        read(answer(**fields))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>maintenance</body></html>",
        answer()[:-20],
        b"[]",
        b"null",
        b"12.5",
        b'"text"',
        b"\xff\xfe\x00",
        b"[" * 60_000,
        b'{"last_update": ' + b"[" * 400 + b"]" * 400 + b"}",
        answer()[:-1] + b', "value": 5}',
        answer(padding="x" * LONGEST_ANSWER),
    ],
)
def test_what_is_no_whole_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(UnusableAnswerError):
        read(body)


@pytest.mark.parametrize("status", [100, 201, 204, 301, 400, 401, 429, 500, 503, 599])
def test_another_status_than_200_and_404_is_refused_whatever_the_body(status: int) -> None:
    with pytest.raises(UnusableAnswerError, match=str(status)):
        read(answer(), status=status)


@pytest.mark.parametrize(
    ("body", "status", "odd"),
    [
        (answer(), 400, True),
        (answer(), 403, True),
        (answer(delivery_hour="13-14"), 200, True),
        (answer(unit="usd"), 200, True),
        (answer(value=1e300), 200, True),
        (with_value("NaN"), 200, True),
        (answer(), 429, False),
        (answer(), 500, False),
        (answer(), 301, False),
        (b"<html>", 200, False),
        (answer()[:-20], 200, False),
    ],
)
def test_what_concerns_one_period_is_told_from_what_concerns_the_provider(body: bytes, status: int, odd: bool) -> None:
    with pytest.raises(UnusableAnswerError) as refused:
        read(body, status)
    assert isinstance(refused.value, OddAnswerError) == odd


texts = st.text(st.characters(max_codepoint=255), max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(st.binary(max_size=200) | st.binary(max_size=30).map(lambda noise: answer()[:60] + noise + answer()[60:]))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    read_or_refuse(body)


@given(st.dictionaries(st.sampled_from(sorted(ANSWER)), json_values))
def test_no_content_of_the_known_fields_raises_anything_else(fields: dict[str, object]) -> None:
    read_or_refuse(json.dumps({**ANSWER, **fields}).encode())


def read_or_refuse(body: bytes) -> None:
    try:
        said = read(body)
    except UnusableAnswerError:
        return
    assert isinstance(said, Observation | NothingSaid)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (" 7 ", 7),
        ("Mon, 06 Feb 2023 11:02:00 GMT", 120),
        ("Mon, 06 Feb 2023 10:00:00 GMT", 0),
        ("99999999999999999999", 86_400),
        ("Mon, 06 Feb 2033 11:02:00 GMT", 86_400),
        ("", None),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Mon, 99 Feb 2023 11:02:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, NOON) == seconds


@given(texts)
def test_no_retry_after_raises(header: str) -> None:
    seconds = read_retry_after(header, NOON)
    assert seconds is None or 0 <= seconds <= 86_400
