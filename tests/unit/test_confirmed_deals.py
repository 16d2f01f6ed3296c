"""Do confirmed deals, read fast from their stored bytes, make the very rows that the read models' rules make?"""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.raw_log import Raw
from adapters.event_log.stored_events import read_event, state_of
from adapters.read_models.confirmed_deals import ConfirmedDeals, are_known
from adapters.read_models.copying import copied
from domain.events import DealConfirmed, Recorded
from projections import READ_MODELS
from projections.deals import DealRow, contributions, deals
from projections.positions import PositionRow, positions
from tests.histories import deals as any_deals
from tests.notation import deal, recorded
from tests.spec import in_key_order

TOUCHED = {"deals", "positions"}


def stored(events: Sequence[DealConfirmed]) -> list[Raw]:
    return [(each.position, each.recorded_at, each.event.TOPIC, state_of(each.event)) for each in recorded(events)]


def in_columns(ledger: str) -> bytes:
    """Return the lines with the last column, when a deal was made, as it is written from an object."""
    return re.sub(r"T([\d:.]+)(Z|[+-]\d\d:\d\d)\n", spelled, ledger).encode()


def spelled(found: re.Match[str]) -> str:
    return f" {found[1]}{'+00:00' if found[2] == 'Z' else found[2]}\n"


def read_again(page: Sequence[Raw]) -> list[Recorded]:
    return [Recorded(position, at, read_event(topic, state)) for position, at, topic, state in page]


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=5)


@given(st.lists(st.tuples(any_deals(), st.one_of(st.just("anna"), names)), max_size=30))
def test_rows_and_sums_are_those_of_the_rules_or_nothing_is_told(drawn: list[tuple[DealConfirmed, str]]) -> None:
    page = stored([replace(made, deal=replace(made.deal, trader_id=trader)) for made, trader in drawn])
    confirmed = ConfirmedDeals()
    ledger = confirmed.ledger(page)
    sums = confirmed.take_positions()
    if ledger is None:
        assert sums == []
        assert any(set("\\\t\n\r") & set(trader) for _, trader in drawn)
        return
    events = read_again(page)
    assert in_columns(ledger) == copied(deals, deals.fold(events))
    assert merged_sums(sums) == in_key_order(positions, positions.fold(events))


def merged_sums(rows: Sequence[PositionRow]) -> list[PositionRow]:
    found: dict[object, PositionRow] = {}
    for row in rows:
        key = row[:5]
        found[key] = positions.merge(found[key], row) if key in found else row
    return in_key_order(positions, found.values())


def of_carla(recorded: Recorded) -> Sequence[DealRow]:
    return [row for row in contributions(recorded) if row.trader_id == "carla"]


@given(any_deals())
def test_the_other_read_models_make_nothing_of_a_confirmed_deal(made: DealConfirmed) -> None:
    for model in READ_MODELS:
        assert bool(model.fold(recorded([made]))) == (model.name in TOUCHED)


def test_every_read_model_is_known_and_another_rule_is_not() -> None:
    assert are_known(READ_MODELS)
    assert not are_known([replace(deals, contributions=of_carla)])


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b'"quantity_mw":"10"', b'"quantity_mw":"NaN"'),
        (b'"quantity_mw":"10"', b'"quantity_mw":"Infinity"'),
        (b'"quantity_mw":"10"', b'"quantity_mw":"ten"'),
        (b'"quantity_mw":"10"', b'"quantity_mw":10'),
        (b'"direction":"buy"', b'"direction":"hold"'),
        (b'"day":"2023-02-06"', b'"day":"2023-02-30"'),
        (b'"minutes":60', b'"minutes":61'),
        (b'"executed_at":"', b'"executed_at":"tomorrow "'),
        (b"T06:13:45Z", b"T24:00:00Z"),
        (b"T06:13:45Z", b"T06:13:60Z"),
        (b"T06:13:45Z", b"T06:13:45"),
        (b'"source"', b'"sauce"'),
        (b'"source":"exchange/1"', b'"source":1'),
        (b"T06:13:46Z", b"T06:13:61Z"),
        (b'"received_at"', b'"received"'),
        (b'"text"', b'"taste"'),
        (b'"text":"', b'"base64":"!'),
        (b'"text":', b'"base64":0,"text":'),
        (b',"receipt"', b',"recipe"'),
        (b"{", b"["),
    ],
)
def test_bytes_that_are_not_of_the_usual_form_are_left_to_the_rules_and_count_nothing(was: bytes, now: bytes) -> None:
    page = stored([deal("anna buys 10 MW 08-09 at 40")])
    position, at, topic, state = page[0]
    assert was in state
    confirmed = ConfirmedDeals()
    assert confirmed.ledger([(position, at, topic, state.replace(was, now, 1))]) is None
    assert confirmed.take_positions() == []
    assert confirmed.ledger(page) is not None
    assert [row.bought_mwh for row in confirmed.take_positions()] == [Decimal(10)]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b'"quantity_mw":"10"', b'"quantity_mw":"1_0"'),
        (b'"quantity_mw":"10"', '"quantity_mw":"\uff11\uff10"'.encode()),
        (b'"price_eur_mwh":"40"', b'"price_eur_mwh":" 4e1 "'),
        (b"T06:13:45Z", b"T06:13:45.5-11:30"),
        (b'{"deal"', b'{"more":[{}],"deal"'),
    ],
)
def test_bytes_of_another_form_that_the_rules_can_read_make_the_same_rows(was: bytes, now: bytes) -> None:
    position, at, topic, state = stored([deal("anna buys 10 MW 08-09 at 40")])[0]
    assert was in state
    page = [(position, at, topic, state.replace(was, now, 1))]
    ledger = ConfirmedDeals().ledger(page)
    assert ledger is not None
    assert in_columns(ledger) == copied(deals, deals.fold(read_again(page)))


@given(any_deals(), st.data())
def test_whatever_bytes_are_damaged_no_row_is_told_but_that_of_the_rules(
    made: DealConfirmed, data: st.DataObject
) -> None:
    position, at, topic, state = stored([made])[0]
    start = data.draw(st.integers(0, len(state) - 1))
    end = data.draw(st.integers(start, min(len(state), start + 12)))
    page = [(position, at, topic, state[:start] + data.draw(st.binary(max_size=3)) + state[end:])]
    ledger = ConfirmedDeals().ledger(page)
    if ledger is not None:
        assert in_columns(ledger) == copied(deals, deals.fold(read_again(page)))
