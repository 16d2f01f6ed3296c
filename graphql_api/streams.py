"""How is a GraphQL operation executed as a stream, once for all who ask for the same states?"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, cast

import msgspec
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, OperationType, parse
from strawberry.types.execution import ExecutionResult, PreExecutionError

from domain.canonical import Json
from graphql_api.context import OperationContext
from graphql_api.errors import error_fields
from graphql_api.limits import TOKENS
from graphql_api.schema import Schema
from graphql_api.services import Services
from graphql_api.subscription import SHARED
from graphql_api.viewer import Viewer

_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class StreamedOperation:
    """An operation and who asks for it; ``variables`` is JSON, so that equal operations are equal."""

    viewer: Viewer
    query: str
    variables: bytes
    name: str | None


@dataclass(frozen=True)
class Failed:
    """The operation could not start, or broke off."""

    errors: list[Json]


StreamItem = str | Failed
"""One result, encoded as the protocol's payload, or why there is none."""

Execute = Callable[[StreamedOperation], AsyncGenerator[StreamItem, None]]


def executing(schema: Schema, services: Services) -> Execute:
    """Return the function that executes an operation of any type as a stream of encoded results."""

    async def execute(operation: StreamedOperation) -> AsyncGenerator[StreamItem, None]:
        request_id = services.new_id()
        try:
            async with (
                OperationContext(services, operation.viewer, operation.name) as context,
                aclosing(await _results(schema, operation, context)) as results,
            ):
                async for result in results:
                    if isinstance(result, PreExecutionError):
                        yield Failed(error_fields(result.errors or [], request_id))
                        return
                    yield _payload(result, request_id)
        except GraphQLError as error:
            yield Failed(error_fields([error], request_id))
        except Exception as error:
            yield Failed(error_fields([GraphQLError(str(error), original_error=error)], request_id))

    return execute


async def _results(
    schema: Schema, operation: StreamedOperation, context: OperationContext
) -> AsyncGenerator[ExecutionResult | PreExecutionError, None]:
    variables: dict[str, Any] | None = msgspec.json.decode(operation.variables)
    results = await schema.stream(
        operation.query, variable_values=variables, context_value=context, operation_name=operation.name
    )
    return cast("AsyncGenerator[ExecutionResult | PreExecutionError, None]", results)


def _payload(result: ExecutionResult, request_id: str) -> str:
    payload: dict[str, object] = {"data": result.data}
    if result.errors:
        payload = {"errors": error_fields(result.errors, request_id), **payload}
    return _encode(payload).decode()


@lru_cache(maxsize=128)
def is_shared(query: str, name: str | None) -> bool:
    """Tell whether an operation follows states, so that one execution serves all who ask the same."""
    try:
        document = parse(query, max_tokens=TOKENS)
    except (GraphQLError, RecursionError):
        return False
    operations = [
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and (name is None or (node.name and node.name.value == name))
    ]
    if len(operations) != 1 or operations[0].operation is not OperationType.SUBSCRIPTION:
        return False
    roots = operations[0].selection_set.selections
    return len(roots) == 1 and isinstance(roots[0], FieldNode) and roots[0].name.value in SHARED


@dataclass
class _Stream:
    """One execution, its newest result and those who follow it."""

    running: "asyncio.Task[None] | None" = None
    followers: int = 0
    newest: StreamItem = ""
    number: int = 0
    ended: bool = False
    renewed: asyncio.Event = field(default_factory=asyncio.Event)

    def announce(self) -> None:
        renewed, self.renewed = self.renewed, asyncio.Event()
        renewed.set()


class SharedStreams:
    """Executes each distinct operation once; who is slow gets the newest result only."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute
        self._streams: dict[StreamedOperation, _Stream] = {}

    async def follow(self, operation: StreamedOperation) -> AsyncGenerator[StreamItem, None]:
        """Yield the newest result now, then each newer one."""
        stream = self._streams.get(operation)
        if stream is None:
            stream = self._streams[operation] = _Stream()
            stream.running = asyncio.create_task(self._run(stream, operation), name="shared subscription")
        stream.followers += 1
        seen = 0
        try:
            while True:
                if stream.number > seen:
                    seen = stream.number
                    yield stream.newest
                elif stream.ended:
                    return
                else:
                    await stream.renewed.wait()
        finally:
            stream.followers -= 1
            if not stream.followers and stream.running:
                self._streams.pop(operation, None)
                stream.running.cancel()
                await asyncio.gather(stream.running, return_exceptions=True)

    async def _run(self, stream: _Stream, operation: StreamedOperation) -> None:
        try:
            async with aclosing(self._execute(operation)) as results:
                async for result in results:
                    stream.newest = result
                    stream.number += 1
                    stream.announce()
        finally:
            stream.ended = True
            stream.announce()
