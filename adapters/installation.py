"""What must a database have before Wattbook can run on it, and what may the service do there?"""

from collections.abc import Sequence
from typing import Final, LiteralString

import psycopg
from psycopg.sql import SQL, Identifier

from adapters.log_schema import CREATE_LOG
from adapters.read_tables import creation
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
)
"""Operational state: when a line last said something. Not part of the log, and no figure depends on it."""

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('wattbook installation'))"


def install(
    conninfo: str, read_models: Sequence[AnyReadModel], state: Sequence[LiteralString] = (), service_role: str = ""
) -> None:
    """Create what is missing, and leave the service no right to change the log.

    Runs at every start, by one process at a time. ``service_role`` is the role that the
    service connects as where that is not the one that installs.
    """
    with psycopg.connect(conninfo) as connection:
        connection.execute(_LOCK)
        for statement in (*CREATE_LOG, *CREATE_STATE, *state):
            connection.execute(statement)
        for composed in creation(read_models):
            connection.execute(composed)
        role = Identifier(service_role) if service_role else SQL("CURRENT_USER")
        if service_role:
            _grant(connection, service_role)
        connection.execute(SQL("REVOKE UPDATE, DELETE, TRUNCATE ON wattbook.events FROM {}").format(role))


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
