"""Which processes hold which lines on this machine? Each says so in the lock files of its journals.

A file alone shows nothing: its owner may be dead and its process id somebody else's by now.
It counts while the lock is held and the process is the very one that wrote it.
"""

import fcntl
import json
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from adapters.journal.promise import OWNER_AT

_ENDED_STATES: Final = ("Z", "X")


@dataclass(frozen=True)
class Holder:
    """A receiver. ``started`` tells its process from every other one that had or will have its id."""

    pid: int
    started: str
    lines: tuple[str, ...]
    supervised: bool

    @staticmethod
    def of_this_process(lines: Sequence[str], *, supervised: bool) -> "Holder":
        """Return what this process is to be known by."""
        return Holder(os.getpid(), _started(os.getpid()) or "", tuple(lines), supervised)

    def to_bytes(self) -> bytes:
        """Return what stands in the lock file."""
        return json.dumps(asdict(self)).encode()

    @staticmethod
    def from_bytes(content: bytes) -> "Holder | None":
        """Return what :meth:`to_bytes` wrote, ``None`` for anything else."""
        try:
            fields = json.loads(content)
            return Holder(
                int(fields["pid"]), str(fields["started"]), tuple(map(str, fields["lines"])), bool(fields["supervised"])
            )
        except (ValueError, TypeError, KeyError):
            return None

    @property
    def runs(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.started) and _started(self.pid) == self.started

    def ask_to_stop(self) -> bool:
        """Send SIGTERM to this very process and to no other; return whether it was there to get it."""
        try:
            process = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            # From here on the descriptor stands for one process, so what is true of it now stays true.
            if not self.runs:
                return False
            signal.pidfd_send_signal(process, signal.SIGTERM)
        except ProcessLookupError:
            return False
        finally:
            os.close(process)
        return True


def holders(folders: Sequence[Path]) -> list[Holder]:
    """Return the receivers that run now and have a journal in *folders*."""
    found = [_holder(path) for folder in folders for path in sorted(folder.glob("*.lock"))]
    return list(dict.fromkeys(each for each in found if each is not None and each.runs))


def _holder(path: Path) -> Holder | None:
    """Return who holds the lock at *path*, if anybody does."""
    try:
        lock = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return Holder.from_bytes(os.pread(lock, 65_536, OWNER_AT))
    finally:
        os.close(lock)
    return None


def _started(pid: int) -> str | None:
    """Return what no other process has in common with this one; ``None`` where it does not run, or cannot be told."""
    with suppress(OSError, IndexError):
        # The name, in parentheses, may itself hold spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        if fields[0] in _ENDED_STATES:
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path(f'/proc/{pid}/ns/pid').readlink()} {fields[19]}"
    return None
