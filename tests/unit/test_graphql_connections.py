"""Do cursors hold, and are odd pages refused?"""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import Fields
from graphql_api.connections import Cursors, connection_fields, page
from graphql_api.errors import BadInputError
from projections.reading import Page, Slice

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2199, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
NUMBERS = st.integers(-(2**63), 2**63 - 1)
DELIVERY = Cursors("deal-delivery", "tnn")
POSITION = Cursors("deal-position", "n")


@given(TIMES, NUMBERS, NUMBERS)
def test_a_cursor_brings_back_the_key_it_was_made_of(at: datetime, minutes: int, position: int) -> None:
    key = (at, minutes, position)
    assert DELIVERY.read(DELIVERY.write(key)) == key


@given(st.text(max_size=200))
def test_any_other_text_is_refused_and_never_breaks(text: str) -> None:
    try:
        key = POSITION.read(text)
    except BadInputError:
        return
    assert POSITION.read(POSITION.write(key)) == key


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(BadInputError, match="not a cursor of this list"):
        POSITION.read(DELIVERY.write((datetime(2023, 2, 6, tzinfo=UTC), -60, 4)))
    with pytest.raises(BadInputError):
        POSITION.read("A" * 10_000)


def test_a_page_has_fifty_rows_unless_it_is_told() -> None:
    assert page(POSITION, None) == Page(50)
    assert page(POSITION, 500, after=POSITION.write((7,))) == Page(500, after=(7,))
    assert page(POSITION, None, last=3, before=POSITION.write((7,))) == Page(3, before=(7,), from_end=True)


@pytest.mark.parametrize(("first", "last"), [(1, 1), (501, None), (-1, None), (None, 501), (None, -1)])
def test_odd_pages_are_refused(first: int | None, last: int | None) -> None:
    with pytest.raises(BadInputError):
        page(POSITION, first, last=last)


def connection(rows: list[int], more: bool, asked: Page) -> Fields:
    """Return the connection of rows that are numbers."""
    return connection_fields(Slice(rows, more), asked, POSITION, lambda row: (row,), lambda row: {"position": row})


def test_a_connection_says_what_lies_on_either_side() -> None:
    first = connection([1, 2], True, Page(2))
    assert first["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": POSITION.write((1,)),
        "endCursor": POSITION.write((2,)),
    }
    last = connection([8, 9], True, Page(2, from_end=True))
    assert last["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": POSITION.write((8,)),
        "endCursor": POSITION.write((9,)),
    }
    assert connection([], False, Page(2))["pageInfo"] == {
        "hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None
    }  # fmt: skip
