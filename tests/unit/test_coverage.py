"""When was no line to the exchange open?"""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.coverage import Connection, Outage, outages
from tests.notation import instant


def line(opened: str, ended: str | None = None) -> Connection:
    return Connection(instant(opened), instant(ended) if ended else None)


def gap(start: str, end: str | None = None) -> Outage:
    return Outage(instant(start), instant(end) if end else None)


def test_every_stretch_without_a_line_is_an_outage_and_the_last_may_still_last() -> None:
    connections = [line("06:00:00", "09:00:00"), line("09:00:01", "12:00:00"), line("13:00:00", "14:00:00")]
    assert outages(connections) == (gap("09:00:00", "09:00:01"), gap("12:00:00", "13:00:00"), gap("14:00:00"))
    assert outages([line("06:00:00", "09:00:00"), line("08:00:00")]) == ()
    assert outages([]) == ()


def test_two_lines_in_turn_leave_no_gap() -> None:
    assert outages([line("06:00:00", "09:00:00"), line("08:00:00", "12:00:00"), line("12:00:00")]) == ()


def test_a_line_within_another_does_not_end_the_cover() -> None:
    assert outages([line("06:00:00", "12:00:00"), line("07:00:00", "08:00:00"), line("11:00:00")]) == ()


minutes = st.integers(0, 59)


@given(st.lists(st.tuples(minutes, minutes | st.none()), max_size=8))
def test_an_outage_is_what_a_minute_by_minute_look_says(spans: list[tuple[int, int | None]]) -> None:
    def at(minute: int) -> datetime:
        return instant(f"08:{minute:02}:00")

    spans = [(a, b if b is None or b >= a else a) for a, b in spans]
    found = outages([Connection(at(a), None if b is None else at(b)) for a, b in spans])
    for minute in range(60):
        open_then = any(a <= minute and (b is None or minute < b) for a, b in spans)
        begun = any(a <= minute for a, _ in spans)
        shown = any(each.start <= at(minute) and (each.end is None or at(minute) < each.end) for each in found)
        assert shown == (begun and not open_then)
