"""Does a row of a journal say what was noted, and never what the disk has made of it?"""

from datetime import timedelta
from typing import Any

import pytest

from adapters.journal.entries import LineConnected, LineDisconnected, Noted, row_of
from adapters.journal.rows import read_row
from tests.journal_entries import LATER, NOON, heard

MESSAGE = heard(b'{"price": 40}')
NOTED = [
    MESSAGE,
    heard(b""),
    heard(bytes(range(256)) * 9, second=3_600),
    LineConnected("exchange/1", "c1", NOON),
    LineDisconnected("exchange/1", "c1", LATER, NOON, LATER - timedelta(microseconds=1), "cut"),
]
COLUMNS = ("kind", "line", "connection", "at", "connected_at", "last_heard_at", "reason", "payload", "checksum")


@pytest.mark.parametrize("noted", NOTED)
def test_what_was_noted_is_read_back(noted: Noted) -> None:
    row = read_row((7, *row_of(noted)), None)
    assert row is not None
    assert row.entry is not None
    assert (row.mark.sequence, row.mark.at, row.entry.noted, row.entry.intact) == (7, noted.at, noted, True)


@pytest.mark.parametrize("column", range(len(COLUMNS)), ids=COLUMNS)
@pytest.mark.parametrize("changed", [None, 1, 1.5, "other", b"other"])
def test_a_message_of_which_any_column_has_changed_is_not_intact(column: int, changed: object) -> None:
    values: list[Any] = list(row_of(MESSAGE))
    if values[column] == changed:
        return
    values[column] = changed
    row = read_row((7, *values), None)
    assert row is None or row.entry is None or not row.entry.intact


def test_a_number_that_has_become_another_kind_of_number_is_not_what_was_written() -> None:
    whole = row_of(MESSAGE)
    fourth = whole[3]
    assert isinstance(fourth, int)
    for at in (fourth, float(fourth)):
        row = read_row((7, *whole[:3], at, *whole[4:]), None)
        assert row is not None
        assert row.entry is not None
        assert row.entry.intact == (type(at) is int)


@pytest.mark.parametrize("payload", [None, 0, "", "other"])
def test_a_message_of_no_bytes_stays_one(payload: object) -> None:
    *values, _, checksum = row_of(heard(b""))
    row = read_row((7, *values, payload, checksum), None)
    assert row is not None
    assert row.entry is not None
    assert row.entry.noted == heard(b"")
