"""Does the role ``receive`` bring everything that its lines hear into its journal?"""

import asyncio
import logging
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import datetime
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from adapters.exchange.line import LineOptions
from adapters.journal.entries import (
    LineConnected,
    LineDisconnected,
    MessageHeard,
    Noted,
    from_microseconds,
    journal_paths,
)
from adapters.journal.reader import open_journals
from adapters.journal.store import JournalStore
from domain.coverage import Connection, outages
from domain.errors import JournalClosedError
from tests.exchanges import exchange
from tests.journal_entries import noted, now
from tests.waiting import eventually
from wattbook.receive import receive
from wattbook.settings import Settings


def settings_for(folder: Path, *urls: str) -> Settings:
    return Settings.from_environment(
        {"WATTBOOK_EXCHANGE_URLS": ",".join(urls), "WATTBOOK_DATA_DIR": str(folder), "WATTBOOK_EXCHANGE_NAME": "epex"}
    )


def journalled(settings: Settings) -> list[Noted]:
    """Return everything in the journals, the oldest journal first."""
    found: list[Noted] = []
    for reader in open_journals(settings.journal_dir):
        with reader:
            found += noted(reader.read(1_000_000))
    return found


def messages_of(settings: Settings, line: str) -> list[bytes]:
    return [each.payload for each in journalled(settings) if isinstance(each, MessageHeard) and each.line == line]


@asynccontextmanager
async def receiving(settings: Settings, lines: tuple[int, ...] = ()) -> AsyncIterator[None]:
    """Run the role for a while; it must end well."""
    stop = asyncio.Event()
    role = asyncio.create_task(receive(settings, lines, stop))
    try:
        yield
    finally:
        stop.set()
        code = await asyncio.wait_for(role, 20)
    assert code == 0


async def send_five(line: ServerConnection) -> None:
    for number in range(5):
        await line.send(f"deal {number}")
    await line.wait_closed()


FIVE = [b"deal %d" % number for number in range(5)]


async def test_every_line_is_held_and_everything_is_in_the_journal(tmp_path: Path) -> None:
    async with exchange(send_five) as url:
        settings = settings_for(tmp_path, url, url)
        async with receiving(settings):
            await eventually(lambda: messages_of(settings, "epex/1") == messages_of(settings, "epex/2") == FIVE)
    found = journalled(settings)
    assert sorted(each.line for each in found if isinstance(each, LineConnected)) == ["epex/1", "epex/2"]
    losses = [(each.line, each.reason) for each in found if isinstance(each, LineDisconnected)]
    assert sorted(losses) == [("epex/1", "receiver stopped"), ("epex/2", "receiver stopped")]


async def test_a_stopped_receiver_leaves_nothing_to_settle(tmp_path: Path) -> None:
    async with exchange(send_five) as url:
        settings = settings_for(tmp_path, url)
        async with receiving(settings):
            await eventually(lambda: messages_of(settings, "epex/1") == FIVE)
    before = journalled(settings)
    (reader,) = open_journals(settings.journal_dir)
    with reader:
        assert reader.settle_if_abandoned(now())
        assert noted(reader.read(1_000)) == before


async def test_only_the_lines_asked_for_are_held(tmp_path: Path) -> None:
    async with exchange(send_five) as url:
        settings = settings_for(tmp_path, "ws://127.0.0.1:1", url)
        async with receiving(settings, (2, 2)):
            await eventually(lambda: messages_of(settings, "epex/2") == FIVE)
    assert {each.line for each in journalled(settings)} == {"epex/2"}


async def test_one_dead_line_does_not_hold_up_another(tmp_path: Path) -> None:
    async with exchange(send_five) as url:
        settings = settings_for(tmp_path, "ws://127.0.0.1:1", url)
        async with receiving(settings):
            await eventually(lambda: messages_of(settings, "epex/2") == FIVE)


async def test_two_receivers_side_by_side_have_a_journal_each(tmp_path: Path) -> None:
    async with exchange(send_five) as url:
        settings = settings_for(tmp_path, url)
        async with receiving(settings), receiving(settings):
            await eventually(lambda: messages_of(settings, "epex/1") == FIVE * 2)
    readers = list(open_journals(settings.journal_dir))
    assert len(readers) == 2
    for reader in readers:
        reader.close()


async def test_a_burst_on_two_lines_is_journalled_whole(tmp_path: Path) -> None:
    burst = [b"%d" % number for number in range(5_000)]

    async def send_burst(line: ServerConnection) -> None:
        for message in burst:
            await line.send(message)
        await line.wait_closed()

    async with exchange(send_burst) as url:
        settings = settings_for(tmp_path, url, url)
        async with receiving(settings):
            await eventually(lambda: messages_of(settings, "epex/1") == messages_of(settings, "epex/2") == burst)


