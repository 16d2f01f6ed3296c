"""Is there anything about the journals that a person must do something about? Looked at once a second."""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.journal.entries import journal_paths, taken_over
from adapters.journal.notice import Notice, read_notice
from domain.health_warnings import HealthWarning
from domain.watermarks import (
    DISK_MARKS,
    DISK_SLACK_PERCENT,
    JOURNAL_BACKLOG,
    JOURNAL_DISK,
    JOURNAL_IN_MEMORY,
    JOURNAL_ON_SPARE,
    JOURNAL_SPARE_USELESS,
    JOURNAL_UNSEEN,
    Mark,
    backlog_warning,
    disk_warning,
    memory_warning,
    reached,
    spare_warning,
    unseen_disk_warning,
    unseen_folder_warning,
    unseen_journal_warning,
    useless_spare_warning,
)
from wattbook.warnings import Warnings

LOOK_S: Final = 1.0

log = logging.getLogger(__name__)


def used_percent(folder: Path) -> float:
    """Return how much of the disk that holds *folder*, or will, is in use, as ``df`` does."""
    disk = os.statvfs(_existing(folder))
    used = disk.f_blocks - disk.f_bfree
    return 100 * used / ((used + disk.f_bavail) or 1)


def file_system(folder: Path) -> int:
    """Return which file system holds *folder*, or will."""
    return _existing(folder).stat().st_dev


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


class JournalWatch:
    """Watches the disks, what waits, and what the receivers leave word of."""

    def __init__(
        self,
        folders: Sequence[Path],
        warnings: Warnings,
        oldest_waiting_at: Callable[[], datetime | None],
        clock: Callable[[], datetime],
        used_percent: Callable[[Path], float] = used_percent,
        file_system: Callable[[Path], int] = file_system,
    ) -> None:
        self._folders = folders
        self._warnings = warnings
        self._oldest_waiting_at = oldest_waiting_at
        self._clock = clock
        self._used_percent = used_percent
        self._file_system = file_system
        self._marks: dict[Path, Mark | None] = {}
        self._ended: set[Path] = set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except OSError as error:
                log.error("cannot look after the journals in %s: %s", self._folders[0], error)
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Raise the warnings that are due now, and clear those that are over."""
        disks = [self._disk(folder) for folder in self._folders]
        self._warnings.replace(JOURNAL_DISK, [warning for warning in disks if warning is not None])
        self._warnings.replace(JOURNAL_SPARE_USELESS, self._useless_spares())
        backlog = backlog_warning(self._oldest_waiting_at(), self._clock())
        self._warnings.replace(JOURNAL_BACKLOG, [] if backlog is None else [backlog])
        notices, unseen = self._notices()
        self._warnings.replace(JOURNAL_UNSEEN, unseen)
        spare = {
            str(path.parent): spare_warning(notice.instead_of, str(path.parent), notice.problem)
            for path, notice in notices
            if notice.instead_of is not None
        }
        self._warnings.replace(JOURNAL_ON_SPARE, list(spare.values()))
        held = [
            memory_warning(str(path.parent), notice.process, notice.problem, notice.held_since)
            for path, notice in notices
            if notice.held_since is not None
        ]
        self._warnings.replace(JOURNAL_IN_MEMORY, held)

    def _disk(self, folder: Path) -> HealthWarning | None:
        try:
            used = self._used_percent(folder)
        except OSError as error:
            return unseen_disk_warning(str(folder), str(error))
        mark = self._marks[folder] = reached(DISK_MARKS, used, self._marks.get(folder), DISK_SLACK_PERCENT)
        return None if mark is None else disk_warning(str(folder), mark)

    def _useless_spares(self) -> list[HealthWarning]:
        """Return each folder beside the first that fails and fills up together with it."""
        own, *spares = self._folders
        try:
            together = [spare for spare in spares if self._file_system(spare) == self._file_system(own)]
        except OSError:
            return []  # that the disk does not answer is another warning
        return [useless_spare_warning(str(own), str(spare)) for spare in together]

    def _notices(self) -> tuple[list[tuple[Path, Notice]], list[HealthWarning]]:
        """Return what the living receivers tell of their journals, and which could not be looked at."""
        found: list[tuple[Path, Notice]] = []
        unseen: list[HealthWarning] = []
        for path in self._paths(unseen):
            try:
                with taken_over(path) as ended:
                    if ended:
                        self._ended.add(path)
                        continue
            except OSError as error:
                unseen.append(unseen_journal_warning(str(path), str(error)))
                continue
            notice = read_notice(path)
            if notice is not None:
                found.append((path, notice))
        return found, unseen

    def _paths(self, unseen: list[HealthWarning]) -> list[Path]:
        """Return the journals whose receivers may live; tell of the folders that cannot be listed."""
        paths: set[Path] = set()
        for folder in self._folders:
            try:
                # Of a folder that may not be read, glob says that it is empty.
                os.scandir(folder).close()
                paths.update(journal_paths(folder))
            except FileNotFoundError:
                continue
            except OSError as error:
                unseen.append(unseen_folder_warning(str(folder), str(error)))
        self._ended &= paths
        return sorted(paths - self._ended)
