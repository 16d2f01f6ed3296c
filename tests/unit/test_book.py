"""Do the events alone make the same figures, in whatever stretches and order they are read?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.book import Book
from domain.events import Recorded
from domain.performance import Performance
from tests.histories import DAYS, TRADERS, histories
from tests.notation import BERLIN, DAY, cancelled, deal, recorded, reference_price

books = st.tuples(st.none() | st.sampled_from(TRADERS), st.sampled_from(DAYS))


def performance(trader: str | None, day: date, *stretches: Sequence[Recorded]) -> Performance:
    """Return the figures that *stretches*, read apart, make together."""
    whole = Book(trader, day)
    for stretch in stretches:
        part = Book(trader, day)
        for event in stretch:
            part.add(event)
        whole.merge(part)
    return whole.performance(BERLIN, "1")


@given(histories(), books, st.data())
def test_stretches_of_a_log_read_in_any_order_make_the_same_figures(
    log: list[Recorded], whose: tuple[str | None, date], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(log)), max_size=4)))
    edges = [0, *cuts, len(log)]
    stretches = [log[start:end] for start, end in pairwise(edges)]
    shuffled = [data.draw(st.permutations(stretch)) for stretch in data.draw(st.permutations(stretches))]
    assert performance(*whose, *shuffled) == performance(*whose, log)


def test_a_deal_taken_back_counts_no_more_and_an_older_answer_does_not_replace_a_newer_price() -> None:
    first = deal("anna buys 10 MW 08-09 at 20", deal_id="1")
    log = recorded(
        [
            first,
            deal("anna sells 4 MW 08-09 at 25", deal_id="2"),
            reference_price("08-09 at 28", last_update="07:10:00"),
            reference_price("08-09 at 99", last_update="07:05:00"),
            cancelled(first, replaces=1),
        ]
    )
    figures = performance("anna", DAY, log).total
    assert (figures.totals.deals, figures.pnl_eur, figures.reference_price) == (1, Decimal(100), Decimal(28))


def test_a_book_knows_how_far_it_has_been_read_though_the_last_events_are_not_its_own() -> None:
    log = recorded([deal("anna buys 10 MW 08-09 at 20"), deal("bob buys 10 MW 08-09 at 20", deal_id="2")])
    known = performance("anna", DAY, log).knowledge
    assert (known.position, known.recorded_at) == (2, log[-1].recorded_at)
