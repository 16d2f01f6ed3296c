"""One command runs everything, ends cleanly, and leaves nothing behind however it ends."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from tests.end_to_end.client import Client, Json
from tests.end_to_end.documents import PERFORMANCE_CHANGED
from tests.end_to_end.processes import Role, Wattbook, free_port

RETURNED = {
    "feeds",
    "logPosition",
    "openRejections",
    "projectionPosition",
    "referencePriceFetchedAt",
    "serverTime",
    "completeUpTo",
    "untoldOutages",
    "warnings",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder with the embedded database, on which the demo is started again and again."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def installation(folder: Path) -> Iterator[Wattbook]:
    """The demo's installation; a test that fails leaves no process of it to the next one."""
    with Wattbook(folder) as wattbook:
        yield wattbook


async def test_the_demo_moves_within_seconds_and_every_role_is_well(installation: Wattbook) -> None:
    demo, desk = await _demo(installation)
    day = await _day_with_deals(installation, desk)
    async with desk.follow(PERFORMANCE_CHANGED, trader=None, day=day) as changes, installation.patience():
        first = await changes.next()
        while (moved := await changes.next())["total"] == first["total"] or moved["total"]["light"] == "UNKNOWN":
            pass
    assert int(moved["knowledge"]["position"]) > int(first["knowledge"]["position"])
    status, page = await desk.get("/")
    assert status == 200
    assert "<title>" in page
    ran = await installation.command("status", "--json")
    health = json.loads(ran.out)
    assert (ran.code, health["ok"]) == (0, True), ran
    assert set(health) == RETURNED | {"ok"}
    assert [feed["state"] for feed in health["feeds"]] == ["CONNECTED", "CONNECTED"]
    assert await demo.end(signal.SIGINT) == 0
    await installation.until(lambda: not installation.processes())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_stop_leaves_no_process_and_the_next_start_goes_on(
    installation: Wattbook, number: signal.Signals
) -> None:
    demo, desk = await _demo(installation)
    await _day_with_deals(installation, desk)
    assert await demo.end(number) == 0
    await installation.until(lambda: not installation.processes())
    assert _journals(installation) == []
    before = await _positions(installation)
    demo, desk = await _demo(installation)

    async def goes_on() -> bool:
        return bool(await desk.events(filter={"after": str(len(before)), "until": str(len(before) + 1)}))

    await installation.until(goes_on)
    assert await demo.end(number) == 0
    await installation.until(lambda: not installation.processes())
    after = await _positions(installation)
    assert after == list(range(1, len(after) + 1))
    assert after[: len(before)] == before
    assert len(after) > len(before)


async def test_when_the_supervisor_is_killed_all_its_roles_end_by_themselves(installation: Wattbook) -> None:
    demo, _ = await _demo(installation)
    demo.kill()
    await installation.until(lambda: not installation.processes())
    assert "Traceback" not in demo.text()
    demo, _ = await _demo(installation)
    assert await demo.end() == 0


async def test_a_role_that_is_killed_is_started_again(installation: Wattbook) -> None:
    demo, desk = await _demo(installation)
    killed = installation.role_processes()
    assert set(killed) == {"receive", "record", "project", "serve"}
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    await installation.until(lambda: _all_are_new(installation.role_processes(), killed))
    await installation.until(desk.ready)
    assert await demo.end() == 0
    await installation.until(lambda: not installation.processes())


async def test_each_line_is_held_by_a_process_of_its_own(installation: Wattbook) -> None:
    demo, _ = await _demo(installation)
    commands = [psutil.Process(pid).cmdline() for pid in installation.processes()]
    receivers = [command[-1] for command in commands if command[3:4] == ["receive"]]
    assert sorted(receivers) == ["1", "2"]
    assert await demo.end() == 0
    await installation.until(lambda: not installation.processes())


async def test_where_a_machine_is_full_the_projector_alone_stands_back(installation: Wattbook) -> None:
    demo, desk = await _demo(installation)
    await installation.until(desk.ready)
    niceness = {role: psutil.Process(pid).nice() for role, pid in installation.role_processes().items()}
    assert niceness.pop("project") > max(niceness.values())
    assert set(niceness.values()) == {psutil.Process().nice()}
    assert await demo.end() == 0
    await installation.until(lambda: not installation.processes())


async def test_a_demo_is_never_mixed_with_real_deals(installation: Wattbook) -> None:
    demo, desk = await _demo(installation)
    await _day_with_deals(installation, desk)
    assert await demo.end() == 0
    for role in ("run", "record"):
        refused = await installation.command(role, exchange_urls="ws://127.0.0.1:1/deals")
        assert refused.code == 2
        assert "demo" in refused.err
        assert "WATTBOOK_DATA_DIR" in refused.err
    assert not installation.processes()


async def _demo(installation: Wattbook) -> tuple[Role, Client]:
    """Start the demo on a free port; return it and the desk's client when it answers."""
    installation.port = free_port()
    installation.environment["WATTBOOK_PORT"] = str(installation.port)
    demo = installation.start("run", "--demo")
    desk = Client(installation.url)
    await installation.until(desk.ready)
    return demo, desk


async def _day_with_deals(installation: Wattbook, desk: Client) -> str:
    """Wait for a deal; return its delivery day."""
    found: list[Json] = []

    async def deals() -> bool:
        answer = await desk.ask("{ deals(first: 1) { edges { node { period { day } } } } }")
        found[:] = answer["deals"]["edges"]
        return bool(found)

    await installation.until(deals)
    day: str = found[0]["node"]["period"]["day"]
    return day


def _all_are_new(now: dict[str, int], before: dict[str, int]) -> bool:
    return now.keys() == before.keys() and not set(now.values()) & set(before.values())


async def _positions(installation: Wattbook) -> list[int]:
    """Return all positions of the log, read with the URL that the command prints."""
    holder = installation.start("project")
    found: list[int] = []
    try:
        ran = await installation.command("database")
        assert ran.code == 0, ran

        async def read() -> bool:
            # The command may have been the last to leave the server before the holder came and started it again.
            with suppress(psycopg.OperationalError):
                async with await psycopg.AsyncConnection.connect(ran.text.strip()) as connection:
                    cursor = await connection.execute("SELECT notification_id FROM wattbook.events ORDER BY 1")
                    found[:] = [position for (position,) in await cursor.fetchall()]
                    return True
            return False

        await installation.until(read)
    finally:
        assert await holder.end() in (0, 130)
    return found


def _journals(installation: Wattbook) -> list[Path]:
    """Return the journals that still hold something, finished or not."""
    folder = installation.data_dir / "journal"
    return sorted([*folder.glob("*.sqlite*"), *folder.glob("*.unfinished")])
