"""Is an exported deal the deal, and no formula whatever its trader calls itself?"""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.deals_csv import COLUMNS, CsvDeals, as_it_was, harmless
from projections.deals import deals
from tests.notation import deal, recorded

HOSTILE = ["=cmd|'/c calc'!A1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "－1", "\xa0@x"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_begins_as_a_formula_does(text: str) -> None:
    assert harmless(text).startswith("'")
    assert as_it_was(harmless(text)) == text


@pytest.mark.parametrize("text", ["trader_1", "x-1", "a=b", "1+1", "Çağla", "08-09", "o'clock", ""])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("text", ["a;=1+1", "a\t=1+1", "a; @x", ";;=1"])
def test_no_formula_begins_where_another_separator_ends_the_cell(text: str) -> None:
    for separator in (";", "\t"):
        cells = harmless(text).split(separator)
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in cells)


@given(st.text(st.sampled_from("=+-@＝'; \t\r\nab1")) | st.text())
def test_every_text_is_read_back_as_it_was(text: str) -> None:
    assert as_it_was(harmless(text)) == text


def test_numbers_stay_numbers_and_a_negative_price_is_one() -> None:
    (row,) = deals.fold(recorded([deal("-1+1 sells 4.5 MW 08:15-08:30 at -25.125000", deal_id="=7")], after=41))
    writer = CsvDeals(42)
    header, line = csv.reader(io.StringIO((writer.write([row]) + writer.end()).decode()))
    assert tuple(header) == COLUMNS
    assert line == [
        "'=7", "-25.125", "4.5", "sell", "2023-02-06", "08:15-08:30", "'-1+1", "2023-02-06T06:13:45Z",
        "42", "2023-02-06T10:00:42Z", "1.125", "2023-02-06T07:15:00Z", "2023-02-06T07:30:00Z",
    ]  # fmt: skip


def test_the_header_comes_once_and_also_without_deals() -> None:
    writer = CsvDeals(0)
    assert writer.write([]) + writer.write([]) + writer.end() == (",".join(COLUMNS) + "\n").encode()
