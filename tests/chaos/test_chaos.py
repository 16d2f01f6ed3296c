"""The short form of the chaos: seeds that once failed stay here for ever, beside one that is fixed."""

from pathlib import Path

import pytest

from tests.chaos.run import chaos
from tests.fault_matrix.faulted import faulted
from tests.servers import server_of_its_own

SEEDS = (1,)
"""Add a seed that failed in ``make chaos`` here."""

KILLS = 3


@pytest.mark.parametrize("seed", SEEDS)
async def test_random_kills_and_cuts_lose_double_and_invent_nothing(tmp_path: Path, seed: int) -> None:
    with server_of_its_own() as server:
        async with faulted(tmp_path, server.get_uri()) as desk:
            story = await chaos(desk, server, seed, KILLS)
    assert story.told_outages, "both receivers were killed at once"
    print(story)
    assert all(story.faults[f"kill {name}"] == KILLS for name in ("receive", "record", "project", "serve"))
