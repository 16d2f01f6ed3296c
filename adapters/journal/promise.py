"""Is all that a journal once had on disk still there? SQLite drops the damaged end of its log without a word.

After each commit the writer notes in its lock file how far the journal goes. That comes after
the sync of the commit, so a journal that ends before its note has lost what it held.
"""

import os
import shutil
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

_DIGITS: Final = 20

_GONE_ON: Final = b"+"
"""In place of the first digit, which is never needed: the number stays what it is."""

OWNER_AT: Final = _DIGITS
"""Where in a lock file, behind the note, its owner says who it is."""


def checksum_of(
    kind: object,
    line: object,
    connection: object,
    at: object,
    connected_at: object,
    last_heard_at: object,
    reason: object,
    payload: object,
) -> int:
    """Return a checksum of an entry's eight columns."""
    checksum = _checksum_beside(kind, line, connection, at, connected_at, last_heard_at, reason)
    return zlib.crc32(payload, checksum) if isinstance(payload, bytes) else checksum


# What came at once differs in its payload alone. Typed, for 1 and 1.0 are written differently.
@lru_cache(maxsize=256, typed=True)
def _checksum_beside(*columns: object) -> int:
    return zlib.crc32("|".join(map(str, columns)).encode("utf-8", "surrogatepass"))


def note_promise(lock: int, sequence: int) -> None:
    """Note in the lock file, by its descriptor, that everything up to *sequence* is on disk."""
    # A disk that takes not even this takes no journal either, and that is told elsewhere.
    with suppress(OSError):
        os.pwrite(lock, b"%0*d" % (_DIGITS, sequence), 0)


def note_gone_on(lock: int) -> bool:
    """Note in the lock file that its owner has gone on in another journal, with all connections open in this one.

    Return ``False`` where even that cannot be written; it takes no room, so a full disk takes it.
    """
    try:
        # Not again: when the file was written last tells until when the journal was.
        if os.pread(lock, 1, 0) != _GONE_ON:
            os.pwrite(lock, _GONE_ON, 0)
    except OSError:
        return False
    return True


def has_gone_on(lock: Path) -> bool:
    """Return whether the owner of the journal of this lock file had gone on in another one."""
    with suppress(OSError):
        return lock.read_bytes().startswith(_GONE_ON)
    return False


def promised(lock: Path) -> int:
    """Return up to which sequence number everything was once on disk, 0 where nothing says so."""
    try:
        return int(lock.read_bytes()[:_DIGITS] or 0)
    except (OSError, ValueError):
        return 0


def promised_at(lock: Path) -> datetime:
    """Return when the last promise was noted; raise ``OSError`` where there is no lock file."""
    return datetime.fromtimestamp(lock.stat().st_mtime, UTC)


def owner_of(lock: Path) -> bytes:
    """Return who wrote, or writes, the journal of this lock file; empty where nothing says so."""
    with suppress(OSError):
        return lock.read_bytes()[OWNER_AT:]
    return b""


def evidence_path(journal: Path) -> Path:
    """Return where SQLite's log of a journal that has lost its end is kept, as it was found."""
    return journal.with_name(journal.name + "-wal-damaged")


def keep_evidence(journal: Path) -> None:
    """Copy SQLite's log of *journal* aside, before anything is written to it; an empty file where there is none."""
    kept = evidence_path(journal)
    if kept.exists():
        return
    unfinished = kept.with_name(kept.name + ".unfinished")
    try:
        shutil.copyfile(journal.with_name(journal.name + "-wal"), unfinished)
    except FileNotFoundError:
        unfinished.touch()
    unfinished.rename(kept)
