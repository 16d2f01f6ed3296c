"""What does an exported log hold? Its manifest: the blocks, their digests, and the chain's hash at each one's end."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from adapters.event_log.hash_chain import GENESIS
from adapters.whole_file import whole_file
from domain.errors import ExportRefusedError

MANIFEST: Final = "manifest.json"
FORM: Final = "wattbook.log-export.v1"
BLOCK: Final = 100_000
"""Positions of a block: minutes of a busy day, and some 10 MB on disk."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Block(msgspec.Struct, frozen=True):
    """One file: the events from ``first`` to ``last``, when the last was recorded, and the chain's hash up to it."""

    file: str
    first: int
    last: int
    rows: int
    sha256: str
    recorded_at: datetime
    hash: str


class Manifest(msgspec.Struct, frozen=True):
    """All files of an export, in log order; ``first_hash``, that of the first event, tells one log from another."""

    form: str
    first_hash: str | None
    block_size: int
    blocks: tuple[Block, ...]

    @property
    def last(self) -> int:
        """The last position that was exported, 0 before the first."""
        return self.blocks[-1].last if self.blocks else 0

    def before(self, block: Block) -> tuple[datetime, bytes]:
        """Return when the event before *block* was recorded, and the chain's hash up to it."""
        index = self.blocks.index(block)
        return end_of(self.blocks[index - 1]) if index else (EPOCH, GENESIS)


def end_of(block: Block) -> tuple[datetime, bytes]:
    """Return when the last event of *block* was recorded, and the chain's hash up to it."""
    return block.recorded_at, bytes.fromhex(block.hash)


def file_name(first: int, last: int) -> str:
    """Return the name of a block's file: names sort as positions do."""
    return f"log-{first:012}-{last:012}.parquet"


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest in *folder*; raise :class:`ExportRefusedError` where there is none, or none of a log."""
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ExportRefusedError(f"there is no exported log in {folder}: it has no {MANIFEST}") from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ExportRefusedError(f"{path} cannot be read as the manifest of an exported log: {error}") from error
    if wrong := _wrong(manifest):
        raise ExportRefusedError(f"{path} is no manifest of an exported log: {wrong}")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put *manifest* in *folder*, whole or not at all."""
    with whole_file(folder / MANIFEST) as path:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")


def _wrong(manifest: Manifest) -> str | None:
    if manifest.form != FORM:
        return f"its form is {manifest.form[:40]!r}, not {FORM!r}"
    if manifest.block_size < 1:
        return f"its block size is {manifest.block_size}"
    if (manifest.first_hash is None) == bool(manifest.blocks):
        return "the hash of the first event is there without events, or the other way round"
    last = 0
    for block in manifest.blocks:
        if block.first != last + 1 or block.rows != block.last - last or not 0 < block.rows <= manifest.block_size:
            return f"the blocks do not follow each other at position {last + 1}"
        if block.file != file_name(block.first, block.last):
            return f"the file of positions {block.first} to {block.last} has another name"
        if block.recorded_at.tzinfo is None or not _is_hash(block.hash) or not _is_hash(block.sha256):
            return f"the block of positions {block.first} to {block.last} has no hash or time"
        last = block.last
    return None


def _is_hash(text: str) -> bool:
    return len(text) == 64 and all(character in "0123456789abcdef" for character in text)
