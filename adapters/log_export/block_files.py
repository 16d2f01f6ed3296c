"""How does a stretch of the log lie in a Parquet file? The stored bytes, and all that the chain's hashes cover.

pyarrow is imported where a file is written or read: nobody else carries its memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path
from typing import Any, BinaryIO, Final

from adapters.event_log.chain_check import Link, check_chain
from domain.errors import LogDamagedError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def write_block(path: Path, pages: Iterable[Sequence[Link]]) -> None:
    """Write the events of *pages* to *path*, one row group a page."""
    import pyarrow
    from pyarrow import parquet

    schema = _schema(pyarrow)
    with parquet.ParquetWriter(
        path, schema, compression="zstd", use_dictionary=["topic", "version"],
        write_statistics=["position", "recorded_at", "stream", "topic"],
    ) as writer:  # fmt: skip
        for page in pages:
            position, stream, version, topic, recorded_at, state, chained = zip(*page, strict=True)
            columns = (position, recorded_at, stream, version, topic, state, chained)
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))


def read_block(file: BinaryIO) -> Iterator[Sequence[Link]]:
    """Yield the events in a file; raise :class:`LogDamagedError` where it is no block of a log."""
    import pyarrow
    from pyarrow import parquet

    schema = _schema(pyarrow)
    try:
        with parquet.ParquetFile(file) as blocks:
            if not blocks.schema_arrow.equals(schema):
                raise LogDamagedError("it has other columns than the log")
            for group in range(blocks.num_row_groups):
                table = blocks.read_row_group(group)
                micros = table.column("recorded_at").cast(pyarrow.int64()).to_pylist()
                yield list(
                    zip(
                        table.column("position").to_pylist(),
                        table.column("stream").to_pylist(),
                        table.column("version").to_pylist(),
                        table.column("topic").to_pylist(),
                        map(_instant, micros),
                        table.column("state").to_pylist(),
                        table.column("hash").to_pylist(),
                        strict=True,
                    )
                )
    except pyarrow.ArrowException as error:
        raise LogDamagedError(f"it cannot be read as Parquet: {error}") from error


def checked(
    pages: Iterable[Sequence[Link]], after: int, until: int, before: tuple[datetime, bytes]
) -> Iterator[Sequence[Link]]:
    """Yield *pages*, the events above *after* up to *until*; raise :class:`LogDamagedError` where the chain breaks.

    *before* is when the event at *after* was recorded, and the chain's hash up to it.
    """
    for page in pages:
        if not page:
            continue
        for finding in check_chain([page], after, page[-1][0], before):
            raise LogDamagedError(f"position {finding.position}: {finding.what}")
        yield page
        after, before = page[-1][0], (page[-1][4], bytes(page[-1][6]))
    if after != until:
        raise LogDamagedError(f"position {after + 1}: no such event" if after < until else f"it goes on to {after}")


def digest_of_file(path: Path) -> str | None:
    """Return the SHA-256 of a file, hexadecimal, ``None`` where there is none that can be read."""
    with suppress(OSError), path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
    return None


@lru_cache(maxsize=1_024)
def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _schema(arrow: Any) -> Any:
    types = {
        "position": arrow.int64(),
        "recorded_at": arrow.timestamp("us", tz="UTC"),
        "stream": arrow.string(),
        "version": arrow.int64(),
        "topic": arrow.string(),
        "state": arrow.binary(),
        "hash": arrow.binary(32),
    }
    return arrow.schema([arrow.field(name, kind, nullable=False) for name, kind in types.items()])
