"""What of a stretch without any line to the exchange did day files tell, and which ones?"""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.coverage import Connection, Outage, outages
from domain.telling import Telling, ToldByFile
from tests.notation import instant


def file(start: str, end: str, name: str = "exchange_trades_20230206.csv") -> ToldByFile:
    return ToldByFile(instant(start), instant(end), name)


def gap(start: str, end: str | None = None) -> Outage:
    return Outage(instant(start), instant(end) if end else None)


def test_a_file_that_tells_part_of_a_gap_leaves_the_rest() -> None:
    told = [file("08:00:00", "09:20:00"), file("09:30:00", "09:50:00"), file("10:30:00", "11:30:00")]
    telling = Telling(told)
    assert telling.untold(gap("09:00:00", "10:00:00")) == (gap("09:20:00", "09:40:00"), gap("09:50:00", "10:00:00"))
    assert telling.untold(gap("11:00:00")) == (gap("11:30:00"),)


def test_a_gap_names_each_file_that_told_of_it_once_and_no_other() -> None:
    told = [
        file("00:00:00", "09:20:00", "a.csv"),
        file("01:00:00", "02:00:00", "over.csv"),
        file("09:00:00", "09:30:00", "a.csv"),
        file("09:10:00", "11:00:00", "b.csv"),
        file("10:00:00", "12:00:00", "later.csv"),
    ]
    assert Telling(told).told_by(gap("09:15:00", "10:00:00")) == ("a.csv", "b.csv")
    assert Telling(told).told_by(gap("12:00:00")) == ()


def test_what_was_sent_just_after_a_file_begins_is_told_only_with_the_file_before() -> None:
    yesterdays = file("2023-02-05T23:00:00Z", "2023-02-06T23:00:00Z", "yesterday.csv")
    todays = file("2023-02-06T23:00:00Z", "2023-02-07T23:00:00Z", "today.csv")
    after_midnight = gap("2023-02-06T23:00:01Z", "2023-02-06T23:01:00Z")
    for files, left in ([todays], (after_midnight,)), ([yesterdays], (after_midnight,)), ([todays, yesterdays], ()):
        assert Telling(files).untold(after_midnight) == left
        assert Telling(files).tells_all(after_midnight) == (not left)
    assert Telling([todays]).tells_all(gap("2023-02-06T23:10:00Z", "2023-02-06T23:11:00Z"))


minutes = st.integers(0, 59)
spans = st.lists(st.tuples(minutes, minutes).filter(lambda pair: pair[0] < pair[1]), max_size=6)


@given(spans, spans)
def test_what_is_untold_and_who_told_is_what_a_minute_by_minute_look_says(
    opened: list[tuple[int, int]], files: list[tuple[int, int]]
) -> None:
    def at(minute: int) -> datetime:
        return instant(f"08:{minute:02}:00")

    def within(minute: int, stretch: Outage) -> bool:
        return stretch.start <= at(minute) and (stretch.end is None or at(minute) < stretch.end)

    telling = Telling(ToldByFile(at(a), at(b), str(number)) for number, (a, b) in enumerate(files))
    for each in outages([Connection(at(a), at(b)) for a, b in opened]):
        left = telling.untold(each)
        told_by = set(telling.told_by(each))
        for minute in (minute for minute in range(60) if within(minute, each)):
            telling_then = {str(number) for number, (a, b) in enumerate(files) if a <= minute < b}
            # What is sent at a minute was executed in it or in the ten before.
            executed = range(minute - 10, minute + 1)
            is_told = all(any(a <= then < b for a, b in files) for then in executed)
            assert any(within(minute, part) for part in left) == (not is_told)
            assert telling_then <= told_by
        assert all(any(within(minute, each) for minute in range(*files[int(name)])) for name in told_by)
        assert telling.tells_all(each) == (not left)
