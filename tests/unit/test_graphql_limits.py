"""How much may one document ask for?"""

import pytest
from graphql import GraphQLError, build_schema, get_introspection_query, parse, validate

from graphql_api.limits import ALIASES, DEPTH, AliasLimit, DepthLimit
from wattbook.schema import sdl

SCHEMA = build_schema(sdl())


def errors(document: str) -> list[GraphQLError]:
    """Return what the limits say of a document."""
    return validate(SCHEMA, parse(document), [AliasLimit, DepthLimit])


def nested(depth: int) -> str:
    """Return a query whose fields are nested so deep."""
    return '{ __type(name: "Query") ' + "{ ofType " * (depth - 2) + "{ name }" + " }" * (depth - 2) + " }"


def test_fields_may_be_nested_up_to_the_limit() -> None:
    assert errors(nested(DEPTH)) == []
    (error,) = errors(nested(DEPTH + 1))
    assert "more than 15 deep" in error.message


@pytest.mark.parametrize("options", [{}, {"one_of": True, "specified_by_url": True, "input_value_deprecation": True}])
def test_the_standard_introspection_query_may_be_as_deep_as_it_is(options: dict[str, bool]) -> None:
    assert errors(get_introspection_query(**options)) == []


def test_introspection_of_another_shape_may_not_be_as_deep() -> None:
    assert errors("{ __schema { queryType " + "{ ofType " * (DEPTH - 2) + "{ name }" + " }" * (DEPTH - 2) + " } }")


def test_depth_is_measured_through_fragments_of_every_kind() -> None:
    document = (
        'query { ...A } fragment A on Query { __type(name: "Query") { ... on __Type { ...B } } } '
        "fragment B on __Type " + "{ ofType " * 14 + "{ name }" + " }" * 14
    )
    assert errors(document)


def test_thirty_aliases_are_enough() -> None:
    def fields(count: int) -> str:
        return "{" + " ".join(f"a{number}: __typename" for number in range(count)) + "}"

    assert errors(fields(ALIASES)) == []
    (error,) = errors(fields(ALIASES + 1))
    assert "more than 30 aliases" in error.message


def test_aliases_in_a_fragment_count_as_often_as_it_is_spread() -> None:
    assert errors(
        "{ ...A ...A ...A ...A } fragment A on Query {" + " ".join(f"a{n}: __typename" for n in range(8)) + "}"
    )


def test_a_fragment_bomb_is_measured_at_once() -> None:
    bomb = "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(200))
    assert "aliases" in errors(bomb + " fragment F200 on Query { a: __typename }")[0].message


def test_a_fragment_within_itself_ends() -> None:
    assert errors("{ ...A } fragment A on Query { a: viewer { name } ...A }") == []
