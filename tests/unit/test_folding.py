"""Do stored events, passed over or read fast, make the very book that the domain makes of each of them?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.folding import concerning, fold
from adapters.event_log.raw_log import Raw
from adapters.event_log.stored_events import read_event, state_of
from domain.book import Book
from domain.errors import LogDamagedError
from domain.events import Recorded
from domain.performance import Performance
from tests.histories import DAYS, TRADERS, histories
from tests.notation import BERLIN, DAY, deal, recorded

books = st.tuples(st.none() | st.sampled_from(TRADERS), st.sampled_from(DAYS))


def stored(log: Sequence[Recorded]) -> list[Raw]:
    return [(each.position, each.recorded_at, each.event.TOPIC, state_of(each.event)) for each in log]


def folded(raws: Sequence[Raw], trader: str | None, day: date) -> Performance:
    until = raws[-1][0] if raws else 0
    return fold(Book(trader, day), concerning([raws], day, 0, until)).performance(BERLIN, "1")


def one_by_one(raws: Sequence[Raw], trader: str | None, day: date) -> Performance:
    book = Book(trader, day)
    for position, at, topic, state in raws:
        book.add(Recorded(position, at, read_event(topic, state)))
    return book.performance(BERLIN, "1")


@given(histories(), books)
def test_a_fold_of_stored_bytes_is_the_domains_fold_of_every_event(
    log: list[Recorded], whose: tuple[str | None, date]
) -> None:
    assert folded(stored(log), *whose) == one_by_one(stored(log), *whose)


def odd(was: bytes, now: bytes) -> list[Raw]:
    """Return a deal, and after it another one whose bytes are not those that Wattbook writes."""
    usual, other = stored(recorded([deal("anna buys 10 MW 08-09 at 40"), deal("anna buys 5 MW 08-09 at 20")]))
    assert was in other[3]
    return [usual, (*other[:3], other[3].replace(was, now, 1))]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b'"quantity_mw":"5"', b'"quantity_mw": "5.000"'),
        (b'"price_eur_mwh":"20"', b'"price_eur_mwh":"2E+1"'),
        (b"2023-02-06", b"2023-02-\\u0030\\u0036"),
        (b'"direction":"buy"', b'"direction":"b\\u0075y"'),
        (b'"original":{"text":', b'"original":{"base64":"","text":'),
        (b'"original":{"text":"', b'"original":{"base64":"eA==","why":"'),
        (b"{", b'{"more":[1,2],'),
        (b"2023-02-06T06:13:45Z", b"2023-02-06T07:13:45+01:00"),
    ],
)
def test_an_event_that_is_written_otherwise_counts_as_what_it_says(was: bytes, now: bytes) -> None:
    raws = odd(was, now)
    performance = folded(raws, "anna", DAY)
    assert performance == one_by_one(raws, "anna", DAY)
    assert performance.total.totals.bought_mwh == Decimal(15)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b'"quantity_mw":"5"', b'"quantity_mw":"NaN"'),
        (b'"price_eur_mwh":"20"', b'"price_eur_mwh":"-Infinity"'),
        (b'"price_eur_mwh":"20"', b'"price_eur_mwh":20'),
        (b'"direction":"buy"', b'"direction":"hold"'),
        (b'"label":"08-09"', b'"label":8'),
        (b'"minutes":60', b'"minutes":61'),
        (b'"received_at":"', b'"received_at":"soon '),
        (b'"original":{"text":', b'"original":{"words":'),
        (b'"source":"', b'"origin":"'),
        (b"}}}", b"}}"),
    ],
)
def test_bytes_that_are_no_event_are_told_as_the_stored_forms_tell_them(was: bytes, now: bytes) -> None:
    raws = odd(was, now)
    with pytest.raises(LogDamagedError) as wanted:
        read_event(*raws[1][2:])
    with pytest.raises(LogDamagedError) as found:
        folded(raws, "bob", DAY)
    assert str(found.value) == f"position 2: {wanted.value}"


@pytest.mark.parametrize(
    ("positions", "told"),
    [
        ([2], "no event at position 1: 2 follows"),
        ([1, 3], "no event at position 2: 3 follows"),
        ([1, 1], "no event at position 2: 1 follows"),
        ([1], "no event at position 2$"),
        ([], "no event at position 1$"),
    ],
)
def test_a_position_that_is_missing_is_told(positions: list[int], told: str) -> None:
    raws = [(position, *stored(recorded([deal("anna buys 1 MW 08-09 at 1")]))[0][1:]) for position in positions]
    with pytest.raises(LogDamagedError, match=told):
        list(concerning([raws], DAY, 0, max([2, *positions])))
