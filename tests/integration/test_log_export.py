"""Is an exported log the log, to the byte, and does it prove the same figures without a database?"""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pyarrow
import pytest
from hypothesis import HealthCheck, settings
from pyarrow import parquet

from adapters.event_log.raw_log import RawLog
from adapters.log_export.manifest import read_manifest
from adapters.log_export.reading import ExportedLog
from adapters.log_export.writing import export_log
from domain.errors import ExportRefusedError, UnknownPositionError
from domain.events import Recorded
from domain.performance import Moment
from projections.reading import DealFilter
from tests.desk import Desk, busy_day, desk, settings_for
from tests.exported import everything, exported, files
from tests.notation import DAY
from tests.replaying import any_performance, reported
from wattbook.export import deals_to
from wattbook.replay import replay, replay_report
from wattbook.report import report
from wattbook.reports import publish

Capture = pytest.CaptureFixture[bytes]


async def test_an_exported_log_says_what_the_log_says(trading: Desk, tmp_path: Path) -> None:
    made = exported(trading.url, tmp_path)
    assert [(block.first, block.last, block.rows) for block in made.manifest.blocks] == [
        (1, 5, 5),
        (6, 10, 5),
        (11, 12, 2),
    ]
    assert made.manifest == read_manifest(tmp_path)
    with RawLog(trading.url) as log, ExportedLog(tmp_path) as copy:
        assert copy.head() == log.head()
        assert made.manifest.first_hash == log.hash_at(1).hex()
        assert everything(tmp_path) == [event for page in log.pages(0, 12) for event in page]
        for position in range(13):
            assert copy.hash_at(position) == log.hash_at(position)
            assert copy.event_at(position) == log.event_at(position)
            at = log.before(position)
            assert at is not None
            assert copy.position_at(at[0]) == log.position_at(at[0])
        assert copy.event_at(0) is None
        with pytest.raises(UnknownPositionError, match="position 13 is past the end of the exported log, position 12"):
            copy.event_at(13)
        assert [event[0] for page in copy.pages(4, 11) for event in page] == [*range(5, 12)]


async def test_anybody_can_read_a_block(trading: Desk, tmp_path: Path) -> None:
    blocks = [tmp_path / block.file for block in exported(trading.url, tmp_path).manifest.blocks]
    table = pyarrow.concat_tables([parquet.read_table(path) for path in blocks])
    assert table.column_names == ["position", "recorded_at", "stream", "version", "topic", "state", "hash"]
    assert table.column("position").to_pylist() == [*range(1, 13)]
    assert json.loads(table.column("state")[1].as_py())["deal"]["price_eur_mwh"] == "20"
    assert table.schema.field("recorded_at").type == pyarrow.timestamp("us", tz="UTC")


async def test_an_empty_log_is_exported_and_goes_on(database: str, tmp_path: Path) -> None:
    async with desk(database) as trading:
        assert exported(trading.url, tmp_path).manifest.blocks == ()
        with ExportedLog(tmp_path) as copy:
            assert (copy.head().position, copy.hash_at(0)) == (0, bytes(32))
            with pytest.raises(UnknownPositionError, match="past the end of the exported log, before the first event"):
                copy.position_at(datetime.now(UTC))
        await trading.knows(*busy_day())
        exported(trading.url, tmp_path)
        assert len(everything(tmp_path)) == 12


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@any_performance
def test_a_replay_from_an_export_prints_the_bytes_of_the_report(
    database: str,
    tmp_path: Path,
    capsysbinary: Capture,
    log: list[Recorded],
    trader: str | None,
    day: date,
    back: int,
) -> None:
    events = [recorded.event for recorded in log]
    moment, wanted = asyncio.run(reported(database, tmp_path, capsysbinary, events, trader, day, back))
    exported(database, tmp_path / "log", block_size=1_000)
    replay(settings_for(tmp_path), partial(ExportedLog, tmp_path / "log"), trader, day, moment, as_json=True)
    assert capsysbinary.readouterr().out == wanted


async def test_a_published_report_is_made_again_without_a_database(
    trading: Desk, tmp_path: Path, capsysbinary: Capture
) -> None:
    await publish(settings_for(tmp_path), trading.url, "anna", DAY, Moment(7), "auditor", as_json=False)
    exported(trading.url, tmp_path / "log")
    capsysbinary.readouterr()
    assert replay_report(settings_for(tmp_path), partial(ExportedLog, tmp_path / "log"), 13) == 0
    assert b"report 13 is equal" in capsysbinary.readouterr().out


