"""Does the embedded server live exactly as long as somebody on this machine uses it?"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adapters.postgres.embedded import SERVICE_ROLE, EmbeddedPostgres
from adapters.postgres.installation import install
from domain.errors import DatabaseUnavailableError
from projections import READ_MODELS

ROOT = Path(__file__).parents[2]
USER = """
import sys
from pathlib import Path
from adapters.postgres.embedded import EmbeddedPostgres

server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.url, flush=True)
sys.stdin.readline()
server.stop()
print("left", flush=True)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="wattbook-embedded-", ignore_cleanup_errors=True) as path:
        yield Path(path) / "data"


class Role:
    """Another process that uses the server in *folder*."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(folder)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def url(self) -> str:
        """Wait until it uses the server, and return the URL that it uses."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate("leave\n", timeout=60)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def roles(folder: Path) -> Iterator[tuple[Role, Role]]:
    both = Role(folder), Role(folder)
    yield both
    for role in both:
        if role.process.poll() is None:
            role.kill()
    stop_what_is_left(folder)


def servers_in(folder: Path) -> list[int]:
    """Return the PostgreSQL servers whose data lies in *folder*."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"postgres" in command[0] and str(folder / "postgres").encode() in command:
                found.append(int(entry.name))
    return found


def stop_what_is_left(folder: Path) -> None:
    for pid in servers_in(folder):
        os.kill(pid, signal.SIGQUIT)


def answers(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_two_processes_share_one_server_and_the_last_to_leave_stops_it(folder: Path, roles: tuple[Role, Role]) -> None:
    one, other = roles
    url = one.url()
    assert other.url() == url
    assert len(servers_in(folder)) == 1
    one.leave()
    assert answers(url)
    other.leave()
    assert servers_in(folder) == []


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_a_killed_process_neither_stops_the_server_nor_keeps_it_alive(folder: Path, roles: tuple[Role, Role]) -> None:
    killed, last = roles
    url = killed.url()
    last.url()
    killed.kill()
    assert answers(url)
    last.leave()
    assert servers_in(folder) == []


def test_a_server_can_be_left_and_started_again_with_what_it_held(folder: Path) -> None:
    for start in range(3):
        server = EmbeddedPostgres(folder)
        server.start()
        try:
            with psycopg.connect(server.url) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS starts (n int)")
                held = connection.execute("SELECT count(*) FROM starts").fetchone()
                connection.execute("INSERT INTO starts VALUES (1)")
            assert held == (start,)
        finally:
            server.stop()
        assert servers_in(folder) == []


def test_a_server_that_was_killed_is_started_again(folder: Path) -> None:
    first = EmbeddedPostgres(folder)
    first.start()
    (pid,) = servers_in(folder)
    os.kill(pid, signal.SIGKILL)
    first.stop()
    second = EmbeddedPostgres(folder)
    second.start()
    try:
        assert answers(second.url)
    finally:
        second.stop()
        stop_what_is_left(folder)


def test_the_service_has_a_role_of_its_own(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    try:
        install(server.url, READ_MODELS, service_role=SERVICE_ROLE)
        with psycopg.connect(server.service_url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (SERVICE_ROLE,)
    finally:
        server.stop()


def test_leaving_twice_or_without_having_started_does_nothing(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.stop()
    server.start()
    server.stop()
    server.stop()
    assert servers_in(folder) == []


def test_a_folder_that_cannot_be_used_is_named(folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file, no folder")
    with pytest.raises(DatabaseUnavailableError, match=str(folder)):
        EmbeddedPostgres(folder).start()
