"""Is a log that was once exported read for ever, with the same chain?"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from adapters.event_log.hash_chain import GENESIS, Link, chained
from adapters.event_log.stored_events import read_event
from adapters.log_export.manifest import FORM, file_name, read_manifest
from adapters.log_export.reading import ExportedLog
from adapters.whole_file import whole_file
from domain.errors import ExportRefusedError

GOLDEN: Final = Path(__file__).parents[1] / "golden"
EXPORT: Final = GOLDEN / "log-export"
CHAIN: Final = "d76840d238437b96dcd906ae257cf27b9e6b95bf0678636d591b87802926d398"
EVENTS: Final = 21


def test_an_export_of_once_is_read_with_the_chain_of_once() -> None:
    previous = GENESIS
    with ExportedLog(EXPORT) as log:
        assert log.head().position == EVENTS
        for position, stream, version, topic, recorded_at, state, stored in (
            link for page in log.links(0, EVENTS) for link in page
        ):
            assert state == (GOLDEN / f"{stream.removeprefix('golden:')}.json").read_bytes()
            previous = chained(previous, Link(position, stream, version, topic, recorded_at, state))
            assert stored == previous == log.hash_at(position)
            assert log.event_at(position) == read_event(topic, state)
    assert previous.hex() == CHAIN


def changed(folder: Path, **fields: object) -> Path:
    """Put the golden manifest with other *fields* in *folder*."""
    manifest = json.loads((EXPORT / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | fields))
    return folder


BLOCK: Final = {
    "file": file_name(1, 1), "first": 1, "last": 1, "rows": 1, "sha256": "0" * 64,
    "recorded_at": "2023-02-06T06:00:00Z", "hash": "0" * 64,
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"form": "another.v1"}, "its form is 'another.v1', not 'wattbook.log-export.v1'"),
        ({"block_size": 0}, "its block size is 0"),
        ({"first_hash": None}, "the hash of the first event"),
        ({"blocks": []}, "the hash of the first event"),
        ({"blocks": [BLOCK | {"first": 2, "last": 2}]}, "the blocks do not follow each other at position 1"),
        ({"blocks": [BLOCK, BLOCK]}, "the blocks do not follow each other at position 2"),
        ({"blocks": [BLOCK | {"rows": 2}]}, "the blocks do not follow each other at position 1"),
        ({"blocks": [BLOCK | {"file": "../../somewhere.parquet"}]}, "has another name"),
        ({"blocks": [BLOCK | {"hash": "zz"}]}, "has no hash or time"),
        ({"blocks": [BLOCK | {"recorded_at": "2023-02-06T06:00:00"}]}, "has no hash or time"),
        ({"blocks": [1]}, "cannot be read as the manifest"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused(tmp_path: Path, fields: dict[str, object], told: str) -> None:
    with pytest.raises(ExportRefusedError, match=told):
        read_manifest(changed(tmp_path, **fields))


def test_what_is_no_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportRefusedError, match="there is no exported log"):
        read_manifest(tmp_path)
    for content in (b"", b"[]", b"\xff", b'{"form": 1}'):
        (tmp_path / "manifest.json").write_bytes(content)
        with pytest.raises(ExportRefusedError, match="cannot be read as the manifest"):
            read_manifest(tmp_path)
    assert read_manifest(EXPORT).form == FORM


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with whole_file(path) as unfinished:
        unfinished.write_text("whole")
    with suppress(RuntimeError), whole_file(path) as unfinished:
        unfinished.write_text("half")
        raise RuntimeError
    assert path.read_text() == "whole"
    assert [*tmp_path.iterdir()] == [path]
