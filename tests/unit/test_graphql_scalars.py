"""Which days, times, decimals and positions does the API take?"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.periods import FIRST_DAY, LAST_DAY
from graphql_api.errors import BadInputError
from graphql_api.scalars import parse_day, parse_plain_decimal, parse_position, parse_time


def test_what_is_written_plainly_is_read() -> None:
    assert parse_day("2023-02-06") == date(2023, 2, 6)
    assert (parse_day("1900-01-01"), parse_day("2199-12-31")) == (FIRST_DAY, LAST_DAY)
    assert parse_time("2023-02-06T06:13:45Z") == datetime(2023, 2, 6, 6, 13, 45, tzinfo=UTC)
    assert parse_time("2023-02-06T08:13:45.5+02:00") == datetime(2023, 2, 6, 6, 13, 45, 500_000, tzinfo=UTC)
    assert parse_time("2023-02-06t06:13:45.123456789z") == datetime(2023, 2, 6, 6, 13, 45, 123_456, tzinfo=UTC)
    assert parse_time("2023-02-06T06:13:45.1234567890123Z") == datetime(2023, 2, 6, 6, 13, 45, 123_456, tzinfo=UTC)
    assert parse_plain_decimal("-0.40") == Decimal("-0.40")
    assert parse_position("0") == 0
    assert parse_position("9223372036854775807") == 2**63 - 1


@pytest.mark.parametrize(
    ("parse", "value"),
    [
        (parse_day, "2023-2-6"),
        (parse_day, "2023-02-30"),
        (parse_day, "20230206"),
        (parse_day, "0001-01-01"),
        (parse_day, "9999-12-31"),
        (parse_day, "1899-12-31"),
        (parse_day, "2200-01-01"),
        (parse_day, 20230206),
        (parse_time, "2023-02-06T06:13:45"),
        (parse_time, "2023-02-06 06:13:45Z"),
        (parse_time, "2023"),
        (parse_time, "0001-01-01T00:00:00+14:00"),
        (parse_time, "2023-02-06T25:00:00Z"),
        (parse_time, 1675664025),
        (parse_plain_decimal, "NaN"),
        (parse_plain_decimal, "Infinity"),
        (parse_plain_decimal, "1_000"),
        (parse_plain_decimal, "1e3"),
        (parse_plain_decimal, "١"),
        (parse_plain_decimal, 20.5),
        (parse_position, 5),
        (parse_position, "-1"),
        (parse_position, "5.0"),
        (parse_position, "٥"),
        (parse_position, ""),
        (parse_position, "9223372036854775808"),
        (parse_position, True),
    ],
)
def test_everything_else_is_refused_with_what_was_expected(parse: Callable[[object], object], value: object) -> None:
    with pytest.raises(BadInputError, match="not a"):
        parse(value)
