"""Does a receiver take over only when it holds the lines itself, and stop only the very process it means?"""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from websockets.asyncio.server import ServerConnection

from adapters.exchange.line import Line
from adapters.journal.holders import Holder, holders
from adapters.journal.promise import OWNER_AT
from domain.errors import CannotReplaceError
from tests.exchanges import RawLine, exchange, raw_exchange, stay
from tests.held_line import Notebook, held, now
from tests.integration.test_receive import receiver_process, settings_for
from tests.waiting import eventually
from wattbook.receive import receive
from wattbook.replacement import Replacement
from wattbook.settings import Settings


async def say_nothing(line: ServerConnection) -> None:
    await line.wait_closed()


@contextmanager
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that no receiver may touch."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        yield process
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


@contextmanager
def locked(settings: Settings, content: bytes) -> Iterator[Path]:
    """Hold the lock of a journal of this folder, with *content* in it."""
    settings.journal_dir.mkdir(parents=True, exist_ok=True)
    path = settings.journal_dir / "20260101T000000.000000Z-00000000.lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        os.pwrite(lock, content, OWNER_AT)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(lock)


def of_process(pid: int, *lines: str, supervised: bool = False) -> Holder:
    """Return what a receiver of this id would write, its true start included."""
    itself = "import sys; from adapters.journal import holders; print(holders._started(int(sys.argv[1])))"
    started = subprocess.run([sys.executable, "-c", itself, str(pid)], capture_output=True, text=True, check=True)
    return Holder(pid, started.stdout.strip(), lines, supervised)


NEW = Holder.of_this_process(["epex/1", "epex/2"], supervised=False)


def test_a_receiver_is_known_while_it_holds_its_lock(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with bystander() as process:
        holder = of_process(process.pid, "epex/1")
        with locked(settings, holder.to_bytes()):
            assert holders(settings.journal_dirs) == [holder]
        assert holders(settings.journal_dirs) == []


@pytest.mark.parametrize("content", [b"", b"7", b"{}", b"\xff", json.dumps({"pid": "x"}).encode()])
def test_a_lock_that_says_nothing_names_nobody(tmp_path: Path, content: bytes) -> None:
    settings = settings_for(tmp_path)
    with locked(settings, content):
        assert holders(settings.journal_dirs) == []


def test_a_process_that_has_the_id_of_a_dead_receiver_is_never_signalled(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with bystander() as process:
        recycled = replace(of_process(process.pid, "epex/1"), started="some boot, some namespace, 1")
        with locked(settings, recycled.to_bytes()):
            assert holders(settings.journal_dirs) == []
            assert not recycled.ask_to_stop()


def test_a_process_is_asked_to_stop_once_it_is_the_one_meant() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    holder = of_process(process.pid, "epex/1")
    assert holder.runs
    assert holder.ask_to_stop()
    process.communicate()
    assert process.returncode == -signal.SIGTERM
    assert not holder.ask_to_stop()


def test_a_receiver_of_run_is_replaced_by_run_alone(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with bystander() as process:
        older = of_process(process.pid, "epex/1", supervised=True)
        with locked(settings, older.to_bytes()):
            with pytest.raises(CannotReplaceError, match="SIGHUP"):
                Replacement.by(NEW, settings)
            assert Replacement.by(replace(NEW, supervised=True), settings).older == [older]


def test_a_receiver_that_holds_another_line_too_is_not_replaced(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with bystander() as process:
        both = of_process(process.pid, "epex/2", "epex/3")
        with locked(settings, both.to_bytes()), pytest.raises(CannotReplaceError, match="also holds epex/3"):
            Replacement.by(NEW, settings)
        with locked(settings, replace(both, lines=("epex/3",)).to_bytes()):
            assert Replacement.by(NEW, settings).older == []


async def test_a_line_is_proved_while_the_exchange_keeps_it() -> None:
    async with exchange(say_nothing) as url, held(url, proving=True) as notebook:
        await eventually(notebook.proved.is_set)
    assert not notebook.proved.is_set()


async def test_a_line_that_the_exchange_opens_and_closes_again_is_never_proved() -> None:
    async def refuse(line: ServerConnection) -> None:
        await line.close(1008, "one listener only")

    async with exchange(refuse) as url, held(url, proving=True) as notebook:
        await eventually(lambda: len(notebook.losses) >= 10)
        assert not notebook.proved.is_set()


async def test_a_line_that_answers_no_ping_is_proved_when_it_was_kept_for_a_while() -> None:
    async with raw_exchange(stay) as url, held(url, proving=True) as notebook:
        await eventually(notebook.proved.is_set)


async def test_where_the_exchange_allows_no_second_listener_the_old_one_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wattbook.replacement.PROVED_WITHIN_S", 1.0)

    async def refuse(line: RawLine) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        line.writer.write(b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n")
        await line.writer.drain()

    listening = asyncio.Event()

    async def listen(line: RawLine) -> None:
        listening.set()
        await stay(line)

    async with raw_exchange(listen, refuse) as url, receiver_process(url, tmp_path) as older:
        settings = Settings.from_environment({"WATTBOOK_EXCHANGE_URLS": url, "WATTBOOK_DATA_DIR": str(tmp_path)})
        await eventually(lambda: [each.pid for each in holders(settings.journal_dirs)] == [older.pid])
        await listening.wait()
        assert await receive(settings, (), asyncio.Event(), replace=True) == 3
        assert older.returncode is None
        assert [each.pid for each in holders(settings.journal_dirs)] == [older.pid]
    assert f"process {older.pid} goes on untouched" in caplog.text
    assert "exchange/1 could not be held" in caplog.text


async def test_an_older_receiver_that_does_not_end_is_told_and_not_waited_for_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wattbook.replacement.ENDED_WITHIN_S", 0.2)
    settings = settings_for(tmp_path)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); input()"
    older = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", deaf), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert older.stdout is not None
    await older.stdout.readline()
    line = Line("epex/1", "ws://127.0.0.1:1", journal=Notebook(), clock=now, random=Random(1))
    line.proved.set()
    try:
        with locked(settings, of_process(older.pid, "epex/1").to_bytes()):
            assert await Replacement.by(NEW, settings).take_over([line], asyncio.Event())
        assert older.returncode is None
    finally:
        older.kill()
        await older.wait()
    assert f"Process {older.pid} was asked to stop and does not end" in caplog.text
