"""When does a supervisor give a role up, and when does it try again?"""

import asyncio
import os

import pytest

from tests.end_to_end.processes import free_port
from tests.waiting import eventually
from wattbook import supervision
from wattbook.process import EXIT_CANNOT_RUN, EXIT_USAGE
from wattbook.supervision import Child


def child(*command: str) -> Child:
    """Return the supervisor of a command that finds no database."""
    nowhere = f"postgresql://127.0.0.1:{free_port()}/nowhere"
    return Child(command, {**os.environ, "WATTBOOK_DATABASE_URL": nowhere})


@pytest.mark.parametrize(("command", "code"), [("project", EXIT_CANNOT_RUN), ("receive", EXIT_USAGE)])
async def test_what_cannot_run_at_the_first_try_is_given_up_with_its_exit_code(command: str, code: int) -> None:
    started = child(command).start()
    assert await asyncio.wait_for(started.given_up(), 30) == code
    await started.stop()


async def test_a_role_that_could_run_is_tried_again_whatever_it_ends_with(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervision, "STEADY_S", 0.0)
    started = child("project").start()
    await eventually(lambda: caplog.text.count("project ended with exit code 3; starting it again") > 1, 40)
    await started.stop()
    assert await started.given_up() == 0
