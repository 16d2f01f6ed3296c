"""What must others know of a journal that only its receiver knows? A receiver has no database to tell them.

A small file beside the journal and its lock. It counts while the lock is held.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_BYTES: Final = 2048
_LONGEST_PROBLEM: Final = 200


@dataclass(frozen=True)
class Notice:
    """How a journal is written: to the spare folder instead of ``instead_of``, to memory since ``held_since``.

    ``problem`` says why; where there is none, all is as it should be.
    """

    process: int
    problem: str = ""
    instead_of: str | None = None
    held_since: datetime | None = None


def notice_path(journal: Path) -> Path:
    """Return where the notice beside *journal* lies."""
    return journal.with_suffix(".notice")


def leave_notice(journal: Path, notice: Notice) -> None:
    """Put up *notice* whole or not at all; on a full disk in the room that the one before took.

    Raises ``OSError`` where there is none either.
    """
    path = notice_path(journal)
    text = _text_of(notice)
    unfinished = path.with_suffix(".notice-unfinished")
    try:
        unfinished.write_bytes(text)
        unfinished.rename(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        _write_over(path, text)


def read_notice(journal: Path) -> Notice | None:
    """Return the notice beside *journal*, ``None`` where there is none or it is just being written over."""
    try:
        fields = json.loads(notice_path(journal).read_bytes())
        since = fields["held_since"]
        return Notice(
            process=int(fields["process"]),
            problem=str(fields["problem"]),
            instead_of=None if fields["instead_of"] is None else str(fields["instead_of"]),
            held_since=None if since is None else datetime.fromisoformat(since).astimezone(UTC),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_notice(journal: Path) -> None:
    """Take the notice down, if there is one."""
    for path in (notice_path(journal), notice_path(journal).with_suffix(".notice-unfinished")):
        path.unlink(missing_ok=True)


def _text_of(notice: Notice) -> bytes:
    """Return *notice* as JSON, always of one length, so that any of them has room where another stood."""
    fields = asdict(notice) | {"problem": notice.problem[:_LONGEST_PROBLEM]}
    return json.dumps(fields, default=datetime.isoformat).encode().ljust(_BYTES)


def _write_over(path: Path, text: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(descriptor, text, 0)
        os.ftruncate(descriptor, len(text))
    finally:
        os.close(descriptor)
