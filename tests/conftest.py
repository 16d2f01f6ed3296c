"""Which PostgreSQL do the tests run on? One embedded server a session, one fresh database a test."""

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from tests.memory import folder_in_memory

POSTGRES_ROOM_BYTES: Final = 4 * 1024**3

hypothesis.settings.register_profile("ci", derandomize=True, max_examples=50, deadline=None, database=None)
hypothesis.settings.register_profile("search", max_examples=2_000, deadline=None)
hypothesis.settings.load_profile("ci")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of an embedded PostgreSQL in a temporary folder, stopped and removed at the end.

    In memory, where a fresh database takes a fifth of the time: it is some three hundred files.
    """
    place = folder_in_memory(POSTGRES_ROOM_BYTES)
    with tempfile.TemporaryDirectory(prefix="wattbook-tests-", dir=place, ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            with psycopg.connect(server.url, autocommit=True) as connection:
                # Nothing here has to survive a power cut, and DROP DATABASE waits for a checkpoint.
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("ALTER SYSTEM SET full_page_writes = off")
                connection.execute("ALTER SYSTEM SET max_wal_size = '256MB'")
                connection.execute("SELECT pg_reload_conf()")
            yield server.url
        finally:
            server.stop()


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """URL of a fresh, empty database of this test's own, dropped when the test ends."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
