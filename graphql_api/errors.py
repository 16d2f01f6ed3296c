"""What does a client learn when something goes wrong? A code and a sentence, never a stack trace."""

import logging
from collections.abc import Iterable
from typing import ClassVar, Literal

from graphql import GraphQLError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from domain.canonical import Fields, Json
from domain.errors import (
    DatabaseUnavailableError,
    QueryTooLongError,
    ReadModelsBehindError,
    ResolutionRefusedError,
    UnknownPositionError,
    WattbookError,
)

Code = Literal["UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT", "LIMIT_EXCEEDED", "INTERNAL"]

_PARSER_LIMITS = ("Syntax Error: Document contains more than", "Syntax Error: Document is nested too deeply")

log = logging.getLogger(__name__)


class RefusedError(WattbookError):
    """A request that is not answered, for a reason its sender may know."""

    code: ClassVar[Code] = "BAD_USER_INPUT"


class UnauthenticatedError(RefusedError):
    """Nobody is signed in, or not as anybody known."""

    code = "UNAUTHENTICATED"


class ForbiddenError(RefusedError):
    """The viewer may not see this."""

    code = "FORBIDDEN"


class BadInputError(RefusedError):
    """An argument that means nothing here."""

    code = "BAD_USER_INPUT"


class LimitExceededError(RefusedError):
    """More than one request may ask for."""

    code = "LIMIT_EXCEEDED"


def error_fields(errors: Iterable[GraphQLError], request_id: str) -> list[Json]:
    """Return *errors* as the response shows them; what is no business of the client's is logged instead."""
    return [_shown(error, request_id) for error in errors]


def refusal_fields(error: RefusedError, request_id: str) -> Fields:
    """Return an error that concerns the whole request."""
    return {"message": str(error), "extensions": {"code": error.code, "requestId": request_id}}


def _shown(error: GraphQLError, request_id: str) -> Json:
    code = _code(error)
    message = error.message
    if code == "INTERNAL" and not isinstance(_cause(error), ReadModelsBehindError | DatabaseUnavailableError):
        log.error("request %s failed: %s", request_id, error.message, exc_info=_cause(error))
        message = f"something went wrong here; request {request_id} is in the log"
    shown: Fields = {"message": message}
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        shown["path"] = list(error.path)
    shown["extensions"] = {"code": code, "requestId": request_id}
    return shown


def _code(error: GraphQLError) -> Code:
    cause = _cause(error)
    if isinstance(cause, RefusedError):
        return cause.code
    if isinstance(cause, UnknownPositionError | ResolutionRefusedError):
        return "BAD_USER_INPUT"
    if isinstance(cause, QueryTooLongError | RecursionError) or error.message.startswith(_PARSER_LIMITS):
        return "LIMIT_EXCEEDED"
    # Without a cause in our code an error is about the document or its variables.
    if cause is None or isinstance(cause, CannotGetOperationTypeError | InvalidOperationTypeError):
        return "BAD_USER_INPUT"
    return "INTERNAL"


def _cause(error: GraphQLError) -> Exception | None:
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause
