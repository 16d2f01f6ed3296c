"""What does an operator read of an outage? One line when it begins and one when it is over."""

import logging
from typing import Final

import psycopg

AWAY: Final = (psycopg.OperationalError, psycopg.InternalError)
"""What is waited for: no server, one that is ending or starting, or a standby that takes nothing yet."""


class Outage:
    """Whether something is away now; says so once, however often it is tried meanwhile."""

    def __init__(self, log: logging.Logger, trouble: str, relief: str) -> None:
        """Say *trouble* when it begins, *relief* when it is over."""
        self._log = log
        self._trouble = trouble
        self._relief = relief
        self._lasts = False

    def met(self, error: Exception) -> None:
        """Note that *error* came."""
        if not self._lasts:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            self._log.warning("%s, trying until it is back: %s", self._trouble, lines[0])
        self._lasts = True

    def over(self) -> None:
        """Note that all is well."""
        if self._lasts:
            self._log.warning("%s", self._relief)
        self._lasts = False
