"""What does this process warn of now? Logged when it comes and when it is over, and shown meanwhile."""

import logging
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
        """Let a warning stand, in these words, until it is cleared; log it when it is new or its level is."""
        before = self._standing.get((code, about))
        self._standing[code, about] = HealthWarning(code, level, message, about)
        if before is None or before.level != level:
            log.log(_LOG_LEVELS[level], "%s", message)

    def clear(self, code: str, about: str = "") -> None:
        """Let a warning stand no longer, and log that it is over, if it stood."""
        if (before := self._standing.pop((code, about), None)) is not None:
            log.warning("No longer so: %s", before.message)
