"""How is an import told: while it is under way, to a person, and to a machine?"""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from adapters.day_files.comparison import Counts
from domain.canonical import time_text
from domain.events import DealKey


class Imported(Protocol):
    """What became of a file."""

    @property
    def path(self) -> Path: ...
    @property
    def sha256(self) -> str: ...
    @property
    def counts(self) -> Counts: ...
    @property
    def told_until(self) -> datetime: ...
    @property
    def why_no_further(self) -> str | None: ...
    @property
    def missing(self) -> Sequence[DealKey]: ...
    @property
    def extra(self) -> Sequence[DealKey]: ...
    @property
    def differing(self) -> Sequence[DealKey]: ...


class Progress:
    """Shows on a terminal how far an import has come; elsewhere it is silent."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._bar: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begins(self, what: str, total: int) -> None:
        """Begin something that is through at *total*."""
        if self._bar is not None:
            self._bars.remove_task(self._bar)
        self._bar = self._bars.add_task(what, total=total)

    def reached(self, done: int) -> None:
        """Show how much of it is done."""
        if self._bar is not None:
            self._bars.update(self._bar, completed=done)


def print_json(imported: Sequence[Imported]) -> None:
    """Print one object for one file, an array for several."""
    told = [
        {
            "file": str(file.path),
            "sha256": file.sha256,
            "matched": file.counts.matched,
            "recorded": file.counts.recorded,
            "missing": file.counts.missing,
            "extra": file.counts.extra,
            "differing": file.counts.differing,
            "missingIds": [key.deal_id for key in file.missing],
            "extraIds": [key.deal_id for key in file.extra],
            "differingIds": [key.deal_id for key in file.differing],
        }
        for file in imported
    ]
    json.dump(told[0] if len(told) == 1 else told, sys.stdout, ensure_ascii=False)
    print()


def print_text(imported: Sequence[Imported]) -> None:
    """Print one line a file, and below it the deals that a person has to look at."""
    for file in imported:
        counts = file.counts
        print(
            f"{file.path.name}: {_deals(counts.rows)}, {counts.matched} as recorded before, "
            f"{counts.missing} missing ({counts.recorded} recorded now), "
            f"{counts.differing} differing, {counts.extra} extra"
        )
        if file.why_no_further:
            print(f"  tells all until {time_text(file.told_until)}: {file.why_no_further}")
        if counts.rejected:
            print(f"  {counts.rejected} kept as rejections: nobody but a person can say which period they mean")
        _print_keys("differing: the log holds another content, which still counts", counts.differing, file.differing)
        _print_keys("extra: in the log, not in the file", counts.extra, file.extra)


def _print_keys(what: str, count: int, keys: Sequence[DealKey]) -> None:
    if count:
        print(f"  {what}")
    for key in keys:
        print(f"    {key.deal_id} of {key.trader_id}, {key.direction}")
    if count > len(keys):
        print(f"    and {count - len(keys)} more; --json names all")


def _deals(count: int) -> str:
    return "1 deal" if count == 1 else f"{count} deals"
