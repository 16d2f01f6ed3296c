"""How do tests run Wattbook as its users do: real processes, killed and started again at will?"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil  # type: ignore[import-untyped]
import pytest

from tests.waiting import eventually

START_WITHIN_S = 40.0
COMMAND_WITHIN_S = 60.0
ROLES = ("receive", "record", "project", "serve")


class Role:
    """One process of Wattbook, started again under the same log as often as it is killed."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self.arguments = arguments
        self.log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, f"{self.arguments} was never started"
        return self._process

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "wattbook", *self.arguments],
                env=self._environment,
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def kill(self) -> None:
        """End it as a power cut would: nothing of it runs any more afterwards."""
        self.process.kill()
        self.process.wait()

    async def end(self, number: signal.Signals = signal.SIGTERM, within_s: float = 30) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(number)
        return await self.ended(within_s)

    async def ended(self, within_s: float = 30) -> int:
        """Wait until it has ended; return its exit code."""
        try:
            await eventually(lambda: self.process.poll() is not None, within_s)
        except TimeoutError:
            pytest.fail(f"{self.arguments} does not end\n{self.text()}", pytrace=False)
        code = self.process.returncode
        assert isinstance(code, int)
        return code

    def callers(self) -> int:
        """Return how many network connections it holds."""
        held = psutil.Process(self.process.pid).net_connections("tcp")
        return sum(each.status == psutil.CONN_ESTABLISHED for each in held)

    def text(self, last: int = 6_000) -> str:
        """Return the end of what it logged."""
        return self.log.read_bytes()[-last:].decode(errors="replace") if self.log.exists() else ""


class Wattbook:
    """A whole installation: one data folder, one environment, and the roles that run on it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.port = free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("WATTBOOK_")}
        self.environment |= {
            "WATTBOOK_DATA_DIR": str(self.data_dir),
            "WATTBOOK_PORT": str(self.port),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **{f"WATTBOOK_{name.upper()}": value for name, value in settings.items()},
        }
        self.roles: list[Role] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str) -> Role:
        """Start a role; with the same arguments twice, a second process of it."""
        name = "-".join(part.strip("-") for part in arguments)
        same = sum(role.arguments == arguments for role in self.roles)
        role = Role(arguments, self.environment, self.folder / f"{name}{f'-{same + 1}' if same else ''}.log")
        self.roles.append(role)
        return role.start()

    async def command(self, *arguments: str, **settings: str) -> "Ran":
        """Run a command to its end; *settings* are changed for it alone."""
        environment = self.environment | {f"WATTBOOK_{name.upper()}": value for name, value in settings.items()}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "wattbook", *arguments,
            env=environment, cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(COMMAND_WITHIN_S):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            pytest.fail(f"wattbook {' '.join(arguments)} does not end", pytrace=False)
        assert process.returncode is not None
        return Ran(process.returncode, out, err.decode(errors="replace"))

    async def until(self, condition: Callable[[], bool | Awaitable[bool]], within_s: float = START_WITHIN_S) -> None:
        """Wait for *condition*; where it does not come true, fail with what the roles logged."""
        async with self.patience(within_s):
            await eventually(condition, within_s)

    @asynccontextmanager
    async def patience(self, within_s: float = START_WITHIN_S) -> AsyncIterator[None]:
        """Where what is awaited inside does not come in time, fail with what the roles logged."""
        try:
            async with asyncio.timeout(within_s):
                yield
        except TimeoutError:
            logs = "\n".join(f"--- {' '.join(role.arguments)}\n{role.text()}" for role in self.roles)
            pytest.fail(f"it did not come within {within_s} s\n{logs}")

    def processes(self) -> list[int]:
        """Return the ids of all processes of this data folder, PostgreSQL's included."""
        return [process.pid for process in psutil.process_iter() if self._belongs(process)]

    def role_processes(self) -> dict[str, int]:
        """Return the process id of each of the four roles that runs here, whoever started it."""
        found: dict[str, int] = {}
        for pid in self.processes():
            with suppress(psutil.Error):
                found |= {name: pid for name in psutil.Process(pid).cmdline()[3:4] if name in ROLES}
        return found

    def _belongs(self, process: "psutil.Process") -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            ours = process.environ().get("WATTBOOK_DATA_DIR") == str(self.data_dir)
            return ours or str(self.data_dir) in " ".join(process.cmdline())
        except psutil.Error:
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for role in self.roles:
            if role.running:
                role.kill()
        for pid in self.processes():
            # What a test that failed left behind.
            os.kill(pid, signal.SIGKILL)


class Ran:
    """A command that has ended."""

    def __init__(self, code: int, out: bytes, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def text(self) -> str:
        return self.out.decode()

    def __repr__(self) -> str:
        return f"<exit {self.code}\n{self.out.decode(errors='replace')}\n{self.err}>"


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
