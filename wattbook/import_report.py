"""How is an import told: while it is under way, to a person, and to a machine?"""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from adapters.day_files.comparison import Counts
from domain.canonical import position_text, time_text
from domain.events import DealKey


class Names(Protocol):
    """All deals that an import found, however many, one after the other."""

    def missing_ids(self) -> AsyncIterator[str]: ...
    def extra_ids(self) -> AsyncIterator[str]: ...
    def differing_ids(self) -> AsyncIterator[str]: ...


@dataclass(frozen=True)
class Imported:
    """What became of a file; ``extra`` and ``differing`` are the first ones, ``names`` tells all."""

    path: Path
    sha256: str
    counts: Counts
    told_until: datetime
    why_no_further: str | None
    extra: Sequence[DealKey]
    differing: Sequence[DealKey]
    names: Names


@dataclass(frozen=True)
class LeftOut:
    """A file that was imported before, at ``position``, and tells no more now."""

    path: Path
    sha256: str
    position: int


async def print_json(files: Sequence[Imported | LeftOut]) -> None:
    """Print one object for one file, an array for several; ids one by one: there may be more than memory holds."""
    out = sys.stdout
    out.write("" if len(files) == 1 else "[")
    for number, file in enumerate(files):
        out.write(", " if number else "")
        if isinstance(file, LeftOut):
            before = {"file": str(file.path), "sha256": file.sha256, "importedBefore": position_text(file.position)}
            out.write(json.dumps(before, ensure_ascii=False))
        else:
            await _print_object(file)
    out.write("\n" if len(files) == 1 else "]\n")


async def _print_object(file: Imported) -> None:
    known = {
        "file": str(file.path),
        "sha256": file.sha256,
        "matched": file.counts.matched,
        "recorded": file.counts.recorded,
        "missing": file.counts.missing,
        "extra": file.counts.extra,
        "differing": file.counts.differing,
    }
    sys.stdout.write(json.dumps(known, ensure_ascii=False).removesuffix("}"))
    names = file.names
    for name, ids in (
        ("missingIds", names.missing_ids()), ("extraIds", names.extra_ids()), ("differingIds", names.differing_ids())
    ):  # fmt: skip
        sys.stdout.write(f', "{name}": [')
        separator = ""
        async for deal_id in ids:
            sys.stdout.write(separator + json.dumps(deal_id, ensure_ascii=False))
            separator = ", "
        sys.stdout.write("]")
    sys.stdout.write("}")


def print_text(files: Sequence[Imported | LeftOut]) -> None:
    """Print one line a file, and below it the deals that a person has to look at; what was left out is a remark."""
    for file in files:
        if isinstance(file, LeftOut):
            print(
                f"{file.path.name}: imported before, at position {file.position}, and it tells nothing new: left out",
                file=sys.stderr,
            )
            continue
        counts = file.counts
        print(
            f"{file.path.name}: {_deals(counts.rows)}, {counts.matched} as recorded before, "
            f"{counts.missing} missing ({counts.recorded} recorded now), "
            f"{counts.differing} differing, {counts.extra} extra"
        )
        if file.why_no_further:
            print(f"  tells all until {time_text(file.told_until)}: {file.why_no_further}")
        if counts.rejected:
            print(f"  {counts.rejected} kept as rejections: nobody but a person can say which period they mean")
        _print_keys("differing: the log holds another content, which still counts", counts.differing, file.differing)
        _print_keys("extra: in the log, not in the file", counts.extra, file.extra)


def _print_keys(what: str, count: int, keys: Sequence[DealKey]) -> None:
    if count:
        print(f"  {what}")
    for key in keys:
        print(f"    {key.deal_id} of {key.trader_id}, {key.direction}")
    if count > len(keys):
        print(f"    and {count - len(keys)} more; --json names all")


def _deals(count: int) -> str:
    return "1 deal" if count == 1 else f"{count} deals"
