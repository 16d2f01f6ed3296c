"""What does a market-data provider in a test do? Exactly what it is told, over a real socket."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ScriptedProvider:
    """A real server that does as told and keeps the requests that it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.base_url = ""
        self.handler: Handler = price

    @property
    def labels_seen(self) -> list[str]:
        """The periods asked for, in order, as ``"2023-02-06 12-13"``."""
        return [f"{query['delivery_day']} {query['delivery_hour']}" for _, query in self.seen]

    def answers(self, body: bytes = b"{}", status: int = 200, **headers: str) -> None:
        """Answer every request like this from now on; ``Retry_After`` is the header ``Retry-After``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def handler(_: web.Request) -> web.StreamResponse:
            return web.Response(status=status, body=body, headers=named)

        self.handler = handler

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.path, dict(request.query)))
        return await self.handler(request)


async def price(request: web.Request) -> web.StreamResponse:
    """Answer as a provider in good health does."""
    return web.Response(body=price_body(request.query["delivery_day"], request.query["delivery_hour"]))


def price_body(day: str, label: str, value: float = 100.0) -> bytes:
    """Return the documented answer for a period."""
    known = {"value": value, "unit": "euro", "last_update": "2023-02-06T09:15:45Z"}
    return json.dumps({"delivery_day": day, "delivery_hour": label, **known}).encode()


async def drop(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def half(request: web.Request) -> web.StreamResponse:
    """Close the connection in the middle of the answer."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"delivery_day": "2023')
    assert request.transport is not None
    request.transport.close()
    return response


@asynccontextmanager
async def scripted_provider() -> AsyncIterator[ScriptedProvider]:
    """Yield a provider that listens on loopback."""
    scripted = ScriptedProvider()
    app = web.Application()
    app.router.add_get("/{path:.*}", scripted.handle)
    async with TestServer(app) as server:
        scripted.base_url = str(server.make_url("/v1"))
        yield scripted
