"""How are media types chosen and bodies read?"""

import pytest

from graphql_api.errors import BadInputError
from graphql_api.http import GRAPHQL, JSON, Operation, check_content_type, media_type, read_operation


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/html", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{GRAPHQL.upper()};charset=utf-8", GRAPHQL),
    ],
)
def test_the_media_type_is_the_first_of_ours_that_is_accepted(accept: str, wanted: str) -> None:
    assert media_type(accept) == wanted


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", 'application/json;charset="UTF-8"'])
def test_json_in_utf8_is_taken(content_type: str) -> None:
    check_content_type(content_type)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_what_a_form_could_send_is_not_taken(content_type: str) -> None:
    with pytest.raises(BadInputError):
        check_content_type(content_type)


def test_an_operation_has_a_document_and_maybe_variables_and_a_name() -> None:
    assert read_operation(b'{"query": "{ a }"}') == Operation("{ a }", None, None)
    assert read_operation(
        b'{"query": "{ a }", "variables": null, "operationName": "", "extensions": null}'
    ) == Operation("{ a }", None, None)
    assert read_operation(b'{"query": "{ a }", "variables": {"x": 1}, "operationName": "A"}') == Operation(
        "{ a }", {"x": 1}, "A"
    )
