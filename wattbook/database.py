"""Which database does this process use? The one that is set, or our own, installed before anybody touches it."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.pq import PGconn, Ping

from adapters.postgres.embedded import SERVICE_ROLE, EmbeddedPostgres
from adapters.postgres.installation import claim_demo, install
from adapters.postgres.outage import AWAY, Outage
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

STARTED_WITHIN_S: Final = 600.0
"""How long a server is waited for that says that it is starting, or a standby that it will be promoted."""

RETRY_S: Final = 0.5

log = logging.getLogger(__name__)

_T = TypeVar("_T")


@dataclass(frozen=True)
class Database:
    """Where the event log and the read models are: ``url`` for its owner, ``service_url`` for the roles.

    ``revive`` starts the embedded server again if it has died, and does nothing otherwise.
    """

    url: str
    service_url: str
    revive: Callable[[], None] = lambda: None

    def url_for(self, role: str, *, as_owner: bool = False) -> str:
        """Return what *role* connects with: its connections carry its name."""
        url = self.url if as_owner else self.service_url
        parameters = {**VIGILANCE, "application_name": application_name(role), **conninfo_to_dict(url)}
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
    if _once_started(opened.url, lambda: claim_demo(opened.url, demo)):
        return
    there, here = ("real deals", "a demo") if demo else ("a demo's deals", "real deals")
    raise InvalidSettingsError(
        [f"WATTBOOK_DATA_DIR or WATTBOOK_DATABASE_URL: this log holds {there}; choose another place for {here}"]
    )


def _install(url: str, service_role: str) -> None:
    try:
        _once_started(url, lambda: install(url, READ_MODELS, service_role))
    except psycopg.Error as error:
        raise DatabaseUnavailableError(f"the database cannot be used: {str(error).strip()}") from error


def _once_started(url: str, use: Callable[[], _T]) -> _T:
    """Return what *use* of the database returns; a server that is starting or not yet promoted is waited for."""
    outage = Outage(log, "the database is not ready yet", "the database is ready")
    give_up_at = time.monotonic() + STARTED_WITHIN_S
    has_started = False
    while True:
        try:
            result = use()
        except AWAY as error:
            ping = PGconn.ping(make_conninfo(url, connect_timeout=5).encode())
            if ping == Ping.REJECT or isinstance(error, ReadOnlySqlTransaction):
                outage.met(error)
                has_started = False
            elif ping == Ping.OK and not has_started:
                # It has started between the two questions, or it is another trouble: the next try tells.
                has_started = True
            else:
                raise
            if time.monotonic() > give_up_at:
                raise
            time.sleep(RETRY_S)
        else:
            outage.over()
            return result
