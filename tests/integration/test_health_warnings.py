"""Do people learn of what a recorder warns of, for as long as it stands and no longer?"""

import asyncio
from pathlib import Path

import psycopg
import pytest

from adapters.journal.unreadable import KEPT_AS
from adapters.postgres.installation import install
from adapters.read_models.warnings import note_recording, note_warnings
from domain.health_warnings import HealthWarning
from projections import READ_MODELS
from projections.reading import Scope
from tests.broken_journals import garbage
from tests.desk import desk, serving, settings_for
from tests.waiting import eventually
from wattbook.record import record
from wattbook.settings import Settings
from wattbook.status import status

SMALL = HealthWarning("PROVIDER_SLOW", "WARNING", "The provider is slow. Ask why.", "x")
GRAVE = HealthWarning("DISK_FULL", "CRITICAL", "The disk is full. Free space.", "\udcff/a")
LATER = "UPDATE wattbook_state.warnings SET noted_at = noted_at - interval '{} s'"


async def test_the_api_tells_the_warnings_that_stand_the_critical_ones_first(database: str, tmp_path: Path) -> None:
    async with (
        desk(database) as trading,
        serving(trading, settings_for(tmp_path)) as api,
        await psycopg.AsyncConnection.connect(database, autocommit=True) as connection,
        trading.store() as store,
    ):
        await note_recording(connection)
        await note_warnings(connection, [SMALL, GRAVE])
        await connection.execute(LATER.format(14))
        async with store.snapshot() as snapshot:
            health = await snapshot.health(Scope())
        assert [each.code for each in health.warnings] == ["DISK_FULL", "PROVIDER_SLOW"]
        async with api.follows(viewer="anna") as socket:
            await socket.begins()
            await socket.subscribes("subscription { health { warnings { level code message } } }")
            shown = (await socket.next())["health"]["warnings"]
        assert shown == [
            {"level": "CRITICAL", "code": "DISK_FULL", "message": "The disk is full. Free space."},
            {"level": "WARNING", "code": "PROVIDER_SLOW", "message": "The provider is slow. Ask why."},
        ]


async def test_a_warning_ends_when_it_is_not_repeated_and_is_there_once_for_two_recorders(database: str) -> None:
    async with (
        desk(database) as trading,
        trading.store() as store,
        await psycopg.AsyncConnection.connect(database, autocommit=True) as connection,
    ):

        async def told() -> list[str]:
            async with store.snapshot() as snapshot:
                return [each.message for each in (await snapshot.health(Scope())).warnings]

        await note_recording(connection)
        await note_warnings(connection, [GRAVE])
        await connection.execute("UPDATE wattbook_state.warnings SET process = -1, message = 'older'")
        await note_warnings(connection, [GRAVE, SMALL])
        assert await told() == [GRAVE.message, SMALL.message]
        await note_warnings(connection, [SMALL])
        assert await told() == ["older", SMALL.message], "the other recorder still says so"
        await connection.execute(LATER.format(16))
        assert await told() == []
        await connection.execute(LATER.format(60))
        await note_warnings(connection, [])
        cursor = await connection.execute("SELECT count(*) FROM wattbook_state.warnings")
        assert await cursor.fetchone() == (0,), "what is long past is not kept"


async def test_it_is_critical_that_nobody_records_until_a_recorder_lives_and_after_it_has_gone(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(tmp_path)
    async with (
        desk(database) as trading,
        serving(trading, settings) as api,
        api.follows(viewer="anna") as socket,
    ):
        await socket.begins()
        await socket.subscribes("subscription { health { warnings { level code } } }")

        async def shows(*expected: str) -> None:
            """Wait until just these codes are shown to who looks at the dashboard, all critical."""
            async with asyncio.timeout(20):
                while (await socket.next())["health"]["warnings"] != [
                    {"level": "CRITICAL", "code": code} for code in expected
                ]:
                    pass

        await shows("NOBODY_RECORDS")
        assert await status(settings, database, as_json=False) == 1
        said = capsys.readouterr().out
        assert said.count("No record process is running: ") == 1
        assert "no record process is running" not in said, "it is said once"

        stop = asyncio.Event()
        running = asyncio.create_task(record(settings, database, stop))
        try:
            await shows()
        finally:
            stop.set()
            assert await asyncio.wait_for(running, 30) == 0
        await shows("NOBODY_RECORDS")
        async with api.session.get(f"{api.address}/readyz") as ready:
            assert ready.status == 200, "what is recorded can still be asked for"


async def test_a_journal_that_cannot_be_read_is_warned_of_until_it_is_moved_away(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    install(database, READ_MODELS)
    settings = Settings.from_environment({"WATTBOOK_DATA_DIR": str(tmp_path)})
    broken = garbage(settings.journal_dir)
    stop = asyncio.Event()
    running = asyncio.create_task(record(settings, database, stop))
    try:
        kept = broken.with_name(f"{broken.name}{KEPT_AS}")
        told = f"A journal could not be read and is kept as {kept}."
        await eventually(lambda: [text.startswith(told) for text in noted(database)] == [True])
        assert await status(settings, database, as_json=False) == 1
        assert f"problem              {told}" in capsys.readouterr().out
        kept.unlink()
        await eventually(lambda: noted(database) == [])
        garbage(settings.journal_dir)
        await eventually(lambda: len(noted(database)) == 1)
    finally:
        stop.set()
        assert await asyncio.wait_for(running, 30) == 0
    assert noted(database) == [], "who has ended warns of nothing"


async def test_a_spare_folder_on_the_disk_of_the_journal_is_warned_of_but_no_problem_by_itself(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    install(database, READ_MODELS)
    folders = {"WATTBOOK_DATA_DIR": str(tmp_path), "WATTBOOK_JOURNAL_SPARE_DIR": str(tmp_path / "spare")}
    settings = Settings.from_environment(folders)
    stop = asyncio.Event()
    running = asyncio.create_task(record(settings, database, stop))
    try:
        await eventually(lambda: len(noted(database)) == 1)
        await status(settings, database, as_json=False)
    finally:
        stop.set()
        assert await asyncio.wait_for(running, 30) == 0
    told = f"The spare journal folder {tmp_path / 'spare'} is on the same file system"
    said = capsys.readouterr().out
    assert f"warning              {told}" in said
    assert f"problem              {told}" not in said
    assert [each.levelname for each in caplog.records if told in each.message] == ["WARNING"], "it is logged once"


def noted(database: str) -> list[str]:
    with psycopg.connect(database) as connection:
        return [message for (message,) in connection.execute("SELECT message FROM wattbook_state.warnings").fetchall()]
