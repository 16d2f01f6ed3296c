"""What must a database have before Wattbook can run on it, and what may the service do there?"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, LiteralString

import psycopg
from psycopg.sql import SQL, Identifier

from adapters.event_log.schema import CREATE_LOG
from adapters.market_data.schedule import CREATE_SCHEDULE
from adapters.read_models.tables import creation
from projections.read_model import AnyReadModel

SCHEMAS: Final = ("wattbook", "read_models", "wattbook_state")

CREATE_STATE: Final[tuple[LiteralString, ...]] = (
    "CREATE SCHEMA IF NOT EXISTS wattbook_state",
    """
    CREATE TABLE IF NOT EXISTS wattbook_state.line_activity (
        line text PRIMARY KEY,
        last_message_at timestamptz NOT NULL
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE IF NOT EXISTS wattbook_state.line_deliveries (
        line text PRIMARY KEY,
        first bigint NOT NULL,
        confirmed bigint NOT NULL,
        heard bigint NOT NULL
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE IF NOT EXISTS wattbook_state.vouched_connections (
        line text NOT NULL,
        connection text NOT NULL,
        vouched_until timestamptz NOT NULL,
        noted_at timestamptz NOT NULL,
        PRIMARY KEY (line, connection)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE IF NOT EXISTS wattbook_state.warnings (
        host text NOT NULL,
        process integer NOT NULL,
        code text NOT NULL,
        about text NOT NULL,
        level text NOT NULL,
        message text NOT NULL,
        since timestamptz NOT NULL,
        noted_at timestamptz NOT NULL,
        PRIMARY KEY (host, process, code, about)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE IF NOT EXISTS wattbook_state.recording (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        alive_at timestamptz NOT NULL
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE IF NOT EXISTS wattbook_state.installation (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        digest text NOT NULL,
        demo boolean NOT NULL
    )
    """,
    "INSERT INTO wattbook_state.installation (digest, demo) VALUES ('', false) ON CONFLICT DO NOTHING",
)
"""Operational state: what the lines brought, who lives, what warnings stand, what is installed. No figure needs it."""

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('wattbook installation'))"


def install(conninfo: str, read_models: Sequence[AnyReadModel], service_role: str = "") -> None:
    """Create what is missing, and leave the service no right to change the log.

    Runs at every start, by one process at a time, and does nothing where this version was
    here before. ``service_role`` is the role that the service connects as where that is
    not the one that installs.
    """
    statements = [SQL(s).format() for s in (*CREATE_LOG, *CREATE_STATE, *CREATE_SCHEDULE)] + creation(read_models)
    digest = sha256("".join(s.as_string() for s in statements).encode() + service_role.encode()).hexdigest()
    with psycopg.connect(conninfo) as connection:
        connection.execute(_LOCK)
        if _installed(connection) == digest:
            return
        for statement in statements:
            connection.execute(statement)
        if service_role:
            _grant(connection, service_role)
        role = Identifier(service_role) if service_role else SQL("CURRENT_USER")
        connection.execute(SQL("REVOKE UPDATE, DELETE, TRUNCATE ON wattbook.events FROM {}").format(role))
        connection.execute("UPDATE wattbook_state.installation SET digest = %s", (digest,))


def claim_demo(conninfo: str, demo: bool) -> bool:
    """Return whether this log may hold a demo's deals (*demo*) or real ones (not *demo*).

    The log never forgets, so the two are never mixed: an empty log is claimed by the
    first demo that asks, any other log stays what it is.
    """
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT i.demo, h.position = 0 FROM wattbook_state.installation i, wattbook.log_head h FOR UPDATE OF i"
        ).fetchone()
        assert row is not None
        is_demo, is_empty = row
        if is_empty and demo != is_demo:
            connection.execute("UPDATE wattbook_state.installation SET demo = %s", (demo,))
            return True
        return bool(is_demo == demo)


def _installed(connection: psycopg.Connection) -> str | None:
    exists = connection.execute("SELECT to_regclass('wattbook_state.installation')").fetchone()
    if exists is None or exists[0] is None:
        return None
    row = connection.execute("SELECT digest FROM wattbook_state.installation").fetchone()
    return str(row[0]) if row else None


def _grant(connection: psycopg.Connection, service_role: str) -> None:
    role = Identifier(service_role)
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (service_role,)).fetchone():
        connection.execute(SQL("CREATE ROLE {} LOGIN").format(role))
    for schema in SCHEMAS:
        connection.execute(SQL("GRANT USAGE ON SCHEMA {} TO {}").format(Identifier(schema), role))
    for schema in ("read_models", "wattbook_state"):
        rights = SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO {}")
        connection.execute(rights.format(Identifier(schema), role))
    connection.execute(SQL("GRANT SELECT, INSERT ON wattbook.events TO {}").format(role))
    connection.execute(SQL("GRANT SELECT, UPDATE ON wattbook.log_head TO {}").format(role))
