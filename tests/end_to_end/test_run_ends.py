"""Whenever it is stopped, nothing is left; and the database comes back if it dies under it."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.end_to_end.client import Client
from tests.end_to_end.processes import Wattbook


@pytest.mark.parametrize("after_s", [0.3, 0.8, 1.1, 1.5])
async def test_a_stop_while_starting_leaves_no_process(tmp_path: Path, after_s: float) -> None:
    with Wattbook(tmp_path) as installation:
        demo = installation.start("run", "--demo")
        time.sleep(after_s)  # noqa: ASYNC251 - the moment of the stop is what is tried out
        # On a busy machine the first comes before there is anything that could handle it.
        early = (-signal.SIGTERM,) if after_s == 0.3 else ()
        assert await demo.end(signal.SIGTERM) in (0, 130, *early)
        await installation.until(lambda: not installation.processes())


async def test_the_embedded_database_is_started_again_when_it_dies(tmp_path: Path) -> None:
    with Wattbook(tmp_path) as installation:
        demo = installation.start("run", "--demo")
        desk = Client(installation.url)
        await installation.until(desk.ready)
        before = _postmaster(installation)
        os.kill(before, signal.SIGKILL)
        await installation.until(lambda: _postmaster(installation) not in (0, before))
        await installation.until(desk.ready)
        assert await demo.end() == 0
        await installation.until(lambda: not installation.processes())


def _postmaster(installation: Wattbook) -> int:
    """Return the process id in PostgreSQL's own file, 0 while there is none."""
    file = installation.data_dir / "postgres" / "postmaster.pid"
    lines = file.read_text().splitlines() if file.exists() else []
    return int(lines[0]) if lines else 0


async def test_a_second_run_in_one_folder_is_refused_before_it_records_anything(tmp_path: Path) -> None:
    with Wattbook(tmp_path) as installation:
        demo = installation.start("run", "--demo")
        await installation.until(Client(installation.url).ready)
        second = await installation.command("run", "--demo", port="0")
        assert second.code == 3
        assert f"already runs in {installation.data_dir}" in second.err
        assert str(demo.process.pid) in second.err
        assert await demo.end() == 0
