"""How much may one GraphQL document ask for? Rules that cost the same whatever the document does."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)
from graphql.validation import ASTValidationRule, ValidationContext
from strawberry.extensions import SchemaExtension

from graphql_api.errors import LimitExceededError

BODY_BYTES: Final = 64 * 1024
TOKENS: Final = 2_000
ALIASES: Final = 30
DEPTH: Final = 15
PAGE: Final = 500
SUBSCRIPTIONS_A_CONNECTION: Final = 20

Fragments = dict[str, FragmentDefinitionNode]
Shape = dict[str, "Shape"]
"""The names of the fields below a field, whatever fragments and aliases they come through."""


class AliasLimit(ASTValidationRule):
    """Counts the aliases of each operation, those of its fragments as often as they are spread."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        count = _folded(_fragments(context.document), own=lambda field: int(field.alias is not None), together=sum)
        for operation in _operations(context.document):
            if count(operation.selection_set) > ALIASES:
                context.report_error(_exceeded(f"more than {ALIASES} aliases"))


class DepthLimit(ASTValidationRule):
    """Measures how deep fields are nested; the standard introspection query is as deep as it has to be."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        fragments = _fragments(context.document)
        depth = _folded(fragments, own=lambda _: 1, together=lambda depths: max(depths, default=0))
        for operation in _operations(context.document):
            found = depth(operation.selection_set)
            if found > DEPTH and not (found <= _STANDARD_DEPTH and _is_standard(operation, fragments)):
                context.report_error(_exceeded(f"fields nested more than {DEPTH} deep"))


class Limits(SchemaExtension):
    """Applies the limits to every operation. The rules are always the same classes, which lets validation be cached."""

    def on_operation(self) -> Iterator[None]:
        context = self.execution_context
        context.parse_options["max_tokens"] = TOKENS
        context.validation_rules = (*context.validation_rules, AliasLimit, DepthLimit)
        yield


class OneOperation(SchemaExtension):
    """Refuses a document with several operations where the client names none. Comes after the validation cache."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        if document and context.context.operation_name is None and len(list(_operations(document))) > 1:
            context.pre_execution_errors = [GraphQLError("name one of the operations in the document")]
        yield


def _folded(
    fragments: Fragments, own: Callable[[FieldNode], int], together: Callable[[list[int]], int]
) -> Callable[[SelectionSetNode | None], int]:
    """Return a measure of selection sets that visits each fragment once, however often it is spread."""
    known: dict[str, int] = {}

    def measure(selection_set: SelectionSetNode | None) -> int:
        if selection_set is None:
            return 0
        return together([_one(selection) for selection in selection_set.selections])

    def _one(selection: Any) -> int:
        if isinstance(selection, FieldNode):
            return own(selection) + measure(selection.selection_set)
        if isinstance(selection, InlineFragmentNode):
            return measure(selection.selection_set)
        name = selection.name.value
        if name not in known:
            known[name] = 0  # a fragment inside itself is refused by a rule of the specification
            fragment = fragments.get(name)
            known[name] = measure(fragment.selection_set) if fragment else 0
        return known[name]

    return measure


def _is_standard(operation: OperationDefinitionNode, fragments: Fragments) -> bool:
    seen: set[tuple[str, int]] = set()

    def within(selection_set: SelectionSetNode | None, allowed: Shape) -> bool:
        return all(one_within(selection, allowed) for selection in (selection_set.selections if selection_set else ()))

    def one_within(selection: Node, allowed: Shape) -> bool:
        if isinstance(selection, FieldNode):
            below = allowed.get(selection.name.value)
            return below is not None and within(selection.selection_set, below)
        if isinstance(selection, FragmentSpreadNode):
            place = (selection.name.value, id(allowed))
            if place in seen:
                return True
            seen.add(place)
            fragment = fragments.get(selection.name.value)
            return fragment is not None and within(fragment.selection_set, allowed)
        return isinstance(selection, InlineFragmentNode) and within(selection.selection_set, allowed)

    return within(operation.selection_set, _STANDARD)


def _shape(selection_set: SelectionSetNode | None, fragments: Fragments) -> Shape:
    shape: Shape = {}
    for selection in selection_set.selections if selection_set else ():
        if isinstance(selection, FieldNode):
            shape[selection.name.value] = _shape(selection.selection_set, fragments)
        elif isinstance(selection, FragmentSpreadNode):
            shape.update(_shape(fragments[selection.name.value].selection_set, fragments))
    return shape


def _fragments(document: DocumentNode) -> Fragments:
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


def _operations(document: DocumentNode) -> Iterator[OperationDefinitionNode]:
    return (node for node in document.definitions if isinstance(node, OperationDefinitionNode))


def _exceeded(what: str) -> GraphQLError:
    error = LimitExceededError(f"the operation has {what}")
    return GraphQLError(str(error), original_error=error)


def _standard() -> tuple[Shape, int]:
    document = parse(
        get_introspection_query(
            specified_by_url=True,
            directive_is_repeatable=True,
            schema_description=True,
            input_value_deprecation=True,
            one_of=True,
        )
    )
    fragments = _fragments(document)
    (operation,) = _operations(document)
    measure = _folded(fragments, own=lambda _: 1, together=lambda depths: max(depths, default=0))
    return _shape(operation.selection_set, fragments), measure(operation.selection_set)


_STANDARD, _STANDARD_DEPTH = _standard()
