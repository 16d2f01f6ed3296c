"""Which line brought a deal first, and which deals did only one line bring?"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import deliveries as domain
from domain.deliveries import Delivered, Deliveries
from domain.events import DealConfirmed, Event
from tests.notation import connected, deal, rejected
from tests.spec import MemoryLog


def made(number: int, line: int | str = 1) -> DealConfirmed:
    source = line if isinstance(line, str) else f"exchange/{line}"
    return deal("anna buys 10 MW 08-09 at 40", deal_id=str(number), line=source)


def counted(*events: Event) -> dict[str, Delivered]:
    log, deliveries = MemoryLog(), Deliveries()
    for event in events:
        deliveries.note([event], log.append([event]))
    return deliveries.take()


def test_a_deal_is_first_on_one_line_and_confirmed_by_the_other() -> None:
    assert counted(made(1, 1), made(1, 2), made(2, 2), made(3, 1), made(3, 2)) == {
        "exchange/1": Delivered(first=2, confirmed=2, heard=2),
        "exchange/2": Delivered(first=1, confirmed=0, heard=3),
    }


def test_a_line_that_repeats_itself_confirms_nothing_and_another_one_confirms_once() -> None:
    assert counted(made(1, 1), made(1, 1), made(1, 2), made(1, 2), made(1, 3))["exchange/1"] == Delivered(1, 1, 2)


def test_a_day_file_confirms_no_line_and_is_confirmed_by_none() -> None:
    counts = counted(made(1, "file:a.csv"), made(1, 1))
    assert counts["exchange/1"] == Delivered(heard=1)
    assert counts["file:a.csv"].confirmed == 0


def test_other_content_is_heard_but_confirms_nothing() -> None:
    other = deal("anna buys 10 MW 08-09 at 41", line="exchange/2")
    assert counted(made(1, 1), other) == {
        "exchange/1": Delivered(first=1, heard=1),
        "exchange/2": Delivered(heard=1),
    }


def test_only_deals_are_counted() -> None:
    assert counted(connected("exchange/1", "06:00:00"), rejected(b"{")) == {}


def test_what_could_not_be_written_is_counted_with_what_came_since() -> None:
    log, deliveries = MemoryLog(), Deliveries()
    deliveries.note([made(1)], log.append([made(1)]))
    taken = deliveries.take()
    deliveries.note([made(2)], log.append([made(2)]))
    deliveries.give_back(taken)
    assert deliveries.take() == {"exchange/1": Delivered(first=2, heard=2)}
    assert deliveries.take() == {}


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 2)), max_size=120))
def test_what_no_other_line_brought_is_first_without_confirmed(heard: list[tuple[int, int]]) -> None:
    counts = counted(*(made(number, line) for number, line in heard))
    for name in ("exchange/1", "exchange/2"):
        own, other = ({n for n, line in heard if (f"exchange/{line}" == name) is same} for same in (True, False))
        found = counts.get(name, Delivered())
        assert found.first - found.confirmed == len(own - other)


def test_with_a_small_memory_a_confirmation_of_long_ago_is_left_out_and_none_is_doubled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(domain, "REMEMBERED", 16)
    events = [made(number) for number in range(1, 101)]
    late = [replace(each, receipt=replace(each.receipt, source="exchange/2")) for each in events]
    assert counted(*events, *reversed(late), *late)["exchange/1"].confirmed == 16
    rolling = [each for pair in zip(events, late, late, strict=True) for each in pair]
    assert counted(*rolling)["exchange/1"] == Delivered(first=100, confirmed=100, heard=100)
