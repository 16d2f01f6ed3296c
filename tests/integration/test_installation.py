"""Is a database ready after installation, and is the service left without a right to change the log?"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from adapters.event_log.recorder import open_recorder
from adapters.postgres.installation import install
from adapters.read_models.tables import ReadTables
from domain.recording import Outcome
from projections import READ_MODELS
from tests.notation import deal, recorded

ANNA = deal("anna buys 10 MW 08-09 at 40")


@pytest.fixture
def role(postgres_url: str, database: str) -> Iterator[str]:
    """Name of a role of this test's own, dropped when the test ends."""
    name = f"service_{uuid4().hex}"
    yield name
    with psycopg.connect(database, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
            connection.execute(f"DROP OWNED BY {name}".encode())
            connection.execute(f"DROP ROLE {name}".encode())


def url_of(role: str, database: str) -> str:
    return urlsplit(database)._replace(netloc=f"{role}:@").geturl()


def catalogue(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT n.nspname, c.relname, c.relkind, c.relacl::text FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname IN ('wattbook', 'read_models', 'wattbook_state') ORDER BY 1, 2"
        ).fetchall()


def test_installing_again_changes_nothing_and_keeps_the_log(database: str) -> None:
    install(database, READ_MODELS)
    before = catalogue(database)
    recorder = open_recorder(database)
    recorder.append([ANNA])
    install(database, READ_MODELS)
    assert catalogue(database) == before
    assert recorder.append([ANNA]) == [Outcome("duplicate", 1)]
    recorder.datastore.close()


def test_processes_that_install_at_the_same_time_all_succeed(database: str, role: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: install(database, READ_MODELS, service_role=role), range(6)))
    recorder = open_recorder(url_of(role, database))
    assert recorder.append([ANNA]) == [Outcome("recorded", 1)]
    recorder.datastore.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wattbook.events SET topic = 'x'",
        "UPDATE wattbook.events SET topic = 'x' WHERE false",
        "DELETE FROM wattbook.events",
        "TRUNCATE wattbook.events",
        "DELETE FROM wattbook.log_head",
        "TRUNCATE wattbook.log_head",
    ],
)
@pytest.mark.parametrize("who", ["the service", "the owner"])
def test_the_log_is_append_only_for_the_service_and_for_the_owner(
    database: str, role: str, who: str, statement: str
) -> None:
    install(database, READ_MODELS, service_role=role)
    url = url_of(role, database) if who == "the service" else database
    recorder = open_recorder(url)
    recorder.append([ANNA])
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())
    assert recorder.append([ANNA]) == [Outcome("duplicate", 1)]
    recorder.datastore.close()


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE wattbook.events DISABLE TRIGGER ALL",
        "DROP TRIGGER events_are_append_only ON wattbook.events",
        "DROP TABLE wattbook.events",
        "CREATE OR REPLACE FUNCTION wattbook.refuse_change() RETURNS trigger LANGUAGE sql AS ''",
        "SET session_replication_role = replica",
        "CREATE TABLE wattbook.mine (x int)",
    ],
)
def test_the_service_cannot_take_the_guard_away(database: str, role: str, statement: str) -> None:
    install(database, READ_MODELS, service_role=role)
    with psycopg.connect(url_of(role, database)) as connection, pytest.raises(psycopg.Error):
        connection.execute(statement.encode())


async def test_the_service_can_follow_the_log(database: str, role: str) -> None:
    install(database, READ_MODELS, service_role=role)
    log = recorded([ANNA])
    async with ReadTables(url_of(role, database)) as tables:
        await tables.apply([(model, model.fold(log)) for model in READ_MODELS], 0, 1)
        assert set((await tables.checkpoints()).values()) == {1}
