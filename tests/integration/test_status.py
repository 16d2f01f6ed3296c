"""Does the command ``status`` answer whatever state things are in?"""

from pathlib import Path

import pytest

from adapters.journal.holders import Holder
from adapters.journal.writer import JournalWriter
from adapters.postgres.installation import install
from projections import READ_MODELS
from tests.broken_journals import damaged, garbage
from tests.desk import desk
from tests.journal_entries import LATER
from tests.notation import connected, lost
from wattbook.process import utc_now
from wattbook.settings import Settings
from wattbook.status import status


async def test_a_journal_that_cannot_be_read_is_a_problem_with_its_path(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    install(database, READ_MODELS)
    settings = Settings.from_environment({"WATTBOOK_DATA_DIR": str(tmp_path)})
    broken = [garbage(settings.journal_dir), damaged(settings.journal_dir, LATER)]

    assert await status(settings, database, as_json=False) == 1

    told = capsys.readouterr().out
    assert [f"unreadable journal {path}" in told for path in broken] == [True, True], told


async def test_a_line_is_told_with_its_last_loss_and_outages_that_no_file_told_are_counted(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings.from_environment({"WATTBOOK_DATA_DIR": str(tmp_path)})
    line = connected("exchange/1", "06:00:00")
    async with desk(database) as trading:
        await trading.knows(line, lost(line, "07:00:00", last_heard="06:59:54"))

    await status(settings, database, as_json=False)

    told = capsys.readouterr().out
    assert ", lost once, last 2023-02-06T06:59:54Z (" in told
    assert "noticed after 6 s" in told
    assert "1 of which no day file told all deals, the oldest from 2023-02-06T06:59:54Z" in told


async def test_a_line_that_no_process_holds_is_named(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    install(database, READ_MODELS)
    settings = Settings.from_environment(
        {"WATTBOOK_DATA_DIR": str(tmp_path), "WATTBOOK_EXCHANGE_URLS": "ws://127.0.0.1:1,ws://127.0.0.1:2"}
    )
    owner = Holder.of_this_process(["exchange/1"], supervised=False)
    with JournalWriter(settings.journal_dir, utc_now, owner=owner.to_bytes()):
        await status(settings, database, as_json=False)

    told = capsys.readouterr().out
    assert "no process of this machine holds exchange/2" in told
    assert "holds exchange/1" not in told
