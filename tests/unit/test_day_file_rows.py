"""Which deal does a row of a day file say, and what of it is known where its period is in doubt?"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.day_files.rows import read_file_row, read_row
from adapters.exchange.messages import Unreadable
from domain.day_files import day_of, told_by, whole_day
from domain.errors import DayFileRefusedError
from domain.events import Deal, DealConfirmed
from domain.telling import Told
from tests.day_file_rows import row_of
from tests.histories import deals
from tests.notation import AUTUMN, BERLIN, DAY, SPRING, agreed, instant

ANNA = agreed("anna buys 10 MW 08-09 at 20.5")


def read(row: str | bytes) -> Deal | Unreadable:
    raw = row if isinstance(row, bytes) else row.encode()
    return read_row(raw, exchange="exchange", zone=BERLIN)


@given(deals())
def test_every_deal_survives_being_a_row(made: DealConfirmed) -> None:
    assert read(row_of(made.deal)) == made.deal


@given(st.binary(max_size=200))
def test_no_row_raises(raw: bytes) -> None:
    assert isinstance(read(raw), Deal | Unreadable)
    read_file_row(raw, exchange="exchange", zone=BERLIN)


def test_values_may_be_quoted() -> None:
    row = '"1","20.5","10","buy","2023-02-06","08-09","a ""quoted"", name","2023-02-06T06:13:45Z"'
    found = read(row)
    assert isinstance(found, Deal)
    assert found.trader_id == 'a "quoted", name'


@pytest.mark.parametrize(
    "row", ["", "1,2", row_of(ANNA) + ",9", '"1' + row_of(ANNA)[1:], row_of(ANNA) + "\r\n9", b"\xff"]
)
def test_a_row_that_has_not_eight_values_is_unreadable(row: str | bytes) -> None:
    assert read(row) == Unreadable("UNREADABLE", None, None)


def test_all_of_a_row_but_its_period_is_known_where_the_hour_comes_twice_or_not_at_all() -> None:
    for row, reason, day in (
        ("1,5,1,buy,2023-10-29,02-03,anna,2023-10-28T12:00:00Z", "AMBIGUOUS_PERIOD", AUTUMN),
        ("1,5,1,buy,2023-03-26,02-03,anna,2023-03-25T12:00:00Z", "NO_SUCH_PERIOD", SPRING),
    ):
        found = read_file_row(row.encode(), exchange="exchange", zone=BERLIN)
        assert not isinstance(found, Unreadable)
        assert (found.reason, found.period, found.delivery_day, found.trader_id) == (reason, None, day, "anna")


@pytest.mark.parametrize(("day", "hours"), [(DAY, 24), (SPRING, 23), (AUTUMN, 25)])
def test_a_day_is_from_midnight_to_midnight(day: date, hours: int) -> None:
    whole = whole_day(day, BERLIN)
    assert (whole.end - whole.start).total_seconds() == hours * 3600


def test_a_file_tells_nothing_that_came_after_it_was_written_or_imported() -> None:
    start, end = instant("2023-02-05T23:00:00Z"), instant("2023-02-06T23:00:00Z")
    noon, later = instant("11:00:00"), instant("2023-03-01T00:00:00Z")
    before = instant("2023-02-01T00:00:00Z")
    assert told_by(DAY, BERLIN, later, later) == Told(start, end)
    assert told_by(DAY, BERLIN, noon, later) == Told(start, noon)
    assert told_by(DAY, BERLIN, later, noon) == Told(start, noon)
    assert told_by(DAY, BERLIN, before, later) == Told(start, start)


def test_the_name_says_exchange_and_day() -> None:
    assert day_of("exchange_trades_20230206.csv", "exchange") == DAY
    assert day_of("a_trades_b_trades_20230206.csv", "a_trades_b") == DAY
    for name in ("exchange_trades_20230206.CSV", "exchange_trades_2023020.csv", "exchange_trades_20231301.csv", ""):
        with pytest.raises(DayFileRefusedError):
            day_of(name, "exchange")
