"""The short form of the chaos: seeds that once failed stay here for ever, beside one that is fixed."""

from pathlib import Path

import pytest

from tests.chaos.run import chaos
from tests.fault_matrix.faulted import faulted

SEEDS = (1,)
"""Add a seed that failed in ``make chaos`` here."""

KILLS = 4


@pytest.mark.parametrize("seed", SEEDS)
async def test_random_kills_and_cuts_lose_double_and_invent_nothing(tmp_path: Path, database: str, seed: int) -> None:
    async with faulted(tmp_path, database) as desk:
        story = await chaos(desk, seed, KILLS)
    assert all(story.faults[f"kill {name}"] == KILLS for name in ("receive", "record", "project", "serve"))
