"""What do the tests of one adapter share? An installed database, a small disk, and a provider that does as told."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.postgres.installation import install
from projections import READ_MODELS
from tests.scripted_provider import ScriptedProvider, scripted_provider


@pytest.fixture
def installed(database: str) -> str:
    """URL of a fresh database with all that Wattbook needs."""
    install(database, READ_MODELS)
    return database


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
