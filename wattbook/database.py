"""Which database does this process use? The one that is set, or our own, installed before anybody touches it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.postgres.embedded import SERVICE_ROLE, EmbeddedPostgres
from adapters.postgres.installation import claim_demo, install
from domain.errors import DatabaseUnavailableError, InvalidSettingsError
from projections import READ_MODELS
from wattbook.process import signals_held
from wattbook.settings import Settings

VIGILANCE: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""How a role notices within seconds that the database's machine has vanished; a URL may say otherwise."""


@dataclass(frozen=True)
class Database:
    """Where the event log and the read models are: ``url`` for its owner, ``service_url`` for the roles.

    ``revive`` starts the embedded server again if it has died, and does nothing otherwise.
    """

    url: str
    service_url: str
    revive: Callable[[], None] = lambda: None

    def url_for(self, role: str) -> str:
        """Return what *role* connects with: its connections carry its name."""
        parameters = {**VIGILANCE, "application_name": application_name(role), **conninfo_to_dict(self.service_url)}
        return make_conninfo("", **parameters)


def application_name(role: str) -> str:
    """Return the name by which PostgreSQL knows the connections of *role*."""
    return f"wattbook-{role}"


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """Open the database in use, ready to run on; raise :class:`DatabaseUnavailableError` if there is none.

    Without a database of its own choice a machine's processes share the embedded one:
    the first to come starts it, the last to leave stops it.
    """
    if settings.database_url is not None:
        _install(settings.database_url, "")
        yield Database(settings.database_url, settings.database_url)
        return
    embedded = EmbeddedPostgres(settings.data_dir)
    try:
        with signals_held():
            embedded.start()
        _install(embedded.url, SERVICE_ROLE)
        yield Database(embedded.url, embedded.service_url, embedded.revive)
    finally:
        with signals_held():
            embedded.stop()


def keep_demo_apart(opened: Database, demo: bool) -> None:
    """Raise :class:`InvalidSettingsError` rather than mix a demo's deals with real ones: the log never forgets."""
    if claim_demo(opened.url, demo):
        return
    there, here = ("real deals", "a demo") if demo else ("a demo's deals", "real deals")
    raise InvalidSettingsError(
        [f"WATTBOOK_DATA_DIR or WATTBOOK_DATABASE_URL: this log holds {there}; choose another place for {here}"]
    )


def _install(url: str, service_role: str) -> None:
    try:
        install(url, READ_MODELS, service_role)
    except psycopg.Error as error:
        raise DatabaseUnavailableError(f"the database cannot be used: {str(error).strip()}") from error
