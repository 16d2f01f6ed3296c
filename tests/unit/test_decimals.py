"""How are decimals computed, read and written without losing a digit?"""

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decimals import EXACT, exact_decimal, parse_decimal, plain, rounded
from domain.errors import NotADecimalError

finite = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9)


@pytest.mark.parametrize("text", ["0", "-0", "20.5", "-0.000001", "007", "1000000", "20.5000000"])
def test_plain_notation_is_read_to_the_last_digit(text: str) -> None:
    assert parse_decimal(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1\n",
        "+1",
        "1e3",
        "1E3",
        ".5",
        "5.",
        "1_000",
        "1,5",
        "NaN",
        "Infinity",
        "-inf",
        "0x10",
        "--1",
        "٣",
    ],
)
def test_any_other_notation_is_refused(text: str) -> None:
    with pytest.raises(NotADecimalError):
        parse_decimal(text)


def test_a_number_of_absurd_length_is_refused() -> None:
    with pytest.raises(NotADecimalError):
        parse_decimal("1" * 401)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_from_its_plain_notation(value: float) -> None:
    written = Decimal(repr(value))
    assert parse_decimal(format(written, "f")) == written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("25.00", "25"),
        ("-0.40", "-0.4"),
        ("0.000", "0"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("1E+3", "1000"),
        ("1E-7", "0.0000001"),
        ("100", "100"),
        ("-12.3400", "-12.34"),
        ("0E-20", "0"),
    ],
)
def test_a_decimal_is_written_without_exponent_trailing_zeros_or_negative_zero(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@given(finite)
def test_what_is_written_reads_back_to_the_same_value(value: Decimal) -> None:
    assert parse_decimal(plain(value)) == value


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (Fraction(1, 3), 6, "0.333333"),
        (Fraction(2, 3), 6, "0.666667"),
        (Fraction(5, 2), 0, "2"),
        (Fraction(7, 2), 0, "4"),
        (Fraction(-5, 2), 0, "-2"),
        (Fraction(5, 10**7), 6, "0"),
        (Fraction(15, 10**7), 6, "0.000002"),
        (Fraction(-15, 10**7), 6, "-0.000002"),
        (Fraction(10**40) + Fraction(1, 3), 6, "1" + "0" * 40 + ".333333"),
    ],
)
def test_averages_are_rounded_half_to_even(value: Fraction, places: int, expected: str) -> None:
    assert plain(rounded(value, places)) == expected


@given(st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**9))
def test_rounding_is_off_by_half_a_step_at_most(value: Fraction) -> None:
    assert abs(Fraction(rounded(value)) - value) <= Fraction(1, 2 * 10**6)


def test_the_exact_context_refuses_to_round() -> None:
    with pytest.raises(decimal.Inexact):
        EXACT.divide(Decimal(1), Decimal(3))
    with pytest.raises(decimal.Inexact):
        exact_decimal(Fraction(1, 3))


@given(finite)
def test_a_fraction_that_has_a_finite_decimal_is_that_decimal(value: Decimal) -> None:
    assert exact_decimal(Fraction(value)) == value
