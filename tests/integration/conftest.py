"""What do these tests share? An installed database, desks over it, a small disk, and a provider that does as told."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.postgres.installation import install
from projections import READ_MODELS
from tests.desk import Desk, busy_day, desk
from tests.importing import Importer
from tests.scripted_provider import ScriptedProvider, scripted_provider
from wattbook import sealing


@pytest.fixture
def installed(database: str) -> str:
    """URL of a fresh database with all that Wattbook needs."""
    install(database, READ_MODELS)
    return database


@pytest.fixture
async def new_desk(database: str) -> AsyncIterator[Desk]:
    """Yield a desk that knows nothing yet."""
    async with desk(database) as opened:
        yield opened


@pytest.fixture
async def trading(new_desk: Desk) -> Desk:
    """Return a desk that knows a busy day."""
    await new_desk.knows(*busy_day())
    return new_desk


@pytest.fixture
def importer(new_desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Importer:
    """Return whoever imports day files into the log of the new desk."""
    return Importer(new_desk, tmp_path, capsys)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every five events be sealed."""
    monkeypatch.setattr(sealing, "BLOCK", 5)


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    """A provider on a real socket."""
    async with scripted_provider() as scripted:
        yield scripted


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a real file system of 24 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        pytest.skip("not run: a full disk needs root and the right to mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
