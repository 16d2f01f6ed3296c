"""How are findings kept where there may be millions? The first of them, in log order, and how many there are."""

from collections.abc import Iterable
from heapq import nsmallest
from operator import attrgetter
from typing import Final

from adapters.event_log.chain_check import Finding

SHOWN: Final = 1_000
"""Findings that are told; a log whose chain was cut has one for each event after it."""


class Findings:
    """Findings in log order: the first :data:`SHOWN`, whatever the order they come in, and the number of all."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[Finding] = []

    @property
    def first(self) -> list[Finding]:
        """The first of them, by position, table and what is said."""
        self._kept = nsmallest(SHOWN, self._kept, key=attrgetter("position", "table", "what"))
        return self._kept

    def add(self, findings: Iterable[Finding]) -> int:
        """Take *findings* too; return how many these were."""
        before = self.count
        for finding in findings:
            self.count += 1
            self._kept.append(finding)
            if len(self._kept) >= 2 * SHOWN:
                self._kept = self.first
        return self.count - before

    def merge(self, others: "Findings") -> None:
        """Take those of *others*, who may have told no more than their first."""
        self.add(others.first)
        self.count += others.count - len(others.first)
