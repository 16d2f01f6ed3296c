"""Does the fast reader tell the same as the strict one, or nothing at all?"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.exchange.common_form import read_common
from adapters.exchange.messages import read_strictly
from domain.events import Deal
from tests.deal_messages import BERLIN, EXAMPLE, message, message_with

BODY = message()[len('{"deal_confirmation": ') : -1]

ODD = [
    message_with("price", text)
    for text in (
        *("20.5000000", "-0", "-0.0", "0", '"20.5"', '"-0.10"', '"1_000"', "1e3", "1E+3", "NaN", "Infinity"),
        *("007", "+1", ".5", "5.", "1000000", "1000000.000001", "999999.999999", "0.0000001", "9" * 5_000, "null"),
        *("-Infinity", "true", '""', '"NaN"', '" 1"', "[1]", '{"a": 1}', '"１"'),
    )
] + [
    *(message_with("id", text) for text in ("0", "-1", "1.0", '"\\u0041"', '"a\\"b"', '"a\u00a0b"', '""', "null")),
    *(message_with("id", text) for text in ('"' + "x" * 129 + '"', "9" * 30, '"\x7f"', '"\x01"', '"Ünïcødé \u4e2d"')),
    *(message_with("delivery_hour", text) for text in ('"23-00"', '"02-03A"', '"08:00-09:00"', '"8-9"', "8")),
    *(message_with("execution_time", text) for text in ('"2023-02-06T06:13:45+00:00"', '"2023-02-06t06:13:45.5z"')),
    *(message_with("quantity", text) for text in ("0", "-1", "0.000001", '"12.30"')),
    *(message(delivery_day="2023-10-29", delivery_hour=hour) for hour in ("02-03", "02-03A", "02-03B")),
    message(delivery_day="2023-03-26", delivery_hour="02-03"),
    message(delivery_day="2023-2-6"),
    message(venue="other"),
    message(price=...),
    message().replace("deal_confirmation", "trade_confirmation"),
    message() + " ",
    message() + "x",
    "\ufeff" + message(),
    "[" + message() + "]",
    f'{{"deal_confirmation": {BODY}, "deal_confirmation": {BODY}}}',
    f'{{"deal_confirmation": {BODY}, "trade_confirmation": {BODY}}}',
    f'{{"deal_confirmation": {BODY}, "trade_confirmation": null}}',
    f'{{"deal_confirmation": {BODY}, "note": "x"}}',
    message().replace('"price": 20.5', '"price": 20.5, "price": 20.5'),
    message().replace('"price": 20.5', '"price": 1, "price": 20.5'),
    message().replace('"direction": "buy"', '"direction": "sell", "direction": "buy"'),
]  # fmt: skip


def assert_told_the_same(raw: bytes) -> Deal | None:
    common = read_common(raw, exchange="exchange", zone=BERLIN)
    if common is not None:
        strict = read_strictly(raw, exchange="exchange", zone=BERLIN)
        assert common == strict
        assert repr(common) == repr(strict)
    return common


def test_the_common_form_is_read_here() -> None:
    assert assert_told_the_same(message().encode()) is not None
    assert assert_told_the_same(json.dumps(json.loads(message()), indent=2, sort_keys=True).encode()) is not None


@pytest.mark.parametrize("raw", ODD)
def test_an_odd_message_is_told_the_same_or_left_to_the_strict_reader(raw: str) -> None:
    assert_told_the_same(raw.encode())
    assert_told_the_same(raw.encode("latin-1", "replace"))


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = (
    st.sampled_from([*EXAMPLE.values(), "02-03", "23-24", "2023-10-29", 7, 0, -1, 1.5, "1.50", None])
    | st.integers(-(10**20), 10**20)
    | st.decimals(-(10**7), 10**7, places=3).map(float)
    | TEXTS
)


@given(st.dictionaries(st.sampled_from(list(EXAMPLE)), VALUES, max_size=3), st.booleans())
def test_any_values_are_told_the_same(changes: dict[str, Any], escaped: bool) -> None:
    fields = EXAMPLE | changes
    assert_told_the_same(json.dumps({"deal_confirmation": fields}, ensure_ascii=escaped).encode())


@given(st.integers(0, 400), st.integers(0, 255), st.booleans())
def test_a_byte_changed_or_put_in_on_the_way_is_told_the_same(place: int, byte: int, put_in: bool) -> None:
    raw = bytearray(message().encode())
    place %= len(raw)
    raw[place : place + (not put_in)] = bytes([byte])
    assert_told_the_same(bytes(raw))
