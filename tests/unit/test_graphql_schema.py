"""Does the schema keep what clients rely on, and is the published copy of it the schema itself?"""

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from wattbook.schema import sdl

CONTRACT = Path(__file__).with_name("contract.graphql")
PUBLISHED = Path(__file__).parents[2] / "ui" / "schema.graphql"


def promises(schema: GraphQLSchema) -> set[str]:
    """Return everything a schema promises, one sentence a promise."""
    found: set[str] = set()
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, GraphQLEnumType):
            found |= {f"enum {name} {value}" for value in kind.values}
        elif isinstance(kind, GraphQLInputObjectType):
            found |= {f"input {name}.{key}: {field.type}" for key, field in kind.fields.items()}
            found.add(f"input {name} {'takes exactly one' if kind.is_one_of else 'takes any'}")
        elif isinstance(kind, GraphQLObjectType):
            for key, field in kind.fields.items():
                found.add(f"type {name}.{key}: {field.type}")
                found |= {
                    f"argument {name}.{key}.{argument}: {given.type} = {given.to_kwargs()['default_value']}"
                    for argument, given in field.args.items()
                }
        else:
            found.add(f"scalar {name}")
    return found


def test_everything_clients_rely_on_is_there_with_exactly_its_type() -> None:
    served = promises(build_schema(sdl()))
    assert promises(build_schema(CONTRACT.read_text())) - served == set()


def test_the_published_schema_is_the_one_that_is_served() -> None:
    assert PUBLISHED.read_text() == sdl(), "run `make schema`"


def test_what_the_contract_describes_in_words_is_described_in_the_schema() -> None:
    schema = build_schema(sdl())
    for name in ("traders", "performance", "deals", "referencePrices", "events", "rejections"):
        assert schema.query_type is not None
        assert schema.query_type.fields[name].description
    assert schema.subscription_type is not None
    assert all(field.description for field in schema.subscription_type.fields.values())
