"""What is wrong with which journal? Said once for each trouble, and warned of for as long as it lasts."""

from collections.abc import Collection
from pathlib import Path
from typing import Final, Literal

from adapters.journal.promise import evidence_path
from domain.health_warnings import WarningLevel
from wattbook.warnings import Warnings

JOURNAL_DAMAGED: Final = "JOURNAL_DAMAGED"
"""The code of the warning that a journal cannot be read or changed; critical while what it holds is not recorded."""

Trouble = Literal["be opened", "be read on", "be read", "be settled", "be cleared of what is recorded", "be whole"]

_GRAVE: Final = ("be opened", "be read on")


class JournalComplaints:
    """The troubles that stand, of any journal."""

    def __init__(self, warnings: Warnings) -> None:
        self._warnings = warnings
        self._standing: set[tuple[Path, Trouble]] = set()

    def cannot(self, what: Trouble, path: Path, error: Exception) -> None:
        """Say that the journal at *path* cannot do *what* is to be done with it."""
        level: WarningLevel = "CRITICAL" if what in _GRAVE else "WARNING"
        message = (
            f"The journal {path} cannot {what} ({error}); it is tried again, and all others go on. "
            "Look after its disk, and let the file lie."
        )
        self._say(what, path, level, message)

    def lost(self, path: Path, missing: int) -> None:
        """Say that the journal at *path* once had entries on disk that are gone."""
        message = (
            f"The journal {path} has lost at least {missing} of the entries that were once on disk: the disk, "
            "or who restored it, has damaged it. What is left is recorded, what is gone stands in the log as a time in "
            "which its lines were not covering; the damaged part is kept in "
            f"{evidence_path(path).name}. Import the day files of that time, then move the journal elsewhere."
        )
        self._say("be whole", path, "CRITICAL", message)

    def kept(self, path: Path) -> None:
        """Say that what is now at *path* was a journal that cannot be read, which is put away."""
        message = (
            f"A journal could not be read and is kept as {path}. What else was heard by its connections is recorded; "
            "what it alone held stands in the log as a time in which they were not covering: import the day files of "
            f"that time. 'sqlite3 {path.name} .recover' may save some of it, with the files beside it that begin with "
            "its name; what it saves is recorded when it lies in the journal folder as a file of its own, whose name "
            "ends in .sqlite. Then move this one, and those beside it, elsewhere."
        )
        self._say("be read", path, "CRITICAL", message)

    def withdraw(self, what: Trouble, path: Path) -> None:
        """Say that this trouble is over, if it stood."""
        if (path, what) in self._standing:
            self._standing.discard((path, what))
            self._warnings.clear(JOURNAL_DAMAGED, about=f"{path} {what}")

    def stand(self, path: Path, *troubles: Trouble) -> bool:
        """Return whether any of these *troubles*, or any at all, stands for the journal at *path*."""
        return any(each == path and (not troubles or what in troubles) for each, what in self._standing)

    def forget_the_gone(self, opened: Collection[Path]) -> None:
        """Withdraw what concerns journals that are there no longer, and that those *opened* cannot be."""
        for path, what in tuple(self._standing):
            if not path.exists() or (what == "be opened" and path in opened):
                self.withdraw(what, path)

    def _say(self, what: Trouble, path: Path, level: WarningLevel, message: str) -> None:
        if (path, what) not in self._standing:
            self._standing.add((path, what))
            self._warnings.raise_(JOURNAL_DAMAGED, level, message, about=f"{path} {what}")
