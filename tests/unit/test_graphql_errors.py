"""What does a client learn of an error?"""

import logging

import pytest
from graphql import GraphQLError

from domain.errors import QueryTooLongError, ReadModelsBehindError, UnknownPositionError
from graphql_api.errors import ForbiddenError, error_fields


def shown(original: Exception | None, message: str = "told") -> tuple[object, object]:
    """Return message and code of an error with this cause, inside another GraphQL error as libraries wrap them."""
    inner = GraphQLError(message, original_error=original)
    (fields,) = error_fields([GraphQLError(message, original_error=inner, path=["deals"])], "4711")
    assert isinstance(fields, dict)
    assert isinstance(fields["extensions"], dict)
    assert fields["extensions"]["requestId"] == "4711"
    return fields["message"], fields["extensions"]["code"]


def test_refusals_and_bad_input_are_told_as_they_are() -> None:
    assert shown(ForbiddenError("told")) == ("told", "FORBIDDEN")
    assert shown(UnknownPositionError("told")) == ("told", "BAD_USER_INPUT")
    assert shown(None) == ("told", "BAD_USER_INPUT")
    assert shown(None, "Syntax Error: Document is nested too deeply.")[1] == "LIMIT_EXCEEDED"
    assert shown(RecursionError())[1] == "LIMIT_EXCEEDED"
    assert shown(QueryTooLongError("told")) == ("told", "LIMIT_EXCEEDED")


def test_read_models_that_are_behind_are_explained() -> None:
    assert shown(ReadModelsBehindError("told")) == ("told", "INTERNAL")


def test_anything_else_is_logged_and_hidden(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        message, code = shown(ZeroDivisionError("a secret"))
    assert code == "INTERNAL"
    assert "4711" in str(message)
    assert "secret" not in str(message)
    assert "secret" in caplog.text
