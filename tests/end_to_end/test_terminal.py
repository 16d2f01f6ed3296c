"""The terminal in which something was started is closed: it ends as on Ctrl-C, unless it was to outlive it."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import Self

import pytest

from tests.end_to_end.client import Client
from tests.end_to_end.lines import Exchange
from tests.end_to_end.processes import Role, Wattbook
from tests.end_to_end.stream import deal_stream

SEED = 31


class InTerminal(Role):
    """A command that somebody typed into a window; what it logs is kept elsewhere, to be read when that is closed."""

    nohup = False

    def start(self) -> Self:
        self._window, terminal = pty.openpty()

        def before() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY)
            if self.nohup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "wattbook", *self.arguments],
                env=self._environment, cwd=self.log.parent, stdin=terminal, stdout=terminal, stderr=log,
                start_new_session=True, preexec_fn=before,  # noqa: PLW1509 - the process has this one thread
            )  # fmt: skip
        os.close(terminal)
        return self

    def close_window(self) -> None:
        os.close(self._window)


def typed(wattbook: Wattbook, command: str, *, nohup: bool = False) -> InTerminal:
    """Type *command* into a window of its own."""
    role = InTerminal((command,), wattbook.environment, wattbook.folder / f"{command}.log")
    role.nohup = nohup
    wattbook.roles.append(role)
    return role.start()


async def test_a_closed_terminal_stops_everything_in_order(tmp_path: Path, exchange: Exchange) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls()) as wattbook:
        everything = typed(wattbook, "run")
        await wattbook.until(exchange.listening)
        await wattbook.until(Client(wattbook.url).ready)
        async with deal_stream(exchange, SEED) as stream:
            await stream.more(50)
            everything.process.send_signal(signal.SIGHUP)
            await wattbook.until(lambda: everything.text().count("the one before ended with 0") == 2, 60)
            await stream.more(50)
            everything.close_window()
        assert await everything.ended() == 0
        await wattbook.until(lambda: not wattbook.processes())
        assert list((wattbook.data_dir / "journal").glob("*.sqlite")) == [], "what was heard is recorded"
        assert "Traceback" not in everything.text(100_000)


@pytest.mark.parametrize(("role", "when"), [("record", "no reference prices"), ("serve", "is ready")])
async def test_a_role_whose_terminal_is_closed_ends_and_leaves_nothing_behind(
    tmp_path: Path, role: str, when: str
) -> None:
    with Wattbook(tmp_path) as wattbook:
        alone = typed(wattbook, role)
        await wattbook.until(lambda: when in alone.text())
        alone.close_window()
        assert await alone.ended() == 0
        await wattbook.until(lambda: not wattbook.processes())
        assert "Traceback" not in alone.text()


async def test_what_is_to_outlive_its_terminal_does(tmp_path: Path, database: str, exchange: Exchange) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database) as wattbook:
        recorder = typed(wattbook, "record", nohup=True)
        for role in ("receive", "project", "serve"):
            wattbook.start(role)
        desk = Client(wattbook.url)
        await wattbook.until(exchange.listening)
        await wattbook.until(desk.ready)
        async with deal_stream(exchange, SEED) as stream:
            await stream.more(20)
            recorder.close_window()
            await stream.more(20)

        async def all_recorded() -> bool:
            return len(await desk.deals()) == len(stream.spoken)

        await wattbook.until(all_recorded)
        assert await recorder.end() == 0
