"""Up to when is the record complete?"""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.coverage import Connection, Outage, Told, complete_up_to, outages, untold
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


def file(start: str, end: str) -> Told:
    return Told(instant(start), instant(end))


def gap(start: str, end: str | None = None) -> Outage:
    return Outage(instant(start), instant(end) if end else None)


def test_every_stretch_without_a_line_is_an_outage_and_the_last_may_still_last() -> None:
    connections = [line("06:00:00", "09:00:00"), line("09:00:01", "12:00:00"), line("13:00:00", "14:00:00")]
    assert outages(connections) == (gap("09:00:00", "09:00:01"), gap("12:00:00", "13:00:00"), gap("14:00:00"))
    assert outages([line("06:00:00", "09:00:00"), line("08:00:00")]) == ()
    assert outages([]) == ()


def test_a_file_that_tells_all_of_a_gap_makes_the_record_complete_again() -> None:
    connections = [line("06:00:00", "09:00:00"), line("09:30:00", "12:00:00"), line("12:00:00")]
    assert complete_up_to(connections, NOW) == instant("09:00:00")
    assert complete_up_to(connections, NOW, [file("00:00:00", "17:00:00")]) == NOW


def test_a_file_that_tells_part_of_a_gap_leaves_the_rest() -> None:
    gaps = [gap("09:00:00", "10:00:00"), gap("11:00:00")]
    assert untold(gaps, [file("08:00:00", "09:20:00"), file("09:40:00", "09:50:00"), file("10:30:00", "11:30:00")]) == (
        gap("09:20:00", "09:40:00"),
        gap("09:50:00", "10:00:00"),
        gap("11:30:00"),
    )


spans_of = st.lists(st.tuples(minutes, minutes).map(lambda pair: (min(pair), max(pair))), max_size=6)


@given(spans_of, spans_of)
def test_what_is_untold_is_what_a_minute_by_minute_look_says(
    opened: list[tuple[int, int]], files: list[tuple[int, int]]
) -> None:
    def at(minute: int) -> datetime:
        return instant(f"08:{minute:02}:00")

    left = untold(outages([Connection(at(a), at(b)) for a, b in opened]), [Told(at(a), at(b)) for a, b in files])
    for minute in range(60):
        open_then = any(a <= minute < b for a, b in opened)
        told_then = any(a <= minute < b for a, b in files)
        begun = bool(opened) and minute >= min(a for a, _ in opened)
        shown = any(each.start <= at(minute) and (each.end is None or at(minute) < each.end) for each in left)
        assert shown == (begun and not open_then and not told_then)
