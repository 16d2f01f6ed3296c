"""Do the exchange's faults do what they say?"""

import json
import math
from dataclasses import replace

import pytest

from simulator.exchange_faults import GARBAGE, ExchangeFaults, utterances
from tests.unit.test_simulator_deals import DEAL


def test_a_well_behaved_exchange_says_each_deal_once() -> None:
    assert [said.message for said in utterances(DEAL, ExchangeFaults(), seed=1)] == [DEAL.message()]


def test_at_full_rates_the_deal_comes_first_then_again_then_contradicted_then_garbage() -> None:
    faults = ExchangeFaults(duplicate_rate=1, conflict_rate=1, garbage_rate=1)
    first, second, third, _ = (said.message for said in utterances(DEAL, faults, seed=1))
    assert first == second == DEAL.message()
    assert third == DEAL.contradicted().message()


def test_an_exchange_that_starts_again_misbehaves_in_the_same_words() -> None:
    faults = ExchangeFaults(variants=True, duplicate_rate=0.5, conflict_rate=0.5, garbage_rate=0.5)
    deals = [replace(DEAL, deal_id=str(number)) for number in range(50)]
    once, again = ([list(utterances(deal, faults, seed=1)) for deal in deals] for _ in range(2))
    assert once == again
    assert {len(said) for said in once} == {1, 2, 3, 4}


def test_variants_keep_every_deal_readable() -> None:
    for number in range(100):
        deal = replace(DEAL, deal_id=str(number + 1))
        (said,) = utterances(deal, ExchangeFaults(variants=True), seed=1)
        (content,) = json.loads(said.message).values()
        assert str(content["id"]) == deal.deal_id


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("negative_quantity", "quantity", -5.5),
        ("zero_quantity", "quantity", 0),
        ("unknown_direction", "direction", "hold"),
        ("no_such_hour", "delivery_hour", "24-25"),
    ],
)
def test_an_invalid_message_is_wrong_in_one_field_and_has_an_id_of_its_own(
    kind: str, field: str, value: object
) -> None:
    content = json.loads(GARBAGE[kind](DEAL).message)["deal_confirmation"]
    assert content[field] == value
    assert content["id"] != DEAL.deal_id


def test_not_a_number_is_said_as_the_bare_word() -> None:
    content = json.loads(GARBAGE["nan"](DEAL).message)["deal_confirmation"]
    assert math.isnan(content["price"])


def test_broken_messages_are_broken() -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(GARBAGE["broken_json"](DEAL).message)
    not_utf8 = GARBAGE["not_utf8"](DEAL)
    assert isinstance(not_utf8.message, bytes)
    assert not_utf8.text
    with pytest.raises(UnicodeDecodeError):
        not_utf8.message.decode()
    assert isinstance(GARBAGE["noise"](DEAL).message, bytes)
    assert len(GARBAGE["huge"](DEAL).message) > 3_000_000
