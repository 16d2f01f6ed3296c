"""How does the role ``receive`` run: the lines to the exchange, into a journal, until told to stop?

Nothing else is done here, so this process is hardly ever changed or restarted.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Collection, Sequence
from random import Random

from adapters.exchange.line import Line, LineOptions
from adapters.journal.holders import Holder
from adapters.journal.writer import JournalWriter
from domain.errors import JournalNotSafeError
from wattbook.exchange_access import in_the_open, trust
from wattbook.process import EXIT_CANNOT_RUN, EXIT_FOUND, EXIT_OK, utc_now
from wattbook.replacement import Replacement
from wattbook.settings import Settings

_log = logging.getLogger(__name__)


async def receive(
    settings: Settings,
    lines: Collection[int],
    stop: asyncio.Event,
    options: LineOptions | None = None,
    *,
    replace: bool = False,
    supervised: bool = False,
) -> int:
    """Hold the *lines* with these numbers open, all where there are none, until *stop*; return the exit code.

    With *replace*, receivers that hold them now are asked to stop as soon as this one holds
    them too. 0 when everything heard is on disk, 1 when some of it could not be written, 3 when the
    journal cannot be opened or the lines cannot be held beside the older receiver.
    """
    chosen = _chosen(settings, lines)
    _warn_of_the_open(chosen)
    options = options or LineOptions(
        ssl=trust(settings.exchange_ca_file), authorization=settings.exchange_authorization
    )
    this = Holder.of_this_process([name for name, _ in chosen], supervised=supervised)
    replacement = Replacement.by(this, settings) if replace else None
    try:
        journal = JournalWriter(settings.journal_dir, utc_now, spare=settings.journal_spare_dir, owner=this.to_bytes())
    except (OSError, sqlite3.Error) as error:
        _log.critical("The journal folder %s cannot be used: %s", settings.journal_dir, error)
        return EXIT_CANNOT_RUN
    could_replace = True
    try:
        held = [
            Line(
                name,
                url,
                journal=journal,
                clock=utc_now,
                random=Random(),  # noqa: S311
                options=options,
                proving=replace,
            )
            for name, url in chosen
        ]
        async with asyncio.TaskGroup() as group:
            for line in held:
                group.create_task(line.hold(stop), name=line.name)
            if replacement is not None:
                could_replace = await replacement.take_over(held, stop)
    finally:
        safe = await asyncio.shield(asyncio.to_thread(_close, journal))
    if not safe:
        return EXIT_FOUND
    return EXIT_OK if could_replace else EXIT_CANNOT_RUN


def _chosen(settings: Settings, numbers: Collection[int]) -> list[tuple[str, str]]:
    """Return name and URL of the lines asked for, in the order of the setting."""
    known = enumerate(zip(settings.lines, settings.exchange_urls, strict=True), 1)
    return [name_and_url for number, name_and_url in known if not numbers or number in numbers]


def _warn_of_the_open(chosen: Sequence[tuple[str, str]]) -> None:
    if names := [name for name, url in chosen if in_the_open(url)]:
        _log.warning(
            "Not encrypted: %s. Whoever is on the way to the exchange can read, change and invent deals. "
            "Use wss:// in WATTBOOK_EXCHANGE_URLS if the exchange has it.",
            ", ".join(names),
        )


def _close(journal: JournalWriter) -> bool:
    try:
        journal.close()
    except JournalNotSafeError as error:
        _log.critical("%s", error)
        return False
    return True
