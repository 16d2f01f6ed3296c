"""How are decimals computed, read and written without losing a digit?"""

import re
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from functools import lru_cache
from typing import Final

from domain.errors import NotADecimalError

EXACT: Final = Context(prec=400, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""Sums and products are made in this context: it refuses to round rather than lose a digit."""

LONGEST_TEXT: Final = 400
"""Characters of a decimal's text: every float fits in plain notation, the smallest too, with its 324 decimals."""

AVERAGE_DECIMALS: Final = 6
"""Averages and what is derived from them are rounded once, at output, half to even, to this many decimals."""

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def parse_decimal(text: str) -> Decimal:
    """Return the decimal that *text* writes in plain notation (``"20.5"``).

    Exponents, signs other than a leading minus, underscores, blanks, NaN, Infinity
    and more than :data:`LONGEST_TEXT` characters raise :class:`NotADecimalError`.
    """
    if not _PLAIN.fullmatch(text) or len(text) > LONGEST_TEXT:
        raise NotADecimalError(f"not a decimal in plain notation: {text[:40]!r}")
    return Decimal(text)


@lru_cache(maxsize=16_384)
def plain(value: Decimal) -> str:
    """Return *value* without exponent, trailing zeros or negative zero.

    >>> plain(Decimal("25.00")), plain(Decimal("-0.0")), plain(Decimal("1E+3"))
    ('25', '0', '1000')
    """
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def exact_decimal(value: Fraction) -> Decimal:
    """Return *value* as a decimal; raise ``decimal.Inexact`` where it has no finite one."""
    return EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


def rounded(value: Fraction, decimals: int = AVERAGE_DECIMALS) -> Decimal:
    """Return *value* rounded half to even to *decimals* places.

    >>> rounded(Fraction(1, 3)), rounded(Fraction(5, 2), 0)
    (Decimal('0.333333'), Decimal('2'))
    """
    return Decimal(round(value * 10**decimals)).scaleb(-decimals, EXACT)
