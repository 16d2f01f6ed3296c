"""Which messages are no deals, and what is said to be wrong with them?"""

import json
from datetime import date

import pytest

from adapters.exchange.messages import Unreadable
from tests.deal_messages import EXAMPLE, message, message_with, read, reason

UNREADABLE = {
    "nothing": b"",
    "blanks": b"  \n",
    "no JSON": b"hello",
    "half a message": message().encode()[:60],
    "two messages": (message() + message()).encode(),
    "bad UTF-8": message(trader_id="#").encode().replace(b"#", b"\xff\xfe"),
    "a surrogate in UTF-8": message(trader_id="#").encode().replace(b"#", b"\xed\xa0\x80"),
    "UTF-16": message().encode("utf-16"),
    "a byte order mark": message().encode("utf-8-sig"),
    "random bytes": bytes(range(256)),
    "NaN in a field that is not the deal's": message_with("id", '"123", "x": [{"y": NaN}]').encode(),
    "Infinity beside the deal": (message()[:-1] + ', "x": -Infinity}').encode(),
    "a leading zero": message_with("price", "020.5").encode(),
    "a leading plus": message_with("price", "+20.5").encode(),
    "a bare fraction": message_with("price", ".5").encode(),
    "single quotes": message().replace('"', "'").encode(),
    "a comma too many": message().replace("}}", ",}}").encode(),
    "a raw line break in a string": message(trader_id="#").replace("#", "\n").encode(),
    "a bad escape": message(trader_id="#").replace("#", "\\x41").encode(),
    "a list": b"[1, 2]",
    "a number": b"1",
    "null": b"null",
    "a string": json.dumps(message()).encode(),
    "an empty object": b"{}",
    "another envelope": message().replace("deal_confirmation", "deal_rejection").encode(),
    "an envelope in capitals": message().replace("deal_confirmation", "DEAL_CONFIRMATION").encode(),
    "a deal without an envelope": json.dumps(EXAMPLE).encode(),
    "an envelope of null": b'{"deal_confirmation": null}',
    "an envelope of a list": b'{"deal_confirmation": [{}]}',
    "both envelopes": (message()[:-1] + "," + message().replace("deal_", "trade_")[1:]).encode(),
    "two different envelopes of one name": (message()[:-1] + "," + message(id="124")[1:]).encode(),
    "two different prices": message_with("price", '20.5, "price": 20.6').encode(),
    "NaN in a field given twice": message_with("id", '"123", "x": NaN, "x": 1').encode(),
    "NaN in one of the deal's fields given twice": message_with("price", '{"y": [NaN]}, "price": 20.5').encode(),
    "an id given as a fraction and as its digits": message_with("id", '1.5, "id": "1.5"').encode(),
    "arrays and objects in turn nested too deep": message_with(
        "id", '"123", "x": ' + '[{"y": ' * 32 + "1" + "}]" * 32
    ).encode(),
    "arrays nested one too deep": message_with("id", '"123", "x": ' + "[" * 63 + "]" * 63).encode(),
    "arrays nested too deep": message_with("id", '"123", "x": ' + "[" * 65 + "]" * 65).encode(),
    "a hundred thousand brackets": b"[" * 100_000,
    "a hundred thousand objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_confirmation_at_all_is_unreadable(raw: bytes) -> None:
    assert reason(raw) == "UNREADABLE"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_price_that_is_no_number_is_named_and_leaves_the_rest_readable(value: str) -> None:
    assert read(message(price=float(value))) == Unreadable(
        "INVALID: price", EXAMPLE["trader_id"], date.fromisoformat(EXAMPLE["delivery_day"])
    )


NAMES = {
    "missing": ...,
    "null": None,
    "empty": "",
    "true": True,
    "a fraction": 1.5,
    "a list": ["123"],
    "an object": {"id": "123"},
    "too long": "x" * 129,
    "NUL": "a\0b",
    "a line break": "a\nb",
    "delete": "a\x7f",
    "a control character past ASCII": "a\x85",
    "a lone surrogate": "a\ud800",
}


@pytest.mark.parametrize("field", ["id", "trader_id"])
@pytest.mark.parametrize("value", NAMES.values(), ids=NAMES.keys())
def test_a_name_is_a_short_printable_string_or_an_integer(field: str, value: object) -> None:
    assert reason(message(**{field: value})) == f"INVALID: {field}"


@pytest.mark.parametrize("digits", ["1e3", "1.0", "9" * 129])
def test_an_id_is_no_fraction_no_power_and_not_too_long(digits: str) -> None:
    assert reason(message_with("id", digits)) == "INVALID: id"


NUMBERS = {
    "left out": "#",
    "null": "null",
    "true": "true",
    "a list": "[20.5]",
    "an empty string": '""',
    "a string with an underscore": '"1_000"',
    "a string with an exponent": '"1e3"',
    "a string with a plus": '"+1"',
    "a string with a comma": '"20,5"',
    "a string with a blank": '" 20.5"',
    "a string with a line break": '"20.5\\n"',
    "a string without digits before the point": '".5"',
    "a string without digits after the point": '"20."',
    "a string of other digits": '"\\u0662\\u0660"',
    "NaN in a string": '"NaN"',
    "Infinity in a string": '"Infinity"',
    "hexadecimal": '"0x10"',
    "seven decimals": "20.5000001",
    "seven decimals in a string": '"20.5000001"',
    "seven decimals by an exponent": "1e-7",
    "too large": "1000000.000001",
    "too large by an exponent": "1e7",
    "past every bound": "1e999999999999999999999999",
    "next to nothing": "1e-999999999999999999999999",
    "past a float": "1e400",
    "a million digits": "9" * 1_000_000,
    "a million digits in a string": '"' + "9" * 1_000_000 + '"',
}


@pytest.mark.parametrize("field", ["price", "quantity"])
@pytest.mark.parametrize("text", NUMBERS.values(), ids=NUMBERS.keys())
def test_a_number_is_plain_bounded_and_has_six_decimals_at_most(field: str, text: str) -> None:
    raw = message(**{field: ...}) if text == "#" else message_with(field, text)
    assert reason(raw) == f"INVALID: {field}"


@pytest.mark.parametrize("text", ["0", "0.0", "-0", "-1", "-0.000001", '"0"', "0e10"])
def test_a_quantity_is_above_zero(text: str) -> None:
    assert reason(message_with("quantity", text)) == "INVALID: quantity"


@pytest.mark.parametrize("value", [..., None, "", "BUY", "Sell", "hold", "buy ", 1, ["buy"]], ids=repr)
def test_a_direction_is_buy_or_sell_in_lower_case(value: object) -> None:
    assert reason(message(direction=value)) == "INVALID: direction"


DAYS = [
    *(..., None, "", 20230206, "20230206", "2023-2-6", "06.02.2023", "2023-02-29", "2023-13-01", "0000-01-01"),
    *("2023-W06-1", "2023-02-06T00:00:00", " 2023-02-06", "2023-02-06\n", "٢٠٢٣-02-06"),
]


@pytest.mark.parametrize("value", DAYS, ids=repr)
def test_a_delivery_day_is_a_day_of_the_calendar(value: object) -> None:
    assert reason(message(delivery_day=value)) == "INVALID: delivery_day"


@pytest.mark.parametrize(
    "value", [..., None, "", 8, "8-9", "08", "08-09 ", "08-09C", "08:00-09", "٠٨-09", ["08-09"]], ids=repr
)
def test_a_delivery_hour_has_the_form_of_a_label(value: object) -> None:
    assert reason(message(delivery_hour=value)) == "INVALID: delivery_hour"


NO_SUCH_PERIODS = {
    "past the day": message(delivery_hour="24-25"),
    "backwards": message(delivery_hour="09-08"),
    "empty": message(delivery_hour="08-08"),
    "two hours": message(delivery_hour="08-10"),
    "off the grid": message(delivery_hour="08:10-08:25"),
    "the hour that spring leaves out": message(delivery_day="2023-03-26", delivery_hour="02-03"),
    "a quarter-hour that spring leaves out": message(delivery_day="2023-03-26", delivery_hour="02:15-02:30"),
    "before 1900": message(delivery_day="1899-12-31"),
    "after 2199": message(delivery_day="2200-01-01"),
    "on the first day of the calendar": message(delivery_day="0001-01-01"),
    "on the last day of the calendar": message(delivery_day="9999-12-31"),
    "a suffix on an ordinary hour": message(delivery_hour="08-09A"),
    "a suffix on an ordinary day": message(delivery_hour="02-03B"),
}


@pytest.mark.parametrize("raw", NO_SUCH_PERIODS.values(), ids=NO_SUCH_PERIODS.keys())
def test_a_period_that_the_day_does_not_have_is_named_as_such(raw: str) -> None:
    assert reason(raw) == "NO_SUCH_PERIOD"


@pytest.mark.parametrize("executed", ["2023-10-28T12:00:00Z", "2023-10-29T00:00:00Z", "2023-10-29T01:00:01Z"])
@pytest.mark.parametrize("label", ["02-03", "02:00-03:00"])
def test_the_doubled_hour_is_ambiguous_unless_the_execution_leaves_one(label: str, executed: str) -> None:
    raw = message(delivery_day="2023-10-29", delivery_hour=label, execution_time=executed)
    assert reason(raw) == "AMBIGUOUS_PERIOD"


INSTANTS = [
    *(..., None, "", 1675664025, "2023-02-06", "2023-02-06T06:13:45", "2023-02-06T06:13Z", "20230206T061345Z"),
    *("2023-02-06 06:13:45Z", "2023-02-06T06:13:45 Z", "2023-02-06T06:13:45+0100", "2023-02-06T06:13:45+01"),
    *("2023-02-06T24:00:00Z", "2023-02-06T06:60:00Z", "2023-02-06T06:13:61Z", "2023-02-30T06:13:45Z"),
    *("2023-02-06T06:13:45.Z", "2023-02-06T06:13:45,5Z", "2023-02-06T06:13:45+24:00", "2023-02-06T06:13:45+01:60"),
    *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2023-02-06T06:13:45Z\n", "٢٠٢٣-02-06T06:13:45Z"),
    "2023-02-06T06:13:45 Europe/Berlin",
]


@pytest.mark.parametrize("value", INSTANTS, ids=repr)
def test_an_execution_time_is_an_instant_with_an_offset(value: object) -> None:
    assert reason(message(execution_time=value)) == "INVALID: execution_time"


def test_trader_and_day_of_an_invalid_deal_are_told() -> None:
    assert read(message(price=None)) == Unreadable("INVALID: price", "trader_1", date(2023, 2, 6))
    assert read(message(delivery_hour="24-25")) == Unreadable("NO_SUCH_PERIOD", "trader_1", date(2023, 2, 6))


def test_a_trader_or_day_that_cannot_be_read_is_not_guessed() -> None:
    assert read(message(trader_id="\0")) == Unreadable("INVALID: trader_id", None, date(2023, 2, 6))
    assert read(message(delivery_day="soon")) == Unreadable("INVALID: delivery_day", "trader_1", None)
    assert read(b"{") == Unreadable("UNREADABLE", None, None)


def test_of_a_deal_that_contradicts_itself_the_rest_is_told() -> None:
    raw = message_with("trader_id", '"anna", "trader_id": "ben"')
    assert read(raw) == Unreadable("UNREADABLE", None, date(2023, 2, 6))
    assert read(message_with("id", '"1", "id": "2"')) == Unreadable("UNREADABLE", "trader_1", date(2023, 2, 6))
