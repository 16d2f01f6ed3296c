"""How are subscriptions served over graphql-transport-ws, to clients that may stall or vanish?"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.async_base_view import AsyncBaseHTTPView
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message, SubscribeMessage
from strawberry.types.unset import UnsetType

from graphql_api.errors import LimitExceededError, UnauthenticatedError, refusal_fields
from graphql_api.limits import SUBSCRIPTIONS_A_CONNECTION
from graphql_api.schema import Schema
from graphql_api.services import Services
from graphql_api.streams import Failed, SharedStreams, StreamedOperation, StreamItem, executing, is_shared
from graphql_api.viewer import Viewer, development_viewer

INIT_S: Final = 5.0
SEND_S: Final = 5.0
"""How long a message may wait for a client that does not read; then the client is cut off."""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode

log = logging.getLogger(__name__)


@dataclass
class Connection:
    """One websocket: who opened it, ``None`` where nobody can be signed in."""

    viewer: Viewer | None


class PatientSocket(ASGIWebSocketAdapter):
    """Sends and receives JSON texts, and cuts off a client that has stopped reading."""

    def __init__(self, view: AsyncBaseHTTPView[Any, Any, Any, Any, Any, Any, Any], *sockets: WebSocket) -> None:
        super().__init__(view, *sockets)
        self._stalled = asyncio.Event()

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Yield what the client sends, until it leaves or is cut off."""
        while self.ws.application_state != WebSocketState.DISCONNECTED:
            text = await self._received()
            if text is None:
                return
            try:
                yield _decode(text)
            except msgspec.DecodeError as error:
                raise NonJsonMessageReceived from error

    async def send_json(self, message: Mapping[str, object]) -> None:
        await self.send_text(_encode(message).decode())

    async def send_text(self, text: str) -> None:
        """Send a message; raise ``WebSocketDisconnected`` where that cannot be done, or not in time."""
        try:
            async with asyncio.timeout(SEND_S):
                await self.ws.send_text(text)
        except TimeoutError as error:
            if not self._stalled.is_set():
                self._stalled.set()
                services_of(self.view).metrics.clients_evicted.inc()
                log.warning("cut off a client that has stopped reading")
            raise WebSocketDisconnected from error
        except (WebSocketDisconnect, RuntimeError) as error:
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """Close the connection; that it is closed already is fine."""
        try:
            async with asyncio.timeout(SEND_S):
                # A close frame holds at most 123 bytes of reason.
                await self.ws.close(code=code, reason=reason.encode()[:120].decode(errors="ignore"))
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            self._stalled.set()

    async def _received(self) -> str | None:
        receiving = asyncio.ensure_future(self.ws.receive_text())
        stalled = asyncio.ensure_future(self._stalled.wait())
        try:
            await asyncio.wait({receiving, stalled}, return_when=asyncio.FIRST_COMPLETED)
            return receiving.result() if receiving.done() else None
        except (WebSocketDisconnect, RuntimeError):
            return None
        except KeyError as error:
            raise NonTextMessageReceived from error
        finally:
            for task in (receiving, stalled):
                task.cancel()
            await asyncio.gather(receiving, stalled, return_exceptions=True)


class TransportHandler(BaseGraphQLTransportWSHandler[Connection, None]):
    """Speaks graphql-transport-ws; states are executed once for all connections that follow them."""

    async def handle_message(self, message: Message) -> None:
        if not _is_well_formed(message):
            await self.handle_invalid_message("a message that graphql-transport-ws does not know")
            return
        await super().handle_message(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        full = len(self.operations) >= SUBSCRIPTIONS_A_CONNECTION and message["id"] not in self.operations
        if not (self.connection_acknowledged and full):
            await super().handle_subscribe(message)
            return
        error = LimitExceededError(f"a connection has at most {SUBSCRIPTIONS_A_CONNECTION} subscriptions")
        payload = [refusal_fields(error, services_of(self.view).new_id())]
        await self.websocket.send_json({"id": message["id"], "type": "error", "payload": payload})

    async def run_operation(self, operation: Operation[Connection, None]) -> None:
        """Send the results of an operation until it ends or its client does."""
        view = cast("GraphQLOverWebSocket", self.view)
        assert self.context.viewer is not None
        asked = StreamedOperation(
            self.context.viewer, operation.query, _encode(operation.variables), operation.operation_name
        )
        shared = is_shared(operation.query, operation.operation_name)
        view.services.metrics.subscriptions.inc()
        try:
            async with aclosing(view.shared.follow(asked) if shared else view.execute(asked)) as items:
                async for item in items:
                    await self._send(operation, item)
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except WebSocketDisconnected:
            self.operations.pop(operation.id, None)
        except Exception as error:
            log.exception("an operation over a websocket broke off")
            await self.handle_task_exception(error)
            self.operations.pop(operation.id, None)
            await self.websocket.close(code=4500, reason="Internal server error")
        finally:
            view.services.metrics.subscriptions.dec()

    async def _send(self, operation: Operation[Connection, None], item: StreamItem) -> None:
        if isinstance(item, Failed):
            if not operation.completed:
                operation.completed = True
                self.forget_id(operation.id)
                await self.websocket.send_json({"id": operation.id, "type": "error", "payload": item.errors})
        elif not operation.completed:
            # The payload is encoded once for everybody; only the id is this operation's own.
            head = _encode(operation.id).decode()
            await cast("PatientSocket", self.websocket).send_text(f'{{"id":{head},"type":"next","payload":{item}}}')


class GraphQLOverWebSocket(GraphQL[Connection, None]):
    """The endpoint for websockets. Its pages' origin is checked before anything else."""

    websocket_adapter_class = PatientSocket  # type: ignore[assignment]
    graphql_transport_ws_handler_class = TransportHandler

    def __init__(self, schema: Schema, services: Services) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=INIT_S),
            max_subscriptions_per_connection=SUBSCRIPTIONS_A_CONNECTION,
        )
        self.services = services
        self.execute = executing(schema, services)
        self.shared = SharedStreams(self.execute)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Connection:
        """Return who opened the connection."""
        try:
            return Connection(development_viewer(request.headers, request.cookies))
        except UnauthenticatedError:
            return Connection(None)

    async def on_ws_connect(self, context: Connection) -> UnsetType | dict[str, object] | None:
        """Refuse a connection that nobody can be signed in on."""
        if context.viewer is None:
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)


def services_of(view: AsyncBaseHTTPView[Any, Any, Any, Any, Any, Any, Any]) -> Services:
    """Return what all requests share."""
    return cast("GraphQLOverWebSocket", view).services


def _is_well_formed(message: object) -> bool:
    """Tell whether a message has the parts that its type needs, in their types."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] in ("subscribe", "complete") and not isinstance(message.get("id"), str):
        return False
    if message["type"] != "subscribe":
        return True
    payload = message.get("payload")
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
    )
