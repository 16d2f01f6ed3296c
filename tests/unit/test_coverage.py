"""Up to when is the record complete?"""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.coverage import Connection, complete_up_to
from tests.notation import instant

NOW = instant("18:00:00")


def line(opened: str, ended: str | None = None) -> Connection:
    return Connection(instant(opened), instant(ended) if ended else None)


def test_before_the_first_connection_nothing_is_known_to_be_complete() -> None:
    assert complete_up_to([], None) is None
    assert complete_up_to([], NOW) is None


def test_while_a_line_is_open_all_is_complete_up_to_the_last_event() -> None:
    assert complete_up_to([line("06:00:00")], NOW) == NOW


def test_two_lines_in_turn_leave_no_gap() -> None:
    assert complete_up_to([line("06:00:00", "09:00:00"), line("08:00:00", "12:00:00"), line("12:00:00")], NOW) == NOW


def test_a_line_within_another_does_not_end_the_cover() -> None:
    assert complete_up_to([line("06:00:00", "12:00:00"), line("07:00:00", "08:00:00"), line("11:00:00")], NOW) == NOW


def test_the_oldest_gap_is_where_the_record_stops_being_complete() -> None:
    connections = [line("06:00:00", "09:00:00"), line("09:00:01", "12:00:00"), line("13:00:00")]
    assert complete_up_to(connections, NOW) == instant("09:00:00")


def test_when_every_line_is_lost_the_record_is_complete_up_to_the_last_one() -> None:
    assert complete_up_to([line("06:00:00", "09:00:00"), line("06:00:00", "09:30:00")], NOW) == instant("09:30:00")


minutes = st.integers(0, 59)


@given(st.lists(st.tuples(minutes, minutes | st.none()), max_size=8).flatmap(st.permutations))
def test_completeness_is_what_a_minute_by_minute_look_says(spans: list[tuple[int, int | None]]) -> None:
    def at(minute: int) -> datetime:
        return instant(f"08:{minute:02}:00")

    spans = [(a, b if b is None or b >= a else a) for a, b in spans]
    connections = [Connection(at(a), None if b is None else at(b)) for a, b in spans]
    expected: datetime | None = None
    if spans:
        minute = min(a for a, _ in spans)
        while minute < 60 and any(a <= minute and (b is None or b > minute) for a, b in spans):
            minute += 1
        expected = NOW if minute == 60 else at(minute)
    assert complete_up_to(connections, NOW) == expected
