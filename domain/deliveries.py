"""Which line brought a deal first, and which deals did only one line bring?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.events import DealConfirmed, Event
from domain.recording import Outcome

REMEMBERED: Final = 1 << 20
"""Positions, counted back from the newest, of which it is known whether another line confirmed the deal there."""

FILES: Final = "file:"
"""How the sources begin that are no lines: a day file confirms nothing that a line brought."""


@dataclass(slots=True)
class Delivered:
    """Deals of one line: brought ``first``, of those ``confirmed`` by another line, ``heard`` at all.

    What no other line has brought yet is ``first - confirmed``.
    """

    first: int = 0
    confirmed: int = 0
    heard: int = 0

    def add(self, other: "Delivered") -> None:
        """Count what *other* counted too."""
        self.first += other.first
        self.confirmed += other.confirmed
        self.heard += other.heard


class Deliveries:
    """Counts what each line brought since the last :meth:`take`.

    Only differences are given away, so several recorders add up. Which deals are confirmed
    is remembered for the newest :data:`REMEMBERED` positions and as long as this lives: a
    third line, or a repetition after a restart, may confirm one deal twice.
    """

    def __init__(self) -> None:
        self._news: dict[str, Delivered] = {}
        self._confirmed = bytearray(REMEMBERED // 8)
        self._newest = 0

    def note(self, events: Iterable[Event], outcomes: Iterable[Outcome]) -> None:
        """Count *events*, of which the log has made *outcomes*."""
        for event, outcome in zip(events, outcomes, strict=True):
            if isinstance(event, DealConfirmed):
                source = event.receipt.source
                line = self._of(source)
                line.heard += 1
                if outcome.kind == "recorded":
                    line.first += 1
                elif outcome.brought_by not in (None, source) and self._is_news(outcome.position):
                    self._confirm(outcome.brought_by or "")

    def take(self) -> dict[str, Delivered]:
        """Return what is new, by line, and begin anew."""
        news, self._news = self._news, {}
        return news

    def give_back(self, news: dict[str, Delivered]) -> None:
        """Count again what was taken and could not be written."""
        for name, delivered in news.items():
            self._of(name).add(delivered)

    def _of(self, line: str) -> Delivered:
        found = self._news.get(line)
        if found is None:
            found = self._news[line] = Delivered()
        return found

    def _confirm(self, line: str) -> None:
        if not line.startswith(FILES):
            self._of(line).confirmed += 1

    def _is_news(self, position: int) -> bool:
        """Return whether nobody has confirmed the deal at *position* yet, as far as that is remembered."""
        if position > self._newest:
            self._forget_before(position)
        elif position <= self._newest - REMEMBERED:
            return False
        place, bit = divmod(position % REMEMBERED, 8)
        if self._confirmed[place] >> bit & 1:
            return False
        self._confirmed[place] |= 1 << bit
        return True

    def _forget_before(self, position: int) -> None:
        """Move on to *position*, and free the places of those that fall out of memory."""
        if position - self._newest >= REMEMBERED:
            self._confirmed = bytearray(REMEMBERED // 8)
        else:
            for passed in range(self._newest + 1, position + 1):
                place, bit = divmod(passed % REMEMBERED, 8)
                self._confirmed[place] &= ~(1 << bit)
        self._newest = position
