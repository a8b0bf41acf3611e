"""Whether fields of one answer key can be one field, in a time linear in what is selected.

The rule of graphql-core compares every pair of fields and fragments: 3 kB of query kept it busy for
a second. Here each field is compared with the first of its group, because "can be merged" is an
equivalence there.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    print_ast,
)

from bigcat_graphql.server.limits import type_of_field


class _Selected(NamedTuple):
    """A field where it stands."""

    parent: GraphQLNamedType | None
    node: FieldNode
    type: GraphQLOutputType | None


_Group = list[_Selected]
_Place = tuple[GraphQLNamedType | None, SelectionSetNode]


def find_conflicts(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """Name the first conflict of each operation.

    Needs a document whose fragments unfold to few selections and without cycles: the limits see
    to the one, and graphql-core's rules must have found it valid otherwise.
    """
    overlaps = _Overlaps(schema, document)
    conflicts = (
        next(overlaps.conflicts_of(operation), None)
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
    )
    return [conflict for conflict in conflicts if conflict is not None]


class _Overlaps:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }

    def conflicts_of(self, operation: OperationDefinitionNode) -> Iterator[GraphQLError]:
        root = self._schema.get_root_type(operation.operation)
        selections = [(root, operation.selection_set)]
        yield from self._check_shapes(self._collect(selections))
        yield from self._check_fields(self._collect(selections))

    def _check_shapes(self, groups: dict[str, _Group]) -> Iterator[GraphQLError]:
        """Check that whatever object answers, a key has one shape."""
        for key, group in groups.items():
            for other in group[1:]:
                if not _same_shape(group[0].type, other.type):
                    yield _conflict(key, group[0], other, "they return conflicting types")
            yield from self._check_shapes(self._collect_inside(group))

    def _check_fields(self, groups: dict[str, _Group]) -> Iterator[GraphQLError]:
        """Check that on one object a key is one field with the same arguments."""
        for key, group in groups.items():
            for same in _split_by_object(group):
                for other in same[1:]:
                    if other.node.name.value != same[0].node.name.value:
                        yield _conflict(key, same[0], other, "they are different fields")
                    elif _arguments(other.node) != _arguments(same[0].node):
                        yield _conflict(key, same[0], other, "they have differing arguments")
                yield from self._check_fields(self._collect_inside(same))

    def _collect_inside(self, group: _Group) -> dict[str, _Group]:
        return self._collect(
            [
                (get_named_type(one.type) if one.type else None, one.node.selection_set)
                for one in group
                if one.node.selection_set is not None
            ]
        )

    def _collect(self, selections: Sequence[_Place]) -> dict[str, _Group]:
        """Spread the fragments, each once, and group the fields by the key of their answer."""
        groups: dict[str, _Group] = {}
        spread: set[str] = set()
        waiting = list(reversed(selections))
        while waiting:
            parent, selection_set = waiting.pop()
            for selection in selection_set.selections:
                if isinstance(selection, FieldNode):
                    key = (selection.alias or selection.name).value
                    kind = type_of_field(self._schema, parent, selection.name.value)
                    groups.setdefault(key, []).append(_Selected(parent, selection, kind))
                elif isinstance(selection, InlineFragmentNode):
                    condition = selection.type_condition
                    inner = self._schema.get_type(condition.name.value) if condition else parent
                    waiting.append((inner, selection.selection_set))
                elif isinstance(selection, FragmentSpreadNode):
                    name = selection.name.value
                    if name not in spread and name in self._fragments:
                        spread.add(name)
                        fragment = self._fragments[name]
                        on = self._schema.get_type(fragment.type_condition.name.value)
                        waiting.append((on, fragment.selection_set))
        return groups


def _split_by_object(group: _Group) -> list[_Group]:
    """Split fields into those that the same object can answer.

    One on an interface meets the fields on every object, so all must be the same field: they stay
    together. That is stricter than the specification two levels down, where it would allow two
    objects to differ.
    """
    if any(not is_object_type(one.parent) for one in group):
        return [group]
    by_object: dict[str, _Group] = {}
    for one in group:
        by_object.setdefault(one.parent.name if one.parent else "", []).append(one)
    return list(by_object.values())


def _same_shape(one: GraphQLOutputType | None, other: GraphQLOutputType | None) -> bool:
    if is_non_null_type(one) and is_non_null_type(other):
        return _same_shape(one.of_type, other.of_type)
    if is_list_type(one) and is_list_type(other):
        return _same_shape(one.of_type, other.of_type)
    if one is None or other is None or one == other:
        return True
    return is_composite_type(one) and is_composite_type(other)


def _arguments(node: FieldNode) -> dict[str, str]:
    return {argument.name.value: print_ast(argument.value) for argument in node.arguments or ()}


def _conflict(key: str, one: _Selected, other: _Selected, why: str) -> GraphQLError:
    return GraphQLError(
        f"Fields '{key}' conflict because {why}. Use different aliases to fetch both.",
        [one.node, other.node],
    )
