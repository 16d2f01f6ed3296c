"""How is the log exported? Block by block, each whole or not at all, and again from where an earlier export ended."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Final

import msgspec

from adapters.event_log.chain_check import Link
from adapters.event_log.raw_log import RawLog
from adapters.log_export.block_files import checked, digest_of_file, write_block
from adapters.log_export.manifest import (
    BLOCK,
    FORM,
    MANIFEST,
    Block,
    Manifest,
    file_name,
    read_manifest,
    write_manifest,
)
from adapters.whole_file import whole_file
from domain.errors import ExportRefusedError, LogDamagedError

OWN_FILE: Final = re.compile(r"log-\d{12,}-\d{12,}\.parquet(\.unfinished)?")


@dataclass(frozen=True)
class LogExported:
    """What an export has made of its folder: the manifest, and how many files it wrote."""

    manifest: Manifest
    written: int


def export_log(
    log: RawLog, folder: Path, until: int, reached: Callable[[int], None], block_size: int = BLOCK
) -> LogExported:
    """Export *log* up to *until* to *folder*; blocks that are there and are still the log's are left alone.

    A folder that holds more keeps it. Raises :class:`ExportRefusedError` where it holds another log, and
    :class:`LogDamagedError` where the log is not what its hashes say, or not what was exported before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = _exported_before(log, folder, until)
    if before is not None:
        until, block_size = max(until, before.last), before.block_size
    known = {} if before is None else {block.file: block for block in before.blocks}
    manifest = Manifest(FORM, log.hash_at(1).hex() if until else None, block_size, ())
    written = 0
    for first in range(1, until + 1, block_size):
        last = min(first + block_size - 1, until)
        block = known.get(file_name(first, last))
        left_alone = block is not None and _is_whole(log, folder, block)
        if block is None or not left_alone:
            block = _written(log, folder, first, last)
            written += 1
        manifest = msgspec.structs.replace(manifest, blocks=(*manifest.blocks, block))
        if not left_alone:
            # An export that is interrupted goes on from here.
            write_manifest(folder, manifest)
        reached(last)
    write_manifest(folder, manifest)
    _tidy(folder, manifest)
    return LogExported(manifest, written)


def _is_whole(log: RawLog, folder: Path, block: Block) -> bool:
    """Tell whether a block that is there is what was exported, and the manifest has the log's time of it."""
    before = log.before(block.last)
    return before is not None and before[0] == block.recorded_at and digest_of_file(folder / block.file) == block.sha256


def _written(log: RawLog, folder: Path, first: int, last: int) -> Block:
    before = log.before(first - 1)
    if before is None:
        raise LogDamagedError(f"the event log has no event at position {first - 1}")
    end: list[Link] = []

    def noted(pages: Iterable[Sequence[Link]]) -> Iterator[Sequence[Link]]:
        for page in pages:
            end[:] = page[-1:]
            yield page

    name = file_name(first, last)
    with whole_file(folder / name) as path:
        write_block(path, noted(checked(log.links(first - 1, last), first - 1, last, before)))
        digest = digest_of_file(path)
    assert digest is not None
    return Block(name, first, last, last - first + 1, digest, end[0][4].astimezone(UTC), bytes(end[0][6]).hex())


def _exported_before(log: RawLog, folder: Path, until: int) -> Manifest | None:
    """Return what *folder* holds, ``None`` where it holds nothing; it must be of this log."""
    if not (folder / MANIFEST).exists():
        return None
    before = read_manifest(folder)
    if before.blocks and (not until or log.hash_at(1).hex() != before.first_hash):
        raise ExportRefusedError(f"{folder} holds the export of another log; choose another folder")
    for block in before.blocks:
        if log.hash_at(block.last).hex() != block.hash:
            raise LogDamagedError(
                f"the log was rewritten at or before position {block.last}: {folder} was exported with another hash "
                "up to there; nothing in that folder was changed"
            )
    return before


def _tidy(folder: Path, manifest: Manifest) -> None:
    """Remove the last block of an earlier export, of which a longer one has taken the place."""
    named = {block.file for block in manifest.blocks}
    for path in folder.glob("log-*.parquet*"):
        if path.name not in named and OWN_FILE.fullmatch(path.name):
            path.unlink(missing_ok=True)
