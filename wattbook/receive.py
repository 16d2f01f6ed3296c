"""How does the role ``receive`` run: the lines to the exchange, into a journal, until told to stop?

Nothing else is done here, so this process is hardly ever changed or restarted.
"""

import asyncio
import logging
import sqlite3
from datetime import UTC, datetime
from random import Random

from adapters.exchange.line import Line, LineOptions
from adapters.journal.writer import JournalWriter
from domain.errors import InvalidSettingsError, JournalNotSafeError
from wattbook.settings import Settings

_log = logging.getLogger(__name__)


async def receive(
    settings: Settings,
    lines: tuple[int, ...] | None,
    stop: asyncio.Event,
    options: LineOptions | None = None,
) -> int:
    """Hold the *lines* with these numbers open, or all, until *stop*; return the exit code.

    0 when everything heard is on disk, 1 when some of it could not be written, 3 when the
    journal cannot be opened. Raises :class:`InvalidSettingsError` for a number without an address.
    """
    chosen = _chosen(settings, lines)
    try:
        journal = JournalWriter(settings.journal_dir, _now)
    except (OSError, sqlite3.Error) as error:
        _log.critical("The journal folder %s cannot be used: %s", settings.journal_dir, error)
        return 3
    try:
        async with asyncio.TaskGroup() as group:
            for name, url in chosen:
                line = Line(name, url, journal=journal, clock=_now, random=Random(), options=options)  # noqa: S311
                group.create_task(line.hold(stop), name=name)
    finally:
        safe = await asyncio.shield(asyncio.to_thread(_close, journal))
    return 0 if safe else 1


def _chosen(settings: Settings, numbers: tuple[int, ...] | None) -> list[tuple[str, str]]:
    """Return name and URL of the lines asked for, each once, in the order of the setting."""
    if not settings.exchange_urls:
        raise InvalidSettingsError(["WATTBOOK_EXCHANGE_URLS: no line to the exchange is set"])
    known = range(1, len(settings.exchange_urls) + 1)
    wanted = known if numbers is None else sorted(set(numbers))
    problems = [
        f"--line {number}: WATTBOOK_EXCHANGE_URLS has lines 1 to {len(known)}"
        for number in wanted
        if number not in known
    ]
    if problems:
        raise InvalidSettingsError(problems)
    return [(settings.lines[number - 1], settings.exchange_urls[number - 1]) for number in wanted]


def _close(journal: JournalWriter) -> bool:
    try:
        journal.close()
    except JournalNotSafeError as error:
        _log.critical("%s", error)
        return False
    return True


def _now() -> datetime:
    return datetime.now(UTC)
