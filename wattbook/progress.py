"""How far has something long come, how fast, and how long will it take? A bar on a terminal; elsewhere nothing."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

T = TypeVar("T")


class Progress:
    """One bar at a time, on the terminal where errors go; none where it is not ``shown``."""

    def __init__(self, *, shown: bool = True) -> None:
        console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}", markup=False), BarColumn(), _Rate(), TimeRemainingColumn(),
            console=console, transient=True, disable=not (shown and console.is_terminal),
        )  # fmt: skip
        self._bar: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begins(self, what: str, total: int | None = None) -> None:
        """Begin something that is through at *total*, or nobody knows when."""
        if self._bar is not None:
            self._bars.remove_task(self._bar)
        self._bar = self._bars.add_task(what, total=total)

    def of(self, what: str, parts: Iterable[tuple[T, int]], total: int) -> Iterator[T]:
        """Begin *what*, and yield *parts*, which come with how much of the *total* each was."""
        self.begins(what, total)
        done = 0
        for part, size in parts:
            yield part
            done += size
            self.reached(done)

    def reached(self, done: int) -> None:
        """Show how much of it is done."""
        if self._bar is not None:
            self._bars.update(self._bar, completed=done)


class _Rate(ProgressColumn):
    """How much is done a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s")
