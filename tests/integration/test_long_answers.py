"""Do the commands print lists of any length in the memory of a short one?"""

import json
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL

from adapters.day_files.comparison import Comparison
from domain.day_files import whole_day
from projections.rejections import RejectionRow
from tests.desk import desk
from tests.notation import BERLIN, DAY, instant
from wattbook.import_report import Imported, print_json
from wattbook.rejections import print_table

IDS = 60_000
MEMORY_BYTES = 1024 * 1024
"""Less than a tenth of what the ids of the test take in a list."""


class Paper(StringIO):
    """A standard output that keeps nothing but its first words, and counts the lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = 0
        self.first: list[str] = []

    def write(self, text: str) -> int:
        self.lines += text.count("\n")
        if len(self.first) < 3:
            self.first.append(text)
        return len(text)


@contextmanager
def in_little_memory(limit_bytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit_bytes
    finally:
        tracemalloc.stop()


async def test_an_import_names_all_deals_of_a_file_of_any_size(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = whole_day(DAY, BERLIN)
    async with desk(database), await AsyncConnection.connect(database, autocommit=True) as connection:
        comparison = Comparison(connection, "exchange", 0)
        async with comparison.taking():
            pass
        await connection.execute(
            SQL("""
                INSERT INTO day_file_0_rows
                SELECT n, 'row', 'a deal whose id is as long as some exchanges make them, number ' || n, 'anna', 'buy',
                       1, 1, {day}, {start}, {start}, 60, NULL, 'recorded'
                FROM generate_series(1, {ids}) AS n
            """).format(day=DAY, start=whole.start, ids=IDS)
        )
        counts = await comparison.compare(whole, whole)
        file = Imported(tmp_path / "a.csv", "ab", counts, whole.end, None, (), (), comparison)
        with (tmp_path / "told.json").open("w", encoding="utf-8") as out:
            monkeypatch.setattr(sys, "stdout", out)
            with in_little_memory(MEMORY_BYTES):
                await print_json([file, file])
    for told in json.loads((tmp_path / "told.json").read_text(encoding="utf-8")):
        assert (told["missing"], len(told["missingIds"]), told["extraIds"]) == (IDS, IDS, [])
        assert [told["missingIds"][place].rpartition(" ")[2] for place in (0, -1)] == ["1", str(IDS)]


async def test_the_table_of_rejections_is_printed_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    async def rows(count: int) -> AsyncIterator[RejectionRow]:
        for position in range(count, 0, -1):
            yield RejectionRow(
                position, instant("08:00:00"), "exchange/1", "UNREADABLE", None, date(2023, 2, 6), "x" * 1_000, None,
                None, None, None, None, None,
            )  # fmt: skip

    paper = Paper()
    monkeypatch.setattr(sys, "stdout", paper)
    await print_table(rows(200), everything=False)
    assert "Settle by" in paper.first[0]
    before = paper.lines
    with in_little_memory(4 * MEMORY_BYTES):
        await print_table(rows(4_000), everything=False)
    assert paper.lines - before == 4_000 + 3
