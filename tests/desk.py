"""How does a test set up a desk: a log, its read models, and the API over them?"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

from adapters.event_log.pages import LogPages
from adapters.event_log.recorder import EventLogRecorder, open_recorder
from adapters.postgres.installation import install
from adapters.read_models.store import ReadStore
from adapters.read_models.tables import ReadTables
from domain.events import Event
from domain.recording import Outcome
from projections import READ_MODELS
from projections.runner import Runner
from tests.notation import BERLIN, cancelled, connected, corrected, deal, reference_price, rejected, resolved
from tests.waiting import eventually
from wattbook.serve import serve
from wattbook.settings import Settings


@dataclass
class Desk:
    """An event log with its read models, fed by hand so that a test decides when they move."""

    url: str
    recorder: EventLogRecorder
    runner: Runner

    def records(self, *events: Event) -> list[Outcome]:
        """Append *events* to the log, one transaction."""
        return self.recorder.append(list(events))

    async def projects(self) -> None:
        """Bring the read models up to the log."""
        while await self.runner.step():
            pass

    async def knows(self, *events: Event) -> list[Outcome]:
        """Append *events* and bring the read models up to them."""
        outcomes = await asyncio.to_thread(self.records, *events)
        await self.projects()
        return outcomes

    @asynccontextmanager
    async def store(self, *lines: str) -> AsyncIterator[ReadStore]:
        """Yield a reader of it all, with these configured lines."""
        async with ReadStore(self.url, BERLIN, lines) as store:
            yield store


@asynccontextmanager
async def desk(database: str) -> AsyncIterator[Desk]:
    """Install Wattbook in an empty database."""
    install(database, READ_MODELS)
    recorder = open_recorder(database)
    try:
        async with LogPages(database) as pages, ReadTables(database) as tables:
            yield Desk(database, recorder, Runner(pages, tables, READ_MODELS))
    finally:
        recorder.datastore.close()


def busy_day() -> list[Event]:
    """Return a day with every kind of event."""
    first = deal("anna buys 10 MW 08-09 at 20", deal_id="1")
    second = deal("anna sells 4.5 MW 08-09 at -25.125", deal_id="2")
    third = deal("bob buys 10 MW 08:15-08:30 at 30", deal_id="3")
    return [
        connected("exchange/1", "06:00:00"),
        first,
        second,
        reference_price("08-09 at 28", last_update="07:00:00"),
        third,
        corrected(second, deal("anna sells 4 MW 09-10 at 25", deal_id="2"), replaces=3),
        reference_price("08-09 undefined", last_update="07:10:00"),
        reference_price("08-09 at 31", last_update="07:05:00"),
        cancelled(first, replaces=2),
        rejected(b"nonsense"),
        deal("anna buys 3 MW 23-24 at 11.5", deal_id="4"),
        resolved(10),
    ]


@dataclass
class Api:
    """A client of the API that is being served."""

    address: str
    session: aiohttp.ClientSession

    async def asks(
        self, query: str, variables: Mapping[str, object] | None = None, viewer: str | None = None
    ) -> dict[str, Any]:
        """Return the whole answer to a GraphQL operation."""
        headers = {} if viewer is None else {"X-Wattbook-User": viewer}
        body = {"query": query, "variables": variables}
        async with self.session.post(f"{self.address}/graphql", json=body, headers=headers) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def data(
        self, query: str, variables: Mapping[str, object] | None = None, viewer: str | None = None
    ) -> dict[str, Any]:
        """Return the data of an answer that must have no errors."""
        answer = await self.asks(query, variables, viewer)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def refusal(
        self, query: str, variables: Mapping[str, object] | None = None, viewer: str | None = None
    ) -> str:
        """Return the code of the one error in an answer."""
        answer = await self.asks(query, variables, viewer)
        (error,) = answer["errors"]
        code: str = error["extensions"]["code"]
        return code

    @asynccontextmanager
    async def follows(self, viewer: str | None = None, origin: str | None = None) -> AsyncIterator["Socket"]:
        """Open a graphql-transport-ws connection."""
        headers = {} if viewer is None else {"X-Wattbook-User": viewer}
        async with self.session.ws_connect(
            f"{self.address}/graphql", protocols=("graphql-transport-ws",), headers=headers, origin=origin
        ) as websocket:
            yield Socket(websocket)


@dataclass
class Socket:
    """The client's end of a graphql-transport-ws connection."""

    websocket: aiohttp.ClientWebSocketResponse

    async def begins(self) -> Self:
        """Initialise the connection."""
        await self.websocket.send_json({"type": "connection_init"})
        assert (await self.hears())["type"] == "connection_ack"
        return self

    async def subscribes(self, query: str, number: str = "1", **variables: object) -> None:
        """Start an operation."""
        payload = {"query": query, "variables": variables}
        await self.websocket.send_json({"id": number, "type": "subscribe", "payload": payload})

    async def hears(self, within_s: float = 10) -> dict[str, Any]:
        """Return the next message."""
        message: dict[str, Any] = await self.websocket.receive_json(timeout=within_s)
        return message

    async def next(self) -> dict[str, Any]:
        """Return the data of the next result."""
        message = await self.hears()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        data: dict[str, Any] = message["payload"]["data"]
        return data


def settings_for(tmp_path: Path, lines: Sequence[str] = (), port: int = 0) -> Settings:
    """Return settings to serve with: one line a URL."""
    return Settings.from_environment(
        {
            "WATTBOOK_DATA_DIR": str(tmp_path),
            "WATTBOOK_EXCHANGE_URLS": ",".join(lines),
            "WATTBOOK_PORT": str(port),
        }
    )


@asynccontextmanager
async def serving(desk: Desk, settings: Settings) -> AsyncIterator[Api]:
    """Serve the API over a desk until the block ends."""
    stop = asyncio.Event()
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(settings, desk.url, stop, on_ready=ready.set_result))
    try:
        await eventually(lambda: ready.done() or task.done())
        async with aiohttp.ClientSession() as session:
            yield Api(ready.result(), session)
    finally:
        stop.set()
        assert await asyncio.wait_for(task, 15) == 0
