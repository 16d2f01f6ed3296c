"""When is a person told that a disk fills up, that what was heard waits, or that nobody records, and in which words?

A sentence names the mark that was passed, not the value that was measured, so that it changes
only when the matter does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.health_warnings import HealthWarning, WarningLevel

JOURNAL_DISK: Final = "JOURNAL_DISK"
JOURNAL_BACKLOG: Final = "JOURNAL_BACKLOG"
JOURNAL_ON_SPARE: Final = "JOURNAL_ON_SPARE"
JOURNAL_SPARE_USELESS: Final = "JOURNAL_SPARE_USELESS"
JOURNAL_IN_MEMORY: Final = "JOURNAL_IN_MEMORY"
JOURNAL_UNSEEN: Final = "JOURNAL_UNSEEN"
NOBODY_RECORDS: Final = "NOBODY_RECORDS"

SILENT_S: Final = 6.0
"""A recorder says every second that it lives; when none has for so long, none does."""

DISK_SLACK_PERCENT: Final = 1.0
"""How far the use of a disk must fall below a mark before that one counts as left, lest it is told to and fro."""


@dataclass(frozen=True)
class Mark:
    """From ``value`` on, a trouble of this level, with what is to be done."""

    value: float
    level: WarningLevel
    advice: str


DISK_MARKS: Final = (
    Mark(70, "WARNING", "Free space there, or make it larger, before it is full."),
    Mark(85, "WARNING", "Free space there soon: a day without the database must still find room."),
    Mark(
        95, "CRITICAL", "Free space there now: when it is full, what is heard is held in memory or in a spare folder."
    ),
)
"""By percent of the disk in use."""

BACKLOG_MARKS: Final = (
    Mark(10, "WARNING", "Figures are late by as much. See whether the database answers, and how fast."),
    Mark(60, "CRITICAL", "Figures are late by as much. See that a recorder runs and that the database answers now."),
)
"""By seconds that the oldest message has waited."""


def reached(marks: tuple[Mark, ...], value: float, before: Mark | None = None, slack: float = 0.0) -> Mark | None:
    """Return the highest mark at or below *value*; the one *before* is left only *slack* below it."""
    found = [mark for mark in marks if mark.value <= value or (mark is before and mark.value - slack < value)]
    return found[-1] if found else None


def disk_warning(folder: str, mark: Mark) -> HealthWarning:
    """Return the warning that the disk of a journal folder has passed *mark*."""
    message = f"More than {mark.value:g} % of the disk of the journal folder {folder} is used. {mark.advice}"
    return HealthWarning(JOURNAL_DISK, mark.level, message, folder)


def backlog_warning(oldest_at: datetime | None, now: datetime) -> HealthWarning | None:
    """Return the warning that what was heard at *oldest_at* still waits to be recorded, if it has waited for long."""
    waited = timedelta(0) if oldest_at is None else now - oldest_at
    mark = reached(BACKLOG_MARKS, waited.total_seconds())
    if mark is None:
        return None
    message = f"What was heard waits for more than {mark.value:g} s to be recorded; it is safe on disk. {mark.advice}"
    return HealthWarning(JOURNAL_BACKLOG, mark.level, message)


def deals_are_late(oldest_at: datetime | None, now: datetime) -> bool:
    """Return whether what was heard waits so long that what can be asked for again must give way to it."""
    backlog = backlog_warning(oldest_at, now)
    return backlog is not None and backlog.level == "CRITICAL"


def unseen_folder_warning(folder: str, problem: str) -> HealthWarning:
    """Return the warning that nobody knows which journals a folder holds."""
    message = (
        f"The journal folder {folder} cannot be listed ({problem}): what its journals hold is not recorded. See who "
        "may read there, and whether the disk is whole."
    )
    return HealthWarning(JOURNAL_UNSEEN, "CRITICAL", message, folder)


def unseen_journal_warning(path: str, problem: str) -> HealthWarning:
    """Return the warning that nobody knows how a journal's receiver is."""
    message = (
        f"Whether the receiver of the journal {path} lives cannot be told ({problem}), nor whether its messages are on "
        "disk; all others are looked after. See who may read and write beside it, and whether the disk is whole."
    )
    return HealthWarning(JOURNAL_UNSEEN, "WARNING", message, path)


def nobody_records_warning(alive_at: datetime | None, now: datetime) -> HealthWarning | None:
    """Return the warning that the last recorder to say that it lives did so at *alive_at*, if that is long ago."""
    if alive_at is not None and now - alive_at <= timedelta(seconds=SILENT_S):
        return None
    since = "" if alive_at is None else f" since {alive_at:%Y-%m-%d %H:%M:%S} UTC"
    message = (
        f"No record process is running{since}: figures and lines are shown as they were. What is heard is safe in the "
        "journals meanwhile. Start one with 'wattbook record', or see why it ends."
    )
    return HealthWarning(NOBODY_RECORDS, "CRITICAL", message)


def spare_warning(folder: str, spare: str, problem: str) -> HealthWarning:
    """Return the warning that a journal goes on in the spare folder."""
    message = (
        f"What is heard is written to the spare journal folder {spare}, since {folder} takes none ({problem}); nothing "
        f"is lost. Free space or repair the disk of {folder}: the journal goes back there by itself."
    )
    return HealthWarning(JOURNAL_ON_SPARE, "WARNING", message, spare)


def useless_spare_warning(folder: str, spare: str) -> HealthWarning:
    """Return the warning that a spare folder would be full, or fail, together with what it is to stand in for."""
    message = (
        f"The spare journal folder {spare} is on the same file system as {folder}: it fills up and fails together "
        "with it. Name a folder on another disk in WATTBOOK_JOURNAL_SPARE_DIR; see that this disk is mounted."
    )
    return HealthWarning(JOURNAL_SPARE_USELESS, "WARNING", message, spare)


def memory_warning(folder: str, process: int, problem: str, since: datetime) -> HealthWarning:
    """Return the warning that a receiver holds what it heard in memory, since no disk takes it."""
    message = (
        f"The receiver with process id {process} holds in memory what it heard since {since:%Y-%m-%d %H:%M:%S} UTC, "
        f"since its journal in {folder} cannot be written ({problem}). Free space or repair the disk now, and do not "
        "end this process before: what it holds would be lost."
    )
    return HealthWarning(JOURNAL_IN_MEMORY, "CRITICAL", message, f"{folder} {process}")


def unseen_disk_warning(folder: str, problem: str) -> HealthWarning:
    """Return the warning that nobody knows how full the disk of a journal folder is."""
    message = f"The disk of the journal folder {folder} does not answer ({problem}). See whether it is still there."
    return HealthWarning(JOURNAL_DISK, "CRITICAL", message, folder)
