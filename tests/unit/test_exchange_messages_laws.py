"""What holds for every message that the exchange could ever send?"""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.exchange.messages import Unreadable
from domain.decimals import plain
from domain.events import Deal
from domain.periods import hours_of
from tests.deal_messages import BERLIN, EXAMPLE, deal, message, read


@given(st.binary(max_size=400))
def test_any_bytes_are_a_deal_or_unreadable(raw: bytes) -> None:
    assert isinstance(read(raw), Deal | Unreadable)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(EXAMPLE)), JSON_VALUES))
def test_any_values_in_a_deal_are_a_deal_or_unreadable(changes: dict[str, Any]) -> None:
    assert isinstance(read(message(**changes)), Deal | Unreadable)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_byte_changed_on_the_way_is_a_deal_or_unreadable(place: int, byte: int) -> None:
    raw = bytearray(message().encode())
    raw[place % len(raw)] = byte
    assert isinstance(read(bytes(raw)), Deal | Unreadable)


@st.composite
def number_texts(draw: st.DrawFn, value: Decimal) -> str:
    """Spell *value* in one of the ways that the exchange may use."""
    text = plain(value) + ("." if "." not in plain(value) else "") + "0" * draw(st.integers(1, 8))
    if draw(st.booleans()):
        return json.dumps(draw(st.sampled_from([text, plain(value)])))
    power = draw(st.integers(-12, 12))
    sign = draw(st.sampled_from(["", "+"])) if power >= 0 else ""
    shifted = plain(value.scaleb(-power))
    return draw(st.sampled_from([text, plain(value), f"{shifted}{draw(st.sampled_from('eE'))}{sign}{power}"]))


PRICES = st.decimals(-1_000_000, 1_000_000, places=6)
QUANTITIES = st.decimals(Decimal("0.000001"), 1_000_000, places=6)
INSTANTS_OF_DEALS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.data())
def test_a_deal_reads_the_same_in_any_legal_spelling(data: st.DataObject) -> None:
    price, quantity = data.draw(PRICES), data.draw(QUANTITIES)
    executed_at = data.draw(INSTANTS_OF_DEALS)
    period = data.draw(st.sampled_from(hours_of(data.draw(st.dates(date(2020, 1, 1), date(2020, 12, 31))), BERLIN)))
    offset = timezone(timedelta(minutes=data.draw(st.integers(-23 * 60, 23 * 60))))
    deal_id = data.draw(st.integers(0, 10**20))
    texts = {
        "id": data.draw(st.sampled_from([str(deal_id), f'"{deal_id}"'])),
        "price": data.draw(number_texts(price)),
        "quantity": data.draw(number_texts(quantity)),
        "direction": '"sell"',
        "delivery_day": f'"{period.day}"',
        "delivery_hour": f'"{period.label}"',
        "trader_id": '"anna"',
        "execution_time": f'"{executed_at.astimezone(offset).isoformat()}"',
    }
    names = data.draw(st.permutations(list(texts)))
    body = ", ".join(f'"{name}": {texts[name]}' for name in names)
    envelope = data.draw(st.sampled_from(["deal_confirmation", "trade_confirmation"]))

    found = deal(f'{{"{envelope}": {{{body}}}}}')

    assert found.deal_id == str(deal_id)
    assert found.content == (quantity, price, period.start, 60, executed_at)
    assert str(found.price_eur_mwh) == plain(price)
    assert str(found.quantity_mw) == plain(quantity)