async def test_without_a_journal_nothing_is_received(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").write_text("a file in the way")
    settings = settings_for(tmp_path / "data", "ws://127.0.0.1:1")
    assert await receive(settings, (), asyncio.Event()) == 3
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


CHILD = """
import asyncio, sys
from adapters.exchange.line import LineOptions
from wattbook.receive import receive
from wattbook.settings import Settings

settings = Settings.from_environment({"WATTBOOK_EXCHANGE_URLS": sys.argv[1], "WATTBOOK_DATA_DIR": sys.argv[2]})
options = LineOptions(ping_interval_s=float(sys.argv[4]), silence_s=float(sys.argv[3]))
sys.exit(asyncio.run(receive(settings, (), asyncio.Event(), options)))
"""


@asynccontextmanager
async def receiver_process(
    url: str, folder: Path, silence_s: float = 20, ping_interval_s: float = 0.1
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the role in a process of its own; it is killed at the end."""
    arguments = (url, str(folder), str(silence_s), str(ping_interval_s))
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, *arguments)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def test_a_receiver_whose_journal_is_written_no_more_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(store: JournalStore) -> None:
        raise SystemExit

    monkeypatch.setattr(JournalStore, "commit", end)
    async with exchange(send_five) as url, asyncio.timeout(20):
        with pytest.raises(ExceptionGroup) as found:
            await receive(settings_for(tmp_path, url), (), asyncio.Event(), LineOptions(ping_interval_s=0.05))
    assert found.value.subgroup(JournalClosedError) is not None


async def test_a_killed_receiver_keeps_what_it_heard_and_its_loss_is_dated(tmp_path: Path) -> None:
    async with exchange(send_five) as url:
        settings = settings_for(tmp_path, url)
        async with receiver_process(url, tmp_path) as child:
            await eventually(lambda: messages_of(settings, "exchange/1") == FIVE)
        assert child.returncode == -signal.SIGKILL
        (reader,) = open_journals(settings.journal_dir)
        with reader:
            assert reader.settle_if_abandoned(now())
            loss = noted(reader.read(100))[-1]
    assert isinstance(loss, LineDisconnected)
    assert loss.reason == "receiver ended"
    assert loss.connected_at <= loss.last_heard_at <= loss.at


def known_to_work_until(settings: Settings) -> list[datetime]:
    """Return up to when each open connection is noted to have worked, by the start of its receiver."""
    found: list[datetime] = []
    for path in journal_paths(settings.journal_dir):
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute("SELECT last_heard_at FROM open_connections").fetchall()
            found += [from_microseconds(at) for (at,) in rows]
    return found


async def test_receivers_of_quiet_lines_that_are_killed_in_turn_leave_no_gap(tmp_path: Path) -> None:
    async def say_nothing(line: ServerConnection) -> None:
        await line.wait_closed()

    async with exchange(say_nothing) as url, AsyncExitStack() as stack:
        settings = settings_for(tmp_path, url)

        started: list[asyncio.subprocess.Process] = []

        async def start() -> None:
            started.append(await stack.enter_async_context(receiver_process(url, tmp_path)))

        async def both_listen() -> None:
            await eventually(lambda: len(known_to_work_until(settings)) == len(started))
            since = now()
            await eventually(lambda: sum(at > since for at in known_to_work_until(settings)) == 2)

        await start()
        await start()
        await both_listen()
        for receiver in started[:2]:
            receiver.kill()
            await receiver.wait()
            await start()
            await both_listen()
        for reader in open_journals(settings.journal_dir):
            with reader:
                reader.settle_if_abandoned(now())

        found = journalled(settings)
    ends = {each.connection: each.last_heard_at for each in found if isinstance(each, LineDisconnected)}
    connections = [Connection(each.at, ends.get(each.connection)) for each in found if isinstance(each, LineConnected)]
    assert (len(connections), len(ends)) == (4, 2)
    assert outages(connections) == ()


async def test_a_receiver_that_was_held_up_reads_on_without_losing_its_line(tmp_path: Path) -> None:
    sent: list[bytes] = []
    held_up = asyncio.Event()
    enough = asyncio.Event()

    async def send_steadily(line: ServerConnection) -> None:
        while not enough.is_set():
            sent.append(b"deal %d" % len(sent))
            await line.send(sent[-1])
            if held_up.is_set() and len(sent) > 250:
                enough.set()
            await asyncio.sleep(0.01)
        await line.wait_closed()

    async with exchange(send_steadily) as url, receiver_process(url, tmp_path, silence_s=1) as child:
        settings = settings_for(tmp_path, url)
        await eventually(lambda: len(messages_of(settings, "exchange/1")) > 20)
        child.send_signal(signal.SIGSTOP)
        held_up.set()
        await enough.wait()
        child.send_signal(signal.SIGCONT)
        await eventually(lambda: messages_of(settings, "exchange/1") == sent)
        assert [type(each) for each in journalled(settings) if not isinstance(each, MessageHeard)] == [LineConnected]


async def test_a_line_that_is_not_encrypted_is_warned_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_for(tmp_path, "ws://wattbook.invalid/deals", "ws://127.0.0.1:1", "wss://wattbook.invalid")
    async with receiving(settings):
        await eventually(lambda: caplog.text.count("cannot be opened") == 3)
    (warning,) = [record.getMessage() for record in caplog.records if "Not encrypted" in record.getMessage()]
    assert warning.startswith("Not encrypted: epex/1. ")
