"""Which facts does Wattbook record?"""

import re
from dataclasses import FrozenInstanceError, fields, replace
from decimal import Decimal
from typing import get_args

import pytest

from domain.events import EVENT_TYPES, Event
from tests.notation import agreed, deal


def test_every_event_is_listed_once() -> None:
    assert set(EVENT_TYPES) == set(get_args(Event))
    assert len(EVENT_TYPES) == len(set(EVENT_TYPES))


def test_topics_are_unique_and_carry_a_version() -> None:
    topics = [kind.TOPIC for kind in EVENT_TYPES]
    assert len(set(topics)) == len(topics)
    assert all(re.fullmatch(r"[a-z-]+\.[a-z-]+\.v[1-9]", topic) for topic in topics)


def test_a_fact_cannot_be_changed() -> None:
    fact = deal("anna buys 10 MW 08-09 at 40")
    with pytest.raises(FrozenInstanceError):
        setattr(fact, fields(fact)[0].name, None)


def test_energy_is_power_held_over_the_period() -> None:
    assert agreed("anna buys 10 MW 08-09 at 40").energy_mwh == 10
    assert agreed("anna buys 10 MW 08:00-08:30 at 40").energy_mwh == 5
    assert agreed("anna buys 0.000001 MW 08:15-08:30 at 40").energy_mwh == Decimal("0.00000025")


def test_content_is_compared_by_value_and_not_by_who_it_belongs_to() -> None:
    made = agreed("anna buys 10 MW 08-09 at 40")
    assert made.content == agreed("ben sells 10.0 MW 08-09 at 40.00", deal_id="2").content
    assert made.content != replace(made, price_eur_mwh=Decimal("40.000001")).content
