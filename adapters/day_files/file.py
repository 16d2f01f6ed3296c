"""How is a day file of any size read, line by line, so that a bad one is refused with the line that is wrong?"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from zoneinfo import ZoneInfo

from adapters.day_files.rows import HEADER, FileRow, read_file_row
from adapters.exchange.messages import UNREADABLE, Unreadable
from domain.errors import DayFileChangedError, DayFileRefusedError
from domain.telling import Told

LONGEST_LINE_BYTES: Final = 8 * 1024
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class FileState:
    """By what a file is seen to be the same as before."""

    size_bytes: int
    modified_ns: int
    inode: int

    @staticmethod
    def of(status: os.stat_result) -> "FileState":
        """Return the state that *status* tells."""
        return FileState(status.st_size, status.st_mtime_ns, status.st_ino)

    @property
    def modified_at(self) -> datetime:
        """When the file was last written, aware UTC."""
        return datetime.fromtimestamp(self.modified_ns // 1_000 / 1_000_000, UTC)


class DayFile:
    """A day file, open to be read once from its beginning. Errors name the file, and the line that is wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = sha256()
        try:
            # Whatever has no end or no beginning, as a pipe, must not be waited for.
            self._file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
        except (FileNotFoundError, NotADirectoryError):
            raise DayFileRefusedError(f"{path}: there is no such file") from None
        except IsADirectoryError:
            raise DayFileRefusedError(f"{path}: this is no file") from None
        status = os.fstat(self._file.fileno())
        self.state = FileState.of(status)
        if not stat.S_ISREG(status.st_mode):
            self._file.close()
            raise DayFileRefusedError(f"{path}: this is no file")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def bytes_read(self) -> int:
        """How far the file was read."""
        return self._file.tell()

    @property
    def sha256(self) -> str:
        """The hash of all that was read, hexadecimal."""
        return self._hash.hexdigest()

    def rows(self, exchange: str, zone: ZoneInfo, whole: Told) -> Iterator[tuple[int, bytes, FileRow]]:
        """Yield line number, verbatim row and what it says, for each row.

        Raises :class:`DayFileRefusedError` at the first line that a file of the deals
        executed in *whole* cannot have, and :class:`DayFileChangedError` where the file was
        written to meanwhile.
        """
        header = self._line(1)
        if header is None:
            raise DayFileRefusedError(f"{self._path}: the file is empty; one without deals has its header")
        if header.removeprefix(_BOM) != HEADER:
            raise self._refused(1, f"the header is not {HEADER.decode()}")
        number = 1
        while (raw := self._line(number := number + 1)) is not None:
            read = read_file_row(raw, exchange=exchange, zone=zone)
            if isinstance(read, Unreadable):
                raise self._refused(number, _what_is_wrong(raw, read.reason))
            if not whole.start <= read.executed_at < whole.end:
                local = read.executed_at.astimezone(zone)
                raise self._refused(number, f"this deal was executed on another day: {local.isoformat()}")
            yield number, raw, read
        if FileState.of(os.fstat(self._file.fileno())) != self.state or self.bytes_read != self.state.size_bytes:
            raise DayFileChangedError(f"{self._path}: the file was written to while it was read; import it again")

    def _line(self, number: int) -> bytes | None:
        line = self._file.readline(LONGEST_LINE_BYTES + 1)
        if not line:
            return None
        if len(line) > LONGEST_LINE_BYTES:
            raise self._refused(number, f"no row is longer than {LONGEST_LINE_BYTES} bytes")
        self._hash.update(line)
        # A last row without its line end is whole where it can be read: it ends with the offset of a time.
        return line.removesuffix(b"\n").removesuffix(b"\r")

    def _refused(self, number: int, what: str) -> DayFileRefusedError:
        return DayFileRefusedError(f"{self._path}, line {number}: {what}; nothing was recorded")


def _what_is_wrong(raw: bytes, reason: str) -> str:
    if not raw:
        return "the line is empty"
    if reason == UNREADABLE:
        return "this is no row of eight values in UTF-8; is the file cut off?"
    return f"the {reason.removeprefix('INVALID: ')} is not valid"
