"""Does the command ``status`` answer whatever state things are in?"""

from pathlib import Path

import pytest

from adapters.postgres.installation import install
from projections import READ_MODELS
from tests.broken_journals import damaged, garbage
from tests.journal_entries import LATER
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
