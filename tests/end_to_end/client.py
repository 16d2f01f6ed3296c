"""How do the tests ask? As any client would: GraphQL by POST, and subscriptions over graphql-transport-ws."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.end_to_end.documents import DEALS, EVENTS, FEEDS, PERFORMANCE, REFERENCE_PRICES, REJECTIONS

Json = dict[str, Any]
PAGE = 200


class Client:
    """One user of the API at *url*; without a name, the desk."""

    def __init__(self, url: str, user: str | None = None) -> None:
        self._url = url
        self._headers = {} if user is None else {"X-Wattbook-User": user}

    async def get(self, path: str) -> tuple[int, str]:
        """Return status and text of a page; 0 where nobody answers."""
        try:
            async with aiohttp.ClientSession() as session, session.get(self._url + path) as response:
                return response.status, await response.text()
        except aiohttp.ClientError:
            return 0, ""

    async def ready(self) -> bool:
        """Tell whether the server answers, and from read models that are near the log."""
        status, _ = await self.get("/readyz")
        return status == 200

    async def post(self, query: str, **variables: object) -> Json:
        """Return the whole answer to a query, errors included."""
        body = {"query": query, "variables": variables}
        async with (
            aiohttp.ClientSession(headers=self._headers) as session,
            session.post(self._url + "/graphql", json=body) as response,
        ):
            answer: Json = await response.json(content_type=None)
            return answer

    async def ask(self, query: str, **variables: object) -> Json:
        """Return the data of an answer without errors."""
        answer = await self.post(query, **variables)
        assert "errors" not in answer, answer
        data: Json = answer["data"]
        return data

    async def performance(self, trader: str | None, day: str, position: int | None = None) -> Json:
        as_of = None if position is None else {"position": str(position)}
        answer: Json = (await self.ask(PERFORMANCE, trader=trader, day=day, asOf=as_of))["performance"]
        return answer

    async def deals(self, position: int | None = None, **variables: object) -> list[Json]:
        """Return all deals, through as many pages as it takes."""
        as_of = None if position is None else {"position": str(position)}
        return await self._pages("deals", DEALS, asOf=as_of, **variables)

    async def events(self, **variables: object) -> list[Json]:
        return await self._pages("events", EVENTS, **variables)

    async def rejections(self) -> list[Json]:
        return await self._pages("rejections", REJECTIONS)

    async def reference_prices(self, day: str, position: int | None = None) -> list[Json]:
        as_of = None if position is None else {"position": str(position)}
        prices: list[Json] = (await self.ask(REFERENCE_PRICES, day=day, asOf=as_of))["referencePrices"]
        return prices

    async def feeds(self) -> dict[str, str]:
        """Return the state of each line."""
        return {feed["name"]: feed["state"] for feed in (await self.ask(FEEDS))["feeds"]}

    async def _pages(self, field: str, query: str, **variables: object) -> list[Json]:
        nodes: list[Json] = []
        after: str | None = None
        while True:
            page = (await self.ask(query, first=PAGE, after=after, **variables))[field]
            nodes += [edge["node"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                return nodes
            after = page["pageInfo"]["endCursor"]

    @asynccontextmanager
    async def follow(self, query: str, **variables: object) -> AsyncIterator["Stream"]:
        """Subscribe; yields what comes."""
        url = self._url.replace("http", "ws", 1) + "/graphql"
        protocols = [Subprotocol("graphql-transport-ws")]
        # This client writes headers in Latin-1, so that they go out as the UTF-8 they are meant to be.
        headers = {name: value.encode().decode("latin-1") for name, value in self._headers.items()}
        async with connect(url, subprotocols=protocols, additional_headers=headers, max_size=None) as socket:
            await socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            payload = {"query": query, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            yield Stream(socket)


class Stream:
    """What a subscription delivers."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def next(self) -> Json:
        """Return the next thing delivered."""
        while True:
            message = json.loads(await self._socket.recv())
            if message["type"] == "ping":
                await self._socket.send(json.dumps({"type": "pong"}))
                continue
            assert message["type"] == "next", message
            assert not message["payload"].get("errors"), message
            (value,) = message["payload"]["data"].values()
            found: Json = value
            return found
