"""What is lost with a log that does not hold any more what these journals have forgotten?

A database that was restored from a backup, or has taken the place of one that was ahead of it, ends
before what was recorded last. The journals cannot bring that back. So it is told from when until
when what was heard is gone, of each connection that may have brought something.
"""

import logging
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.event_log.known_end import KeptEnd, KnownEnd
from adapters.journal.reader import JournalReader, open_journals
from adapters.postgres.outage import Outage
from domain.events import FeedInterrupted

LOG_SET_BACK: Final = "it was recorded, and the log was set back since"
"""The reason of an interruption that the log itself has caused."""

log = logging.getLogger(__name__)


class SetBack:
    """How far the log held what the journals in some folders have forgotten, and what is lost where it does no more."""

    def __init__(
        self,
        folders: Collection[Path],
        known: KnownEnd,
        recorded: Callable[[], Mapping[Path, int]],
        clock: Callable[[], datetime],
    ) -> None:
        """Let *known* begin with what the first folder says; *recorded* tells how far each journal is recorded."""
        self._folders = tuple(folders)
        self._kept = KeptEnd(self._folders[0], known)
        self._recorded = recorded
        self._clock = clock
        self._trouble = Outage(log, "cannot note how far the log goes", "it is noted again how far the log goes")

    def keep(self) -> None:
        """Note on disk how far the log goes, before what it holds is forgotten."""
        try:
            self._kept.keep()
        except OSError as error:
            self._trouble.met(error)
        else:
            self._trouble.over()

    def losses(self, recorded_until: Callable[[Collection[str]], datetime]) -> list[FeedInterrupted]:
        """Return what is lost; *recorded_until* tells until when the log has all that some connections brought.

        Reads the journals anew, so it may run beside whoever drains them.
        """
        recorded, now = self._recorded(), self._clock()
        with ExitStack() as stack:
            readers = [stack.enter_context(reader) for reader in open_journals(self._folders, _told_elsewhere)]
            waits: dict[JournalReader, datetime] = {}
            names: list[str] = []
            for reader in readers:
                with suppress(sqlite3.Error):
                    connections, waits_since = reader.open_connections(recorded.get(reader.path, 0))
                    # What waits in a journal still comes.
                    waits[reader] = waits_since or now
                    names += [each.connection for each in connections]
            since = recorded_until(names)
            log.critical("what was recorded since %s is lost; the exchange's day files bring it back", since)
            return [each for reader, until in waits.items() for each in _lost(reader, since, until)]


def _lost(reader: JournalReader, since: datetime, until: datetime) -> Iterator[FeedInterrupted]:
    if since < until:
        with suppress(sqlite3.Error):
            for line, connection in reader.losses.connections(since, until):
                yield FeedInterrupted(
                    line=line, connection=connection, lost_from=since, lost_until=until, reason=LOG_SET_BACK
                )


def _told_elsewhere(path: Path, error: sqlite3.Error) -> None:
    """Nobody vouches for what is in a journal that cannot be read."""
    log.debug("cannot read %s: %s", path, error)
