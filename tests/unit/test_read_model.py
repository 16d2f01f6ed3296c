"""Do all read models keep the laws: any order, any pages, any merge, the same rows?"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Recorded
from projections import READ_MODELS
from projections.deals import deals
from projections.positions import positions
from projections.read_model import AnyReadModel, ReadModel
from tests.histories import histories
from tests.notation import deal, recorded
from tests.spec import fold_pages, in_key_order

each_read_model = pytest.mark.parametrize("read_model", READ_MODELS, ids=[model.name for model in READ_MODELS])


@st.composite
def logs_in_pages(draw: st.DrawFn) -> tuple[list[Recorded], list[list[Recorded]]]:
    """Draw a log, and its events shuffled and cut into pages."""
    log = draw(histories())
    shuffled, pages = draw(st.permutations(log)), []
    while shuffled:
        size = draw(st.integers(1, len(shuffled)))
        pages.append(shuffled[:size])
        shuffled = shuffled[size:]
    return log, pages


@each_read_model
@given(log_in_pages=logs_in_pages())
def test_any_order_and_any_pages_make_the_same_rows(
    read_model: ReadModel[Any], log_in_pages: tuple[list[Recorded], list[list[Recorded]]]
) -> None:
    log, pages = log_in_pages
    assert in_key_order(read_model, fold_pages(read_model, pages)) == in_key_order(read_model, read_model.fold(log))


@each_read_model
def test_keys_and_merges_name_every_column_that_a_merge_may_change(read_model: AnyReadModel) -> None:
    assert set(read_model.key) <= set(read_model.columns)
    merged = {name for name, _ in read_model.merges}
    assert not merged & set(read_model.key)
    assert merged <= set(read_model.columns)


@each_read_model
def test_indexes_name_columns(read_model: AnyReadModel) -> None:
    assert all(set(columns.split(", ")) <= set(read_model.columns) for columns in read_model.indexes)
    assert set(read_model.sparse_indexes) <= set(read_model.columns)


def test_tables_are_named_apart_by_name_and_version() -> None:
    assert positions.table == "positions_v1"
    assert len({model.table for model in READ_MODELS}) == len(READ_MODELS)


def test_rows_that_should_never_share_a_key_are_not_merged_silently() -> None:
    (one,) = deals.fold(recorded([deal("anna buys 10 MW 08-09 at 40")]))
    with pytest.raises(ValueError, match="share a key"):
        deals.merge(one, one)