def command(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wattbook", *arguments],
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2]), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_commands_need_no_database_for_a_replay_and_start_none(
    trading: Desk, tmp_path: Path, capsysbinary: Capture
) -> None:
    folder, nowhere = str(tmp_path / "log"), tmp_path / "nowhere"
    made = await asyncio.to_thread(command, "export", "log", "--to", folder, WATTBOOK_DATABASE_URL=trading.url)
    assert made.returncode == 0, made.stderr
    assert f"{folder} holds the log up to position 12; files: 1, new: 1" in made.stdout
    await report(settings_for(tmp_path), trading.url, "anna", DAY, Moment(), as_json=True)
    wanted = capsysbinary.readouterr().out.decode()
    asked = ("replay", "--from-export", folder, "--day", str(DAY), "--trader", "anna", "--json")
    told = await asyncio.to_thread(command, *asked, WATTBOOK_DATA_DIR=str(nowhere))
    assert (told.returncode, told.stdout) == (0, wanted)
    assert not nowhere.exists()
    past = await asyncio.to_thread(command, *asked, "--position", "99", WATTBOOK_DATA_DIR=str(nowhere))
    assert (past.returncode, past.stdout) == (2, "")
    assert "position 99 is past the head of the log, 12" in past.stderr
    to_come = ("replay", "--from-export", folder, "--report", "13")
    no_report = await asyncio.to_thread(command, *to_come, WATTBOOK_DATA_DIR=str(nowhere))
    assert (no_report.returncode, no_report.stdout) == (2, "")
    assert "position 13 is past the end of the exported log, position 12" in no_report.stderr
    later = await asyncio.to_thread(command, *asked, "--at", "2999-01-01T00:00:00Z", WATTBOOK_DATA_DIR=str(nowhere))
    assert (later.returncode, later.stdout) == (2, "")
    assert "2999-01-01T00:00:00Z is past the end of the exported log, position 12, recorded at 20" in later.stderr
    (tmp_path / "log" / "log-000000000001-000000000012.parquet").write_bytes(b"PAR1")
    broken = await asyncio.to_thread(command, *asked, WATTBOOK_DATA_DIR=str(nowhere))
    assert (broken.returncode, broken.stdout) == (1, "")
    assert "log-000000000001-000000000012.parquet: its bytes are not those that were exported" in broken.stderr
    none = await asyncio.to_thread(command, *asked[:2], str(nowhere), *asked[3:], WATTBOOK_DATA_DIR=str(nowhere))
    assert none.returncode == 2
    assert f"there is no exported log in {nowhere}" in none.stderr


async def test_an_export_goes_on_where_it_was_interrupted(trading: Desk, tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    def killed(position: int) -> None:
        if position == 10:
            raise KilledError

    with RawLog(trading.url) as log, pytest.raises(KilledError):
        export_log(log, tmp_path, 12, killed, 5)
    (tmp_path / "log-000000000011-000000000012.parquet.unfinished").write_bytes(b"PAR1")
    before = files(tmp_path)
    assert exported(trading.url, tmp_path).written == 1
    after = files(tmp_path)
    assert {name: after[name] for name in before if name in after and name.startswith("log-")} == {
        name: content for name, content in before.items() if name.endswith(".parquet")
    }
    assert len(everything(tmp_path)) == 12
    assert sorted(after) == sorted([*(block.file for block in read_manifest(tmp_path).blocks), "manifest.json"])


async def test_a_later_export_adds_what_is_new_and_leaves_whole_blocks_alone(trading: Desk, tmp_path: Path) -> None:
    exported(trading.url, tmp_path, until=7)
    first = (tmp_path / "log-000000000001-000000000005.parquet").stat()
    made = exported(trading.url, tmp_path, block_size=100)
    assert made.written == 2
    assert (tmp_path / "log-000000000001-000000000005.parquet").stat().st_mtime_ns == first.st_mtime_ns
    assert not (tmp_path / "log-000000000006-000000000007.parquet").exists()
    assert len(everything(tmp_path)) == 12
    again = exported(trading.url, tmp_path, until=3)
    assert (again.written, again.manifest) == (0, made.manifest)


async def test_a_block_that_was_damaged_is_exported_again(trading: Desk, tmp_path: Path) -> None:
    exported(trading.url, tmp_path)
    path = tmp_path / "log-000000000006-000000000010.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    assert exported(trading.url, tmp_path).written == 1
    assert len(everything(tmp_path)) == 12


@pytest.mark.parametrize("ending", ["csv", "parquet"])
async def test_deals_are_exported_by_command_as_over_http(
    trading: Desk, tmp_path: Path, capsysbinary: Capture, ending: str
) -> None:
    path = tmp_path / f"deals.{ending}"
    chosen = settings_for(tmp_path)
    assert await deals_to(chosen, trading.url, path, DealFilter(trader_id="anna"), Moment(5)) == 0
    assert capsysbinary.readouterr().out.decode() == f"{path} holds 2 deals as of position 5\n"
    content = path.read_bytes()
    assert content.startswith(b"id,price," if ending == "csv" else b"PAR1")
    assert [*files(tmp_path)] == [path.name]
    with pytest.raises(UnknownPositionError):
        await deals_to(chosen, trading.url, path, DealFilter(), Moment(99))
    with pytest.raises(ExportRefusedError, match=r"neither in \.csv nor in \.parquet"):
        await deals_to(chosen, trading.url, tmp_path / "deals.xlsx", DealFilter(), Moment())
    assert path.read_bytes() == content
