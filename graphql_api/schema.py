"""Which schema does the API serve?"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

import strawberry
from graphql import GraphQLError
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext
from strawberry.utils.str_converters import to_camel_case

from graphql_api.limits import Limits, OneOperation
from graphql_api.mutation import Mutation
from graphql_api.query import Query
from graphql_api.scalars import SCALARS
from graphql_api.subscription import Subscription

_camel = lru_cache(maxsize=None)(to_camel_case)


class Schema(strawberry.Schema):
    """The schema; errors are logged where they are shown, and only those that are ours."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Do nothing: a refusal is no news for the log."""


def build_schema() -> Schema:
    """Return the schema that the API serves."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=[Limits, ParserCache, ValidationCache, OneOperation],
        config=StrawberryConfig(default_resolver=_field_of, scalar_map=SCALARS),
    )


def _field_of(source: object, name: str) -> object:
    """Return a field of an answer, which holds the schema's names."""
    return cast("Mapping[str, Any]", source)[_camel(name)]
