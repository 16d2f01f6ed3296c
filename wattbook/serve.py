"""The role that serves: read models to people, over HTTP and websockets."""

import asyncio
import logging
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from adapters.event_log.publications import Publications
from adapters.event_log.settlements import Settlements
from adapters.read_models.store import ReadStore
from adapters.read_models.watch import ProjectionWatch
from graphql_api.answers import RecentAnswers
from graphql_api.app import build_app
from graphql_api.hub import Hub
from graphql_api.limits import BODY_BYTES
from graphql_api.metrics import Metrics
from graphql_api.services import Market, Services
from wattbook.process import EXIT_CANNOT_RUN, EXIT_OK, utc_now
from wattbook.rereading import reading_again
from wattbook.settings import Settings

GRACE_S: Final = 2
"""How long requests may take to end when the service is told to stop."""

GONE_MS: Final = 15_000
"""After this long without any progress the system drops a connection, even one whose owner just does not read."""

log = logging.getLogger(__name__)


async def serve(
    settings: Settings,
    database_url: str,
    stop: asyncio.Event,
    *,
    on_ready: Callable[[str], None] | None = None,
) -> int:
    """Serve until *stop*; return the exit code. ``on_ready`` is told the address, with the port that was taken."""
    try:
        listening = _listen(settings.host, settings.port)
    except OSError as error:
        log.error("cannot serve on %s port %d: %s", settings.host, settings.port, error.strerror or error)
        return EXIT_CANNOT_RUN
    with listening:
        async with (
            ReadStore(database_url, settings.timezone, settings.lines) as store,
            Settlements(database_url, reading_again(settings)) as settlements,
            Publications(database_url) as publications,
        ):
            app = build_app(_services(settings, store, settlements, publications, ProjectionWatch(database_url)))
            server = _Server(
                uvicorn.Config(
                    app,
                    log_config=None,
                    access_log=False,
                    lifespan="on",
                    ws_max_size=BODY_BYTES,
                    ws_per_message_deflate=False,
                    timeout_graceful_shutdown=GRACE_S,
                    server_header=False,
                )
            )
            serving = asyncio.create_task(server.serve([listening]), name="serve")
            answering = asyncio.create_task(server.answering.wait())
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({serving, answering, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if server.started:
                    address = _address(settings.host, listening)
                    log.info("Wattbook is ready at %s", address)
                    if on_ready is not None:
                        on_ready(address)
                await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                server.should_exit = True
                answering.cancel()
                stopping.cancel()
                await asyncio.wait({serving, answering, stopping})
            serving.result()
            return EXIT_OK if server.started else EXIT_CANNOT_RUN


class _Server(uvicorn.Server):
    """A server that leaves signals to the process it runs in, and says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.answering.set()


def _services(
    settings: Settings,
    store: ReadStore,
    settlements: Settlements,
    publications: Publications,
    watch: ProjectionWatch,
) -> Services:
    metrics = Metrics()
    return Services(
        store=store,
        settler=settlements,
        publisher=publications,
        hub=Hub(store, watch, time.monotonic, metrics),
        market=Market(settings.timezone, settings.exchange_name),
        sign_in=settings.auth,
        metrics=metrics,
        performances=RecentAnswers(time.monotonic),
        responses=RecentAnswers(time.monotonic),
        now=utc_now,
        clock=time.monotonic,
        new_id=lambda: uuid.uuid4().hex,
    )


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; raise ``OSError`` where it is taken or none of ours."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_MS)
        listening.bind(address)
        listening.listen(2048)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _address(host: str, listening: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}"
