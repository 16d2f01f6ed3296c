"""What does a file of seals say, which was kept where the database's owner cannot write?"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from pathlib import Path

import msgspec
import rfc8785

from adapters.event_log.seals import wrong_after
from domain.errors import SealsRefusedError
from domain.proofs import LogSealed


@dataclass(frozen=True)
class SealsFile:
    """The seals in the whole lines of a file, and whether its last line was cut off: that one says nothing.

    The file is what is trusted, with whatever keys it names: whoever compares with it knows where it was kept.
    """

    path: Path
    seals: Sequence[LogSealed]
    is_cut_off: bool = False

    @property
    def last(self) -> int:
        """The position up to which all is sealed."""
        return self.seals[-1].last

    def key_at(self, position: int) -> str | None:
        """Return the key that sealed the block of *position*, ``None`` where no block in the file has it."""
        return next((seal.public_key for seal in self.seals if seal.first <= position <= seal.last), None)

    def told(self) -> Iterator[str]:
        """Yield in sentences what who trusts the file should know: its end, its keys, and where they change."""
        if self.is_cut_off:
            told = f"line {len(self.seals) + 1} was cut off while it was written and is left out"
            yield f"{self.path}: {told}; the recorder writes it again"
        stretches = _keys_of(self.seals)
        if len(stretches) == 1:
            yield f"{self.path} seals all up to position {self.last}, with the key {stretches[0][2]}"
            return
        yield f"{self.path} seals all up to position {self.last}, and its signing key changes:"
        for first, last, key in stretches:
            yield f"  from position {first} to {last} it is the key {key}"
        yield "  all of them are trusted, since the file is; let who keeps the log say why the key changed"


def read_seals(path: Path) -> SealsFile:
    """Return the seals in the file at *path*; raise :class:`SealsRefusedError` for one that is no file of seals.

    They are those of one log without a gap, each signed and following the one before. A last line without an
    end that is no whole seal is what a recorder leaves that is killed while it writes.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SealsRefusedError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    lines = text.splitlines()
    seals: list[LogSealed] = []
    is_cut_off = False
    for number, line in enumerate(lines, start=1):
        seal = _read_line(line)
        if seal is None:
            is_cut_off = number == len(lines) and not text.endswith("\n")
            if is_cut_off:
                break
            raise SealsRefusedError(f"{path}: line {number} is no seal")
        if wrong := wrong_after(seal, seals[-1] if seals else None):
            raise SealsRefusedError(f"{path}: the seal in line {number} {wrong}")
        seals.append(seal)
    if not seals:
        raise SealsRefusedError(f"{path} has no seals{': its only line was cut off' if is_cut_off else ''}")
    return SealsFile(path, seals, is_cut_off)


def seal_line(seal: LogSealed) -> str:
    """Return *seal* as a line of a seals file: canonical JSON."""
    return rfc8785.dumps(asdict(seal)).decode()


def _keys_of(seals: Sequence[LogSealed]) -> list[tuple[int, int, str]]:
    """Return from where to where each key sealed."""
    stretches = [(key, list(group)) for key, group in groupby(seals, lambda seal: seal.public_key)]
    return [(group[0].first, group[-1].last, key) for key, group in stretches]


def _read_line(line: str) -> LogSealed | None:
    try:
        found = msgspec.json.decode(line, type=dict[str, int | str | None])
        if set(found) != {field.name for field in fields(LogSealed)}:
            return None
        return msgspec.convert(found, LogSealed, strict=True)
    except msgspec.MsgspecError:
        return None
