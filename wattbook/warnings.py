"""What does this process warn of now? Logged when it comes and when it is over, and shown meanwhile."""

import logging
from collections.abc import Sequence
from typing import Final

from domain.health_warnings import HealthWarning, WarningLevel

_LOG_LEVELS: Final = {"WARNING": logging.WARNING, "CRITICAL": logging.CRITICAL}

log = logging.getLogger(__name__)


class Warnings:
    """The warnings that stand now; who raises one clears it. Safe to use from several threads."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, str], HealthWarning] = {}

    @property
    def standing(self) -> list[HealthWarning]:
        """Return what stands, by code."""
        return sorted(self._standing.copy().values(), key=lambda each: (each.code, each.about))

    def raise_(self, code: str, level: WarningLevel, message: str, about: str = "") -> None:
        """Let a warning stand, in these words, until it is cleared; log it when it is new or says something else."""
        before = self._standing.get((code, about))
        warning = self._standing[code, about] = HealthWarning(code, level, message, about)
        if warning != before:
            log.log(_LOG_LEVELS[level], "%s", message)

    def clear(self, code: str, about: str = "") -> None:
        """Let a warning stand no longer, and log that it is over, if it stood."""
        if (before := self._standing.pop((code, about), None)) is not None:
            log.warning("No longer so: %s", before.message)

    def replace(self, code: str, found: Sequence[HealthWarning]) -> None:
        """Let just the warnings *found* stand, of all with this code."""
        for warning in found:
            self.raise_(code, warning.level, warning.message, warning.about)
        kept = {warning.about for warning in found}
        for standing in self.standing:
            if standing.code == code and standing.about not in kept:
                self.clear(code, standing.about)
