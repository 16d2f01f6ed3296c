"""Which deal does a row of a day file say, and what of it is known where its period is in doubt?"""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.day_files.rows import read_file_row, read_row
from adapters.exchange.messages import Unreadable
from domain.day_files import Doubt, day_of, judged_by, told_by, whole_day, why_no_further
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


WHOLE = whole_day(DAY, BERLIN)
NOON, NEXT_MONTH = instant("11:00:00"), instant("2023-03-01T00:00:00Z")


def until(moment: datetime) -> Told:
    return Told(WHOLE.start, moment)


def test_a_deal_is_extra_only_if_it_was_made_before_the_file_was_written_or_imported() -> None:
    assert judged_by(DAY, BERLIN, NEXT_MONTH, NEXT_MONTH) == WHOLE
    assert judged_by(DAY, BERLIN, NOON, NEXT_MONTH) == until(NOON)
    assert judged_by(DAY, BERLIN, NEXT_MONTH, NOON) == until(NOON)
    assert judged_by(DAY, BERLIN, instant("2023-02-01T00:00:00Z"), NEXT_MONTH) == until(WHOLE.start)


def test_a_file_tells_all_that_was_executed_when_it_was_written() -> None:
    assert told_by(WHOLE) == WHOLE
    assert told_by(until(NOON)) == until(NOON)


@pytest.mark.parametrize("judged", [WHOLE, until(NOON)])
def test_a_file_that_lacks_a_deal_tells_until_the_one_before_it_and_nothing_where_it_has_no_order(judged: Told) -> None:
    extra, before = instant("09:00:00"), instant("08:50:00")
    assert told_by(judged, Doubt(extra, before, in_order=True)) == until(before)
    assert told_by(judged, Doubt(extra, None, in_order=True)) == until(WHOLE.start)
    assert told_by(judged, Doubt(extra, before, in_order=False)) == until(WHOLE.start)


def test_why_a_file_tells_no_further_is_said_in_words() -> None:
    assert why_no_further(WHOLE, WHOLE.end, 0) is None
    assert "before its day was over" in (why_no_further(WHOLE, NOON, 0) or "")
    assert "lacks 1 deal that is in the log, so it tells nothing after" in (why_no_further(WHOLE, NOON, 1) or "")
    assert "lacks 2 deals that are in the log, so it tells nothing:" in (why_no_further(WHOLE, WHOLE.start, 2) or "")


def test_the_name_says_exchange_and_day() -> None:
    assert day_of("exchange_trades_20230206.csv", "exchange") == DAY
    assert day_of("a_trades_b_trades_20230206.csv", "a_trades_b") == DAY
    for name in ("exchange_trades_20230206.CSV", "exchange_trades_2023020.csv", "exchange_trades_20231301.csv", ""):
        with pytest.raises(DayFileRefusedError):
            day_of(name, "exchange")
