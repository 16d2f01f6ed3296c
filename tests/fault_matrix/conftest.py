"""What do the rows of the fault matrix share? An installation with a proxy on every path."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.fault_matrix.faulted import Faulted, faulted


@pytest_asyncio.fixture
async def desk(tmp_path: Path, database: str) -> AsyncIterator[Faulted]:
    async with faulted(tmp_path, database) as installation:
        yield installation
