"""Does the watched folder import each state of each file once, when it is whole?"""

import logging
import os
from pathlib import Path

import pytest

from wattbook.day_file_watch import RETRY_S, STEADY_S, DayFileWatch, Ended


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Imports:
    """Imports that end as a test says."""

    def __init__(self) -> None:
        self.ended = Ended(0, "all well")
        self.files: list[str] = []

    async def __call__(self, path: Path) -> Ended:
        self.files.append(path.name)
        return self.ended


class Folder:
    """A watched folder, and its watch."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.imports = Imports()
        self.watch = DayFileWatch(path, "exchange", self.imports, self.clock)
        self._writes = 0

    def write(self, name: str) -> None:
        self._writes += 1
        (self.path / name).write_text("x")
        os.utime(self.path / name, (self._writes, self._writes))

    async def after(self, seconds: float) -> list[str]:
        """Return what is imported at a look after *seconds*."""
        self.clock.now += seconds
        self.imports.files.clear()
        await self.watch.look()
        return list(self.imports.files)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


FILE = "exchange_trades_20230206.csv"
NEXT = "exchange_trades_20230207.csv"


async def test_a_file_is_imported_once_when_it_has_not_changed_for_a_while(folder: Folder) -> None:
    folder.write(FILE)
    assert await folder.after(0) == []
    assert await folder.after(STEADY_S / 2) == []
    folder.write(FILE)
    assert await folder.after(STEADY_S / 2) == []
    assert await folder.after(STEADY_S) == [FILE]
    assert await folder.after(STEADY_S) == []
    folder.write(FILE)
    assert await folder.after(0) == []
    assert await folder.after(STEADY_S) == [FILE]


async def test_only_day_files_of_the_exchange_are_imported_in_the_order_of_their_days(folder: Folder) -> None:
    for name in (NEXT, FILE, "other_trades_20230206.csv", "exchange_trades_20230206.csv.part", "notes.txt"):
        folder.write(name)
    await folder.after(0)
    assert await folder.after(STEADY_S) == [FILE, NEXT]


async def test_a_bad_file_is_told_once_until_it_changes(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.imports.ended = Ended(2, "line 2: the price is not valid")
    folder.write(FILE)
    await folder.after(0)
    for _ in range(3):
        await folder.after(STEADY_S)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "line 2: the price is not valid" in caplog.text
    folder.write(FILE)
    await folder.after(0)
    assert await folder.after(STEADY_S) == [FILE]


async def test_what_could_not_run_is_tried_again_and_told_once(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.imports.ended = Ended(3, "no database")
    folder.write(FILE)
    await folder.after(0)
    assert await folder.after(STEADY_S) == [FILE]
    assert await folder.after(STEADY_S) == []
    assert await folder.after(RETRY_S) == [FILE]
    assert caplog.text.count("no database") == 1
    folder.imports.ended = Ended(1, f"{FILE}: 1 differing")
    assert await folder.after(RETRY_S) == [FILE]
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]
    assert await folder.after(RETRY_S) == []


async def test_a_folder_that_is_not_there_yet_is_told_once_and_looked_for_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Folder(tmp_path / "later")
    for _ in range(3):
        assert await folder.after(1) == []
    assert len(caplog.records) == 1
    assert str(folder.path) in caplog.text
    folder.path.mkdir()
    folder.write(FILE)
    await folder.after(0)
    assert await folder.after(STEADY_S) == [FILE]
