"""Is an export that is not what was exported, or a log that is not what it was, named by file and position?"""

import json
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import psycopg
import pyarrow
import pytest
from pyarrow import parquet

from adapters.log_export.manifest import read_manifest
from adapters.log_export.reading import ExportedLog
from domain.canonical import time_text
from domain.errors import ExportRefusedError, LogDamagedError, UnknownPositionError
from domain.performance import Moment
from tests.desk import Desk, settings_for
from tests.exported import exported, files
from tests.notation import DAY
from wattbook.export import log_to
from wattbook.replay import replay


def tamper(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode())


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swapped(folder: Path) -> None:
    one, two = sorted(folder.glob("*.parquet"))[:2]
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


async def test_a_corrupted_missing_or_foreign_file_is_named(trading: Desk, tmp_path: Path) -> None:
    block = "log-000000000006-000000000010.parquet"
    for name, damage, told in (
        ("flipped", lambda folder: flipped(folder / block), f"{block}: its bytes are not those that were exported"),
        ("missing", lambda folder: (folder / block).unlink(), f"{block} is missing"),
        ("swapped", swapped, "000001-000000000005.parquet: its bytes are not those that were exported"),
        ("foreign", lambda folder: (folder / block).write_text("a,b"), f"{block}: its bytes are not those"),
    ):
        exported(trading.url, tmp_path / name)
        damage(tmp_path / name)
        with pytest.raises(LogDamagedError, match=told):
            replay(settings_for(tmp_path), partial(ExportedLog, tmp_path / name), None, DAY, Moment(), as_json=True)


def rewritten(folder: Path, block: str, change: str) -> None:
    """Change a column of the second event of *block*, and the digest in the manifest, as who forges an export would."""
    path = folder / block
    table = parquet.read_table(path)
    values = table.column(change).to_pylist()
    if change == "state":
        values[1] = values[1].replace(b'"', b"'", 1)
    elif change == "recorded_at":
        values[1] = values[1].replace(year=2022)
    elif change == "position":
        del values[1]
        table = pyarrow.concat_tables([table.slice(0, 1), table.slice(2)])
    else:
        values[1] = bytes(32)
    index = table.schema.get_field_index(change)
    table = table.set_column(index, table.schema.field(index), [pyarrow.array(values, table.schema.field(index).type)])
    parquet.write_table(table, path)
    manifest = json.loads((folder / "manifest.json").read_text())
    for each in manifest["blocks"]:
        if each["file"] == block:
            each["sha256"] = sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("state", "position 7: its bytes, or its place, are not those that were hashed"),
        ("hash", "position 7: its bytes, or its place, are not those that were hashed"),
        ("recorded_at", "position 7: recorded at .* before the event before it"),
        ("position", "position 7: no such event"),
    ],
)
async def test_a_forged_block_is_named_by_the_position_where_the_chain_breaks(
    trading: Desk, tmp_path: Path, column: str, told: str
) -> None:
    exported(trading.url, tmp_path / "log")
    rewritten(tmp_path / "log", "log-000000000006-000000000010.parquet", column)
    with pytest.raises(LogDamagedError, match=told):
        replay(settings_for(tmp_path), partial(ExportedLog, tmp_path / "log"), None, DAY, Moment(), as_json=True)


def position_if_told(log: ExportedLog, moment: datetime) -> int | None:
    with suppress(LogDamagedError, UnknownPositionError):
        return log.position_at(moment)
    return None


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_a_moved_time_in_the_manifest_answers_as_of_no_other_position(
    trading: Desk, tmp_path: Path, number: int
) -> None:
    folder = tmp_path / "log"
    made = exported(trading.url, folder)
    well = files(folder)
    at = made.manifest.blocks[number].recorded_at
    for moved in (at + timedelta(days=365), at - timedelta(days=365)):
        manifest = json.loads(well["manifest.json"])
        manifest["blocks"][number]["recorded_at"] = time_text(moved)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        told = f"position {(5, 10, 12)[number]} was recorded at {time_text(at)}, and not when the manifest says"
        past_the_end = max(moved, made.manifest.blocks[-1].recorded_at)
        with ExportedLog(folder) as copy:
            for moment in (at, at + timedelta(hours=1), past_the_end, at - timedelta(hours=1)):
                assert position_if_told(copy, moment) in (None, 12 if moment == at else 0)
            assert position_if_told(copy, moved) in ((None,) if moved > at else (None, 0))
            with pytest.raises(LogDamagedError, match=told):
                list(copy.pages(5 * number, 5 * number + 1))
        # The next export writes that block, and its time, anew.
        assert exported(trading.url, folder).written == 1
        assert files(folder) == well


async def test_a_log_that_is_damaged_is_not_exported(trading: Desk, tmp_path: Path) -> None:
    tamper(trading.url, "UPDATE wattbook.events SET state = state || ' '::bytea WHERE notification_id = 7")
    with pytest.raises(LogDamagedError, match="position 7: its bytes"):
        exported(trading.url, tmp_path)
    assert read_manifest(tmp_path).last == 5
    tamper(trading.url, "DELETE FROM wattbook.events WHERE notification_id = 6")
    with pytest.raises(LogDamagedError, match="position 6: no such event"):
        exported(trading.url, tmp_path)


async def test_a_log_that_was_rewritten_since_is_told_and_the_export_kept(trading: Desk, tmp_path: Path) -> None:
    exported(trading.url, tmp_path)
    before = files(tmp_path)
    tamper(trading.url, "UPDATE wattbook.events SET hash = sha256(hash) WHERE notification_id >= 8")
    with pytest.raises(LogDamagedError, match="the log was rewritten at or before position 10"):
        exported(trading.url, tmp_path)
    assert files(tmp_path) == before


async def test_the_folder_of_another_log_is_refused(trading: Desk, tmp_path: Path) -> None:
    exported(trading.url, tmp_path)
    before = files(tmp_path)
    tamper(trading.url, "UPDATE wattbook.events SET hash = sha256(hash)")
    with pytest.raises(ExportRefusedError, match="holds the export of another log"):
        exported(trading.url, tmp_path)
    assert files(tmp_path) == before


async def test_a_log_is_not_exported_past_its_head(trading: Desk, tmp_path: Path) -> None:
    with pytest.raises(UnknownPositionError, match="position 13 is past the head of the log, 12"):
        log_to(trading.url, tmp_path, 13)
