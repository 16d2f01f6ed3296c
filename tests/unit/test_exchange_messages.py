"""Which deal does a message confirm, in each of the ways in which the exchange may write it?"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.deal_messages import deal, message, message_with, read


def test_the_exchange_s_own_example_is_read_in_every_field() -> None:
    found = deal(message())
    assert (found.exchange, found.deal_id, found.trader_id, found.direction) == ("exchange", "123", "trader_1", "buy")
    assert (found.price_eur_mwh, found.quantity_mw) == (Decimal("20.5"), Decimal("12.3"))
    assert (found.period.day, found.period.label) == (date(2023, 2, 6), "08-09")
    assert found.period.start == datetime(2023, 2, 6, 7, tzinfo=UTC)
    assert found.executed_at == datetime(2023, 2, 6, 6, 13, 45, tzinfo=UTC)


def test_both_names_of_the_envelope_say_the_same() -> None:
    assert deal(message().replace("deal_confirmation", "trade_confirmation")) == deal(message())


SAME_DEAL = {
    "an offset of zero for Z": message(execution_time="2023-02-06T06:13:45+00:00"),
    "an offset of zero with a minus": message(execution_time="2023-02-06T06:13:45-00:00"),
    "the same instant elsewhere": message(execution_time="2023-02-06T07:13:45+01:00"),
    "the same instant the day before elsewhere": message(execution_time="2023-02-05T23:43:45-06:30"),
    "lower case t and z": message(execution_time="2023-02-06t06:13:45z"),
    "a fraction of zeros": message(execution_time="2023-02-06T06:13:45.000Z"),
    "a fraction below microseconds, cut off": message(execution_time="2023-02-06T06:13:45.0000009Z"),
    "the id as a number": message(id=123),
    "the price as a string": message(price="20.5"),
    "the price with trailing zeros": message_with("price", "20.5000000"),
    "the price as a string with trailing zeros": message(price="20.5000000"),
    "the price with an exponent": message_with("price", "2.05e1"),
    "the price with a capital exponent and a plus": message_with("price", "205E-1"),
    "the quantity with a signed exponent": message_with("quantity", "0.123e+2"),
    "the quantity as a string": message(quantity="12.30"),
    "a price with a million zeros behind": message_with("price", "20.5" + "0" * 1_000_000),
    "an extra field": message(venue="EPEX"),
    "an extra field of several megabytes": message(note="x" * 3_000_000),
    "an extra field nested as deep as allowed": message_with("id", '"123", "x": ' + "[" * 62 + "]" * 62),
    "arrays and objects in turn as deep as allowed": message_with(
        "id", '"123", "x": ' + '[{"y": ' * 31 + "1" + "}]" * 31
    ),
    "extra fields given twice": message_with("id", '"123", "x": 1, "x": 2'),
    "a field given twice with the same value": message_with("id", '"123", "id": "123"'),
    "an extra key beside the envelope": message()[:-1] + ', "sent": 1, "sent": 2}',
    "brackets in strings": message(note="[{" * 500),
    "many brackets side by side": message(notes=[[] for _ in range(500)]),
    "a lone surrogate in an extra field": message(note="\ud800"),
    "white space wherever it may be": json.dumps(json.loads(message()), indent="\t ") + "\r\n",
    "keys written with escapes": message().replace("price", "\\u0070rice"),
    "the hour in minutes": message(delivery_hour="08:00-09:00"),
}


@pytest.mark.parametrize("raw", SAME_DEAL.values(), ids=SAME_DEAL.keys())
def test_a_deal_is_the_same_however_it_is_written(raw: str) -> None:
    assert deal(raw) == deal(message())
    assert repr(deal(raw)) == repr(deal(message()))


VALUES = {
    "a negative price": (message(price=-12.5), "price_eur_mwh", Decimal("-12.5")),
    "a price of zero": (message(price=0), "price_eur_mwh", Decimal(0)),
    "a negative zero": (message_with("price", "-0.0"), "price_eur_mwh", Decimal(0)),
    "a zero with an exponent past all bounds": (message_with("price", "0e999999"), "price_eur_mwh", Decimal(0)),
    "the highest price": (message(price=1_000_000), "price_eur_mwh", Decimal(1_000_000)),
    "the lowest price": (message(price="-1000000.000000"), "price_eur_mwh", Decimal(-1_000_000)),
    "six decimals": (message_with("price", "999999.999999"), "price_eur_mwh", Decimal("999999.999999")),
    "a price no float can hold": (message_with("price", "0.1"), "price_eur_mwh", Decimal("0.1")),
    "a hundred as a power": (message_with("price", "1e2"), "price_eur_mwh", Decimal(100)),
    "the smallest quantity": (message_with("quantity", "1e-6"), "quantity_mw", Decimal("0.000001")),
    "an id of more digits than any integer": (message_with("id", "9" * 128), "deal_id", "9" * 128),
    "a negative id": (message(id=-5), "deal_id", "-5"),
    "an id with leading zeros": (message(id="00123"), "deal_id", "00123"),
    "an id of 128 characters": (message(id="ä" * 128), "deal_id", "ä" * 128),
    "an id beyond the first plane": (message(id="\U0001f600"), "deal_id", "\U0001f600"),
    "a trader with quotes and semicolons": (message(trader_id="'; DROP TABLE--"), "trader_id", "'; DROP TABLE--"),
    "a trader as a number": (message(trader_id=7), "trader_id", "7"),
    "microseconds": (
        message(execution_time="2023-02-06T06:13:45.123456789Z"),
        "executed_at",
        datetime(2023, 2, 6, 6, 13, 45, 123456, tzinfo=UTC),
    ),
    "an execution after delivery began": (
        message(execution_time="2023-02-06T23:00:00Z"),
        "executed_at",
        datetime(2023, 2, 6, 23, tzinfo=UTC),
    ),
    "a leap day": (
        message(execution_time="2024-02-29T00:00:00Z"),
        "executed_at",
        datetime(2024, 2, 29, tzinfo=UTC),
    ),
}


@pytest.mark.parametrize(("raw", "field", "value"), VALUES.values(), ids=VALUES.keys())
def test_every_legal_value_is_read_exactly(raw: str, field: str, value: object) -> None:
    found = getattr(deal(raw), field)
    assert found == value
    assert str(found) == str(value)


PERIODS = {
    "the last hour": (message(delivery_hour="23-24"), "23-24", "2023-02-06T22:00"),
    "the last hour written to midnight": (message(delivery_hour="23-00"), "23-24", "2023-02-06T22:00"),
    "a quarter-hour": (message(delivery_hour="08:15-08:30"), "08:15-08:30", "2023-02-06T07:15"),
    "the last quarter-hour": (message(delivery_hour="23:45-00:00"), "23:45-24:00", "2023-02-06T22:45"),
    "a half-hour": (message(delivery_hour="08:30-09:00"), "08:30-09:00", "2023-02-06T07:30"),
    "the doubled hour by name": (
        message(delivery_day="2023-10-29", delivery_hour="02-03B"),
        "02-03B",
        "2023-10-29T01:00",
    ),
    "the doubled hour where the execution leaves one": (
        message(delivery_day="2023-10-29", delivery_hour="02-03", execution_time="2023-10-29T00:30:00Z"),
        "02-03B",
        "2023-10-29T01:00",
    ),
    "the doubled hour, executed exactly as B begins": (
        message(delivery_day="2023-10-29", delivery_hour="02-03", execution_time="2023-10-29T01:00:00Z"),
        "02-03B",
        "2023-10-29T01:00",
    ),
}


@pytest.mark.parametrize(("raw", "label", "start"), PERIODS.values(), ids=PERIODS.keys())
def test_every_delivery_period_is_found_by_its_labels(raw: str, label: str, start: str) -> None:
    period = deal(raw).period
    assert (period.label, period.start) == (label, datetime.fromisoformat(start).replace(tzinfo=UTC))


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_ends_of_the_calendar_are_instants_too(text: str) -> None:
    assert deal(message(execution_time=text)).executed_at == datetime.fromisoformat(text)


def test_an_id_written_as_a_number_or_as_a_string_is_one_id() -> None:
    assert read(message_with("id", '123, "id": "123"')) == read(message())
