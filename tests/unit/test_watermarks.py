"""Is a person told in time, once for each mark, and with what to do?"""

from datetime import timedelta

import pytest

from domain.watermarks import (
    BACKLOG_MARKS,
    DISK_MARKS,
    Mark,
    backlog_warning,
    deals_are_late,
    disk_warning,
    nobody_records_warning,
    reached,
)
from tests.journal_entries import NOON

MARKS = (Mark(2, "WARNING", "Look."), Mark(3, "CRITICAL", "Run."))


@pytest.mark.parametrize(
    ("value", "expected"), [(1.9, None), (2, MARKS[0]), (2.9, MARKS[0]), (3, MARKS[1]), (99, MARKS[1])]
)
def test_the_highest_mark_at_or_below_the_value_is_reached(value: float, expected: Mark | None) -> None:
    assert reached(MARKS, value) == expected


def test_a_mark_is_left_only_some_way_below_it() -> None:
    before: Mark | None = None
    told: list[float] = []
    for value in (1.9, 2.1, 1.9, 2.0, 1.6, 1.5, 2.9, 3.1, 2.6, 2.4, 1.0):
        before = reached(MARKS, value, before, slack=0.5)
        told.append(0 if before is None else before.value)
    assert told == [0, 2, 2, 2, 2, 0, 2, 3, 3, 2, 0]


def test_every_mark_has_words_of_its_own_and_the_last_is_critical() -> None:
    for marks in (DISK_MARKS, BACKLOG_MARKS):
        assert [mark.value for mark in marks] == sorted(mark.value for mark in marks)
        assert [mark.level for mark in marks].count("CRITICAL") == 1
        assert marks[-1].level == "CRITICAL"
    messages = {disk_warning("/journal", mark).message for mark in DISK_MARKS}
    assert len(messages) == len(DISK_MARKS)
    assert all("/journal" in message and "Free space" in message for message in messages)


@pytest.mark.parametrize(("waited_s", "level"), [(9.9, None), (10, "WARNING"), (59, "WARNING"), (61, "CRITICAL")])
def test_what_waits_for_long_is_told(waited_s: float, level: str | None) -> None:
    warning = backlog_warning(NOON, NOON + timedelta(seconds=waited_s))
    assert (None if warning is None else warning.level) == level


def test_nothing_is_told_while_nothing_waits() -> None:
    assert backlog_warning(None, NOON) is None


@pytest.mark.parametrize(("waited_s", "late"), [(None, False), (0, False), (59, False), (60, True), (86_400, True)])
def test_what_waits_for_a_minute_comes_before_all_that_can_be_asked_for_again(waited_s: int | None, late: bool) -> None:
    assert deals_are_late(None if waited_s is None else NOON - timedelta(seconds=waited_s), NOON) == late


@pytest.mark.parametrize(("silent_s", "told"), [(None, True), (-1, False), (0, False), (6, False), (6.1, True)])
def test_a_recorder_that_says_no_longer_that_it_lives_is_missed(silent_s: float | None, told: bool) -> None:
    alive_at = None if silent_s is None else NOON - timedelta(seconds=silent_s)
    warning = nobody_records_warning(alive_at, NOON)
    assert (warning is not None) == told
    assert warning is None or warning.level == "CRITICAL"
