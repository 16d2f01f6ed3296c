"""Which addresses does the web application serve?"""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphql_api.deals_csv import CsvDeals
from graphql_api.deals_parquet import ParquetDeals
from graphql_api.exports import AT_ONCE, DealExport, Places
from graphql_api.http import GraphQLOverHTTP
from graphql_api.readiness import checks
from graphql_api.schema import build_schema
from graphql_api.services import Services
from graphql_api.static_files import STATIC, built_file
from graphql_api.websocket import GraphQLOverWebSocket

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_IDE_POLICY: Final = (
    _POLICY + "; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; font-src 'self' data:"
)  # fmt: skip
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}


def build_app(services: Services, static: Path = STATIC) -> Starlette:
    """Return the application; its hub runs from start-up to shutdown."""
    schema = build_schema()
    over_http, over_websocket = GraphQLOverHTTP(schema, services), GraphQLOverWebSocket(schema, services)
    turns, places = asyncio.Semaphore(AT_ONCE), Places()
    as_csv, as_parquet = (DealExport(services, form, turns, places) for form in (CsvDeals, ParquetDeals))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with services.hub:
            yield

    async def graphql(request: Request) -> Response:
        if request.method != "POST":
            return PlainTextResponse("send a POST with JSON; /graphiql is for people", 405, {"allow": "POST"})
        return await over_http(request)

    async def deals_csv(request: Request) -> Response:
        return await as_csv(request)

    async def deals_parquet(request: Request) -> Response:
        return await as_parquet(request)

    async def livez(_: Request) -> Response:
        return JSONResponse({"ok": True})

    async def readyz(_: Request) -> Response:
        found = await checks(services.store)
        return JSONResponse(found, 200 if all(check["ok"] for check in found) else 503)

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(
            services.metrics.text(), media_type="text/plain; version=0.0.4", headers={"cache-control": "no-store"}
        )

    async def page(request: Request) -> Response:
        return built_file(static, request.url.path)

    return Starlette(
        routes=[
            Route("/graphql", graphql, methods=list(_METHODS)),
            WebSocketRoute("/graphql", over_websocket),
            Route("/export/deals.csv", deals_csv),
            Route("/export/deals.parquet", deals_parquet),
            Route("/livez", livez),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            Route("/{path:path}", page),
        ],
        lifespan=lifespan,
        middleware=[Middleware(SecurityHeaders), Middleware(OwnHost)],
    )


class OwnHost:
    """Refuses requests for a host that is not this machine.

    Where anybody may be anybody, a page elsewhere could otherwise give this machine's
    address a name of its own, and read everything as if it came from here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] in ("http", "websocket") and not is_loopback(Headers(scope=scope).get("host", "")):
            refusal = PlainTextResponse("this address is served to this machine only, by its own names", 421)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names the machine itself."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or name.endswith(".localhost") or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class SecurityHeaders:
    """Tells browsers what the pages may do: load from here only, and stand in no frame."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every HTTP response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = _IDE_POLICY if scope["path"].rstrip("/") == "/graphiql" else _POLICY

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = policy
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, send_with_headers)
