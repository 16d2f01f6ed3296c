"""When may updates of a view go out?"""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from graphql_api.pace import Pace


def sent(wanted: list[float]) -> list[float]:
    """Return when updates go out that are wanted at these times; what is wanted meanwhile goes with the next."""
    pace = Pace()
    out: list[float] = []
    for at in sorted(wanted):
        if out and at <= out[-1]:
            continue
        out.append(pace.earliest(at))
        pace.note(out[-1])
    return out


def test_after_a_quiet_time_a_change_goes_out_at_once() -> None:
    assert sent([0.0, 10.0, 20.0]) == [0.0, 10.0, 20.0]


def test_two_changes_close_together_both_go_out_at_once() -> None:
    assert sent([0.0, 0.01]) == [0.0, 0.01]


@given(st.lists(st.floats(0, 10), max_size=200))
def test_never_more_than_four_go_out_in_a_second(wanted: list[float]) -> None:
    out = sent(wanted)
    assert all(later - earlier > 1.0 for earlier, later in zip(out, out[4:], strict=False))


@given(st.lists(st.floats(0, 10), min_size=1, max_size=200))
def test_no_change_waits_longer_than_a_good_second(wanted: list[float]) -> None:
    out = sent(wanted)
    assert all(any(at <= one <= at + 1.1 for one in out) for at in wanted)


def test_a_busy_view_moves_evenly() -> None:
    out = sent([number / 100 for number in range(1000)])
    assert len(out) >= 3.5 * 10
    assert max(later - earlier for earlier, later in pairwise(out)) < 0.6
