"""Does a page of stored bytes make the rows that the read models' rules make of its events?"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.pages import read_raw
from adapters.read_models.copying import copied
from adapters.read_models.page_folding import folded
from domain.errors import LogDamagedError
from domain.events import Recorded
from projections import READ_MODELS
from projections.deals import contributions, deals
from projections.positions import positions
from projections.read_model import AnyReadModel, Rows
from tests.histories import histories
from tests.notation import connected, deal, recorded, rejected
from tests.raw_events import raw


def lines(rows: bytes) -> list[bytes]:
    """The lines of the ledger in any order, and its instants without the form in which they are stored."""
    return sorted(line.replace(b"T", b" ").replace(b"Z", b"+00:00") for line in rows.splitlines())


def by_key(model: AnyReadModel, rows: Rows) -> Rows:
    places = [model.columns.index(name) for name in model.key]
    return sorted(rows, key=lambda row: [row[place] for place in places])


def assert_made_by_the_rules(log: Sequence[Recorded], read_models: Sequence[AnyReadModel] = READ_MODELS) -> None:
    page = raw(log)
    events = list(read_raw(page))
    for model, rows in folded(page, read_models):
        if isinstance(rows, bytes):
            assert lines(rows) == lines(copied(model, model.fold(events)))
        else:
            assert by_key(model, rows) == by_key(model, model.fold(events))


@given(histories(), st.sets(st.sampled_from(READ_MODELS), min_size=1))
def test_a_page_makes_the_rows_of_the_rules_for_whichever_read_models(
    log: list[Recorded], some: set[AnyReadModel]
) -> None:
    assert_made_by_the_rules(log, [model for model in READ_MODELS if model in some])


@pytest.mark.parametrize("trader", ["a\tb", "\\N", "NaN", "a\r"])
def test_a_name_that_could_mean_something_else_is_left_to_the_rules(trader: str) -> None:
    made = deal("anna buys 10 MW 08-09 at 40", deal_id="1")
    odd = replace(made, deal=replace(made.deal, trader_id=trader))
    log = recorded([made, connected("exchange/1", "06:00:00"), odd])
    assert_made_by_the_rules(log)
    ((_, sums),) = folded(raw(log), [positions])
    assert len(sums) == 2


def test_another_rule_is_asked_itself() -> None:
    of_nobody = replace(deals, contributions=lambda event: [row for row in contributions(event) if not row.trader_id])
    assert folded(raw(recorded([deal("anna buys 10 MW 08-09 at 40")])), [of_nobody]) == [(of_nobody, [])]


def test_an_event_that_cannot_be_read_is_named_by_its_position() -> None:
    page = raw(recorded([deal("anna buys 10 MW 08-09 at 40"), rejected(b"{")]))
    for place in (0, 1):
        with pytest.raises(LogDamagedError, match=f"position {place + 1}"):
            folded([each._replace(state=b"[") if each is page[place] else each for each in page], READ_MODELS)
