"""What do the tests of one adapter share? An installed database, and a provider that does as told."""

from collections.abc import AsyncIterator

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
