"""What changed the figures of a book between two moments, event by event?"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.book import Book
from domain.events import Recorded
from domain.figures import Figures
from projections.reading import LogEvent


@dataclass(frozen=True)
class Step:
    """One event, and the figures over the whole day once it counts."""

    event: LogEvent
    figures: Figures


@dataclass(frozen=True)
class Explanation:
    """The figures at two positions, and every event between them that concerns the book, in log order."""

    before: Figures
    after: Figures
    steps: Sequence[Step]


def explanation(book: Book, events: Sequence[tuple[LogEvent, Recorded]]) -> Explanation:
    """Return what *events*, each as it lies in the log and as it is read, change in *book*, as it was before them."""
    before = book.total()
    steps = []
    for entry, recorded in events:
        book.add(recorded)
        steps.append(Step(entry, book.total()))
    return Explanation(before, steps[-1].figures if steps else before, steps)
