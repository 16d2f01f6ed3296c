"""How does a GraphQL request over HTTP become an answer? One JSON POST, GraphQL-over-HTTP to the letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from domain.errors import DatabaseUnavailableError
from graphql_api.context import OperationContext
from graphql_api.errors import (
    BadInputError,
    ForbiddenError,
    LimitExceededError,
    RefusedError,
    UnauthenticatedError,
    error_fields,
    refusal_fields,
)
from graphql_api.limits import BODY_BYTES
from graphql_api.schema import Schema
from graphql_api.services import Services
from graphql_api.viewer import Viewer, development_viewer

JSON: Final = "application/json"
GRAPHQL: Final = "application/graphql-response+json"

KEPT_BYTES: Final = 64 * 1024
"""Longer answers are not kept: a page of many deals is not asked for by a crowd."""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode
_ALLOWED: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})


@dataclass(frozen=True)
class Operation:
    """What a client asks for: a document, its variables and which of its operations."""

    query: str
    variables: dict[str, Any] | None
    name: str | None


class GraphQLOverHTTP:
    """The endpoint for POST. Answers that depend on the position alone are kept as bytes for a moment."""

    def __init__(self, schema: Schema, services: Services) -> None:
        self._schema = schema
        self._services = services

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        request_id = self._services.new_id()
        media = media_type(request.headers.get("accept", ""))
        started = self._services.clock()
        kind, outcome = "query", "refused"
        try:
            check_origin(request.headers.get("origin"), request.headers.get("host", ""))
            check_content_type(request.headers.get("content-type", ""))
            viewer = development_viewer(request.headers, request.cookies)
            body = await read_body(request)
            # A crowd that asks the same gets the same bytes; which ones, the position decides.
            positions = await self._services.store.positions()
            key = (viewer, body, positions.projected)
            known = self._services.responses.get(key)
            if known is not None:
                outcome = "remembered"
                return Response(known, media_type=media)
            response, kind, outcome = await self._executed(viewer, body, media, request_id)
        except TooLargeError as error:
            return _refused(error, 413, media, request_id)
        except UnauthenticatedError as error:
            return _refused(error, 401, media, request_id)
        except ForbiddenError as error:
            return _refused(error, 403, media, request_id)
        except UnsupportedMediaTypeError as error:
            return _refused(error, 415, media, request_id)
        except RefusedError as error:
            return _refused(error, 400, media, request_id)
        except DatabaseUnavailableError as error:
            outcome = "error"
            return _failed(error, 503, media, request_id)
        except Exception as error:
            outcome = "error"
            return _failed(error, 500, media, request_id)
        finally:
            seconds = self._services.clock() - started
            self._services.metrics.graphql_duration.labels(kind, outcome).observe(seconds)
        return response

    async def _executed(self, viewer: Viewer, body: bytes, media: str, request_id: str) -> tuple[Response, str, str]:
        operation = read_operation(body)
        async with OperationContext(self._services, viewer, operation.name) as context:
            try:
                result = await self._schema.execute(
                    operation.query,
                    variable_values=operation.variables,
                    context_value=context,
                    operation_name=operation.name,
                    allowed_operation_types=_ALLOWED,
                )
            except (CannotGetOperationTypeError, MissingQueryError) as error:
                raise BadInputError("the document has no operation, or none of that name") from error
            except InvalidOperationTypeError as error:
                raise BadInputError("subscriptions are served over the graphql-transport-ws protocol") from error
        if result.errors:
            return self._with_errors(result.data, result.errors, media, request_id), context.kind, "error"
        content = _encode({"data": result.data})
        if context.repeatable and context.position is not None and len(content) <= KEPT_BYTES:
            self._services.responses.put((viewer, body, context.position), content)
        return Response(content, media_type=media), context.kind, "ok"

    def _with_errors(
        self, data: dict[str, Any] | None, errors: Sequence[GraphQLError], media: str, request_id: str
    ) -> Response:
        shown = error_fields(errors, request_id)
        # Only an operation that began to run has data, be it null.
        if data is None and not any(error.path for error in errors):
            return Response(_encode({"errors": shown}), 400 if media == GRAPHQL else 200, media_type=media)
        return Response(_encode({"errors": shown, "data": data}), media_type=media)


class TooLargeError(LimitExceededError):
    """A request body beyond the limit."""


class UnsupportedMediaTypeError(BadInputError):
    """A request body that is no JSON."""


def media_type(accept: str) -> str:
    """Return which of the two media types for GraphQL answers a client prefers."""
    wanted = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    for name in wanted:
        if name in (GRAPHQL, JSON):
            return name
    return JSON


def check_origin(origin: str | None, host: str) -> None:
    """Raise where a browser says that a page of another origin sends this; others send no origin.

    The scheme is not compared: before a proxy that ends TLS it is another one than here.
    """
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        raise ForbiddenError("a page of another origin may not ask here")


def check_content_type(content_type: str) -> None:
    """Raise unless the body is JSON in UTF-8: what a browser cannot send to another origin unasked."""
    name, *parameters = [part.strip().lower() for part in content_type.split(";")]
    charsets = [part.split("=", 1)[1].strip('"') for part in parameters if part.startswith("charset=")]
    if name != JSON or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise UnsupportedMediaTypeError(f"send {JSON} in UTF-8")


async def read_body(request: Request) -> bytes:
    """Return the body; raise :class:`TooLargeError` as soon as it is beyond the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise TooLargeError(f"a request has at most {BODY_BYTES} bytes")
    return bytes(body)


def read_operation(body: bytes) -> Operation:
    """Return the operation in a JSON body; raise :class:`BadInputError` where there is none."""
    try:
        asked = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInputError(f"the body is no JSON: {error}") from error
    if isinstance(asked, list):
        raise BadInputError("one operation a request: batches are not served")
    if not isinstance(asked, dict):
        raise BadInputError("the body is no JSON object")
    query, variables, name = asked.get("query"), asked.get("variables"), asked.get("operationName")
    if not isinstance(query, str) or not query:
        raise BadInputError("query must be a text with a GraphQL document")
    if not isinstance(variables, dict | None):
        raise BadInputError("variables must be an object")
    if not isinstance(name, str | None):
        raise BadInputError("operationName must be a text")
    if not isinstance(asked.get("extensions"), dict | None):
        raise BadInputError("extensions must be an object")
    return Operation(query, variables, name or None)


def _failed(error: Exception, status: int, media: str, request_id: str) -> Response:
    shown = error_fields([GraphQLError(str(error), original_error=error)], request_id)
    return Response(_encode({"errors": shown}), status, media_type=media)


def _refused(error: RefusedError, status: int, media: str, request_id: str) -> Response:
    return Response(_encode({"errors": [refusal_fields(error, request_id)]}), status, media_type=media)
