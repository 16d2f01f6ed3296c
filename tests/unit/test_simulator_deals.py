"""Does a simulated deal say exactly what the exchange would?"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.periods import parse_period
from simulator.deals import COLUMNS, VARIANTS, SimulatedDeal, Variant
from simulator.market import Market, MarketParameters

BERLIN = ZoneInfo("Europe/Berlin")
DEAL = SimulatedDeal(
    deal_id="123",
    price_eur_mwh=Decimal("20.50"),
    quantity_mw=Decimal("12.3"),
    direction="buy",
    period=parse_period(date(2023, 2, 6), "23-24", BERLIN),
    trader_id="trader_1",
    executed_at=datetime(2023, 2, 6, 6, 13, 45, tzinfo=UTC),
)


def test_a_deal_is_said_in_the_bytes_of_the_exchange() -> None:
    assert DEAL.message() == (
        '{"deal_confirmation": {"id": "123", "price": 20.5, "quantity": 12.3, "direction": "buy", '
        '"delivery_day": "2023-02-06", "delivery_hour": "23-24", "trader_id": "trader_1", '
        '"execution_time": "2023-02-06T06:13:45Z"}}'
    )


def test_every_message_of_a_market_is_json_with_exactly_the_eight_fields() -> None:
    market = Market(MarketParameters(seed=1, zone=BERLIN, deals_per_minute=30))
    start = datetime(2023, 10, 28, 23, 50, tzinfo=UTC)
    deals = list(market.desk_deals(start, start.replace(hour=23, minute=59)))
    assert deals
    for deal in deals:
        said = json.loads(deal.message(), parse_float=Decimal, parse_int=Decimal)
        assert list(said) == ["deal_confirmation"]
        assert tuple(said["deal_confirmation"]) == COLUMNS
        assert said["deal_confirmation"]["price"] == deal.price_eur_mwh
        assert said["deal_confirmation"]["quantity"] == deal.quantity_mw


@pytest.mark.parametrize(
    ("variant", "field", "value"),
    [
        ("offset", "execution_time", "2023-02-06T06:13:45+00:00"),
        ("text_numbers", "price", "20.5"),
        ("number_id", "id", 123),
        ("midnight_label", "delivery_hour", "23-00"),
        ("extra_fields", "venue_note", {"session": 7, "tags": ["XBID"]}),
    ],
)
def test_a_variant_changes_one_thing(variant: Variant, field: str, value: object) -> None:
    said = json.loads(DEAL.said_as([variant]))["deal_confirmation"]
    plain = json.loads(DEAL.message())["deal_confirmation"]
    assert said[field] == value
    assert {name for name in said if said[name] != plain.get(name)} <= {field, "quantity" * (variant == "text_numbers")}


def test_all_variants_go_together_in_a_binary_frame_under_the_other_envelope() -> None:
    said = DEAL.said_as(VARIANTS)
    assert isinstance(said, bytes)
    assert list(json.loads(said)) == ["trade_confirmation"]


def test_a_contradiction_has_the_same_identity_and_another_price() -> None:
    assert DEAL.contradicted().identity == DEAL.identity
    assert DEAL.contradicted().price_eur_mwh != DEAL.price_eur_mwh
