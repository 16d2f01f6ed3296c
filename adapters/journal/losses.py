"""From when until when did a journal lose entries, and which connections may have brought them?

A recorder notes in the journal up to where everything is recorded, so that an entry that was
forgotten is told from one that is gone, also by the next recorder and by another one.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from adapters.journal.entries import INSERT_ENTRY, LOST, SELECT_ENTRIES, Entry, LineInterrupted, to_microseconds
from adapters.journal.promise import checksum_of
from adapters.journal.rows import Mark, Row, instant_of, is_name, read_row
from adapters.journal.schema import ENDED

_MOMENT: Final = timedelta(microseconds=1)

_SIGNS_LATE_US: Final = 60_000_000
"""How much later than noted a connection that has ended may really have ended: signs of life are written late."""


class JournalLosses:
    """What is known of the losses of one journal; every method works within the transaction of its caller."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        # A receiver that was started by an earlier version keeps no account.
        self._accounts = self._has("forgotten")

    def keep_the_ended(self) -> None:
        """Let the connections that end now be known afterwards, in a journal of an earlier version too."""
        for statement in ENDED:
            self._database.execute(statement)

    def recorded_before(self, after: int) -> Mark | None:
        """Return up to where everything is recorded, *after* at least; ``None`` where there is no telling."""
        if not self._accounts:
            return None
        up_to, at = self._database.execute("SELECT up_to, at FROM forgotten").fetchone()
        mark = Mark(up_to, instant_of(at))
        if after <= up_to:
            return mark
        row = self._row(after, mark)
        return Mark(after, mark.at) if row is None else row.mark

    def recorded_until(self, sequence: int) -> datetime | None:
        """Return when the last entry up to *sequence* was noted, ``None`` where the file does not tell."""
        with suppress(sqlite3.Error, UnicodeError):
            mark = self.recorded_before(sequence)
            return None if mark is None else mark.at
        return None

    def note_recorded(self, up_to: int) -> None:
        """Note that everything up to the entry *up_to* is recorded, before it is deleted."""
        if self._accounts and (mark := self.recorded_before(up_to)) is not None and mark.sequence == up_to:
            self._database.execute("UPDATE forgotten SET up_to = ?, at = ?", (up_to, to_microseconds(mark.at)))

    def between(self, whole: Mark, row: Row) -> list[Entry]:
        """Return what is to be told of the entries that are gone between *whole* and *row*."""
        lost_from, until = min(whole.at, row.mark.at), max(whole.at + _MOMENT, row.mark.at)
        count = row.mark.sequence - whole.sequence - 1
        reason = f"journal damaged, {count} entries lost"
        # Where the row itself tells nothing, these stand for it, or it would wait for ever to be recorded.
        sequence = row.mark.sequence - (row.entry is not None)
        return [
            Entry(sequence, LineInterrupted(line, connection, lost_from, until, reason))
            for line, connection in self.connections(lost_from, until)
        ]

    def give_an_end(self, promised: int, written_at: datetime, now: datetime) -> None:
        """Where the last entries of a journal that nobody writes any more are gone, note that, after their numbers.

        They were noted until it was last *written_at*, or until a later sign of life in it.
        """
        given = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
        once = max(promised, given[0] if given else 0)
        whole = self.recorded_before(0)
        end = self._database.execute("SELECT max(sequence) FROM entries").fetchone()[0]
        if end is None:
            if whole is None or whole.sequence >= once:
                return
        elif (row := self._row(end, whole)) is not None:
            if end >= once:
                return
            whole = row.mark
        if not given:
            self._database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('entries', 0)")
        self._database.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'entries'", (once,))
        signs = [each for each in (written_at, *self._signs_of_life()) if each <= now]
        at = max([*signs, *([] if whole is None else [whole.at])], default=now)
        values = (LOST, "", "", to_microseconds(at), None, None, None, None)
        self._database.execute(INSERT_ENTRY, (*values, checksum_of(*values)))

    def connections(self, lost_from: datetime, until: datetime) -> Iterator[tuple[str, str]]:
        """Yield line and name of each connection that may have brought something between these moments."""
        query = "SELECT line, connection FROM open_connections WHERE connected_at < :until"
        if self._has("ended_connections"):
            query += (
                " UNION SELECT line, connection FROM ended_connections"
                " WHERE connected_at < :until AND last_heard_at >= :from"
            )
        bounds = {"until": to_microseconds(until), "from": to_microseconds(lost_from) - _SIGNS_LATE_US}
        for line, connection in self._database.execute(query + " ORDER BY line, connection", bounds).fetchall():
            # A name that the disk has damaged is nobody's; it holds up nothing.
            if is_name(line) and is_name(connection):
                yield line, connection

    def _has(self, table: str) -> bool:
        return self._database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None

    def _row(self, sequence: int, before: Mark | None) -> Row | None:
        found = self._database.execute(SELECT_ENTRIES, (sequence - 1, 1)).fetchone()
        return None if found is None or found[0] != sequence else read_row(found, before)

    def _signs_of_life(self) -> list[datetime]:
        query = "SELECT last_heard_at FROM open_connections UNION SELECT at FROM last_messages"
        if self._has("ended_connections"):
            query += " UNION SELECT last_heard_at FROM ended_connections"
        return [instant_of(sign) for (sign,) in self._database.execute(query).fetchall()]
