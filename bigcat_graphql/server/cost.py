"""What an operation costs, known before it runs, by the schema's `@cost` and `@listSize`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    InterfaceTypeDefinitionNode,
    IntValueNode,
    ListValueNode,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    parse,
    value_from_ast_untyped,
)

from bigcat_graphql.server.fragments import order_fragments
from bigcat_graphql.server.limits import is_list_of_objects, type_of_field

# More than any operation may cost, so a page of a billion items needs no big numbers.
_LARGEST_SIZE = 1_000_000
_INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})
# Each id is looked up for itself, which a list's one object would not pay for.
_FIELD_OF_IDS = "nodes"


@dataclass(frozen=True, slots=True)
class Weight:
    """What the schema's directives say of one field."""

    cost: int | None = None
    assumed_size: int = 1
    slicing_arguments: tuple[str, ...] = ()
    sized_fields: tuple[str, ...] = ()


class Line(NamedTuple):
    """A cost that depends on the length of the list around it: `fixed + each * length`."""

    fixed: int = 0
    each: int = 0

    def times(self, length: int) -> int:
        """Settle it for a length."""
        return self.fixed + self.each * length


Weights = Mapping[tuple[str, str], Weight]
_PLAIN = Weight()


def read_weights(sdl: str) -> Weights:
    """Read the directives of every field of a schema in the definition language."""
    return {
        (owner.name.value, field.name.value): _read_weight(field.directives or ())
        for owner in parse(sdl, no_location=True).definitions
        if isinstance(owner, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
        for field in owner.fields or ()
        if field.directives
    }


def _read_weight(directives: Iterable[ConstDirectiveNode]) -> Weight:
    given = {
        directive.name.value: {
            argument.name.value: value_from_ast_untyped(argument.value)
            for argument in directive.arguments or ()
        }
        for directive in directives
    }
    size = given.get("listSize", {})
    weight = given.get("cost", {}).get("weight")
    return Weight(
        cost=None if weight is None else round(float(weight)),
        assumed_size=size.get("assumedSize") or 1,
        slicing_arguments=tuple(size.get("slicingArguments") or ()),
        sized_fields=tuple(size.get("sizedFields") or ()),
    )


class CostCount:
    """Counts one operation for one set of coerced variables.

    An object field costs 1, a leaf 0, or what `@cost` says, times the lengths of the lists around
    it. An upper bound: branches of a union are added up, and `@skip` and `@include` are not
    looked at. Each fragment is counted once per list it stands in (`sizedFields` of the schema,
    not of the document), so `visited` grows with the length of the document only. The root field
    `nodes` costs 1 for each id that is asked for.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        weights: Weights,
        document: DocumentNode,
        variables: Mapping[str, object],
    ) -> None:
        self.visited = 0
        self.introspections: set[int] = set()  # the nodes by identity
        self.sizing_variables: set[str] = set()
        self._schema = schema
        self._weights = weights
        self._variables = variables
        self._definitions = {f.name.value: f for f in order_fragments(document)}
        self._lines: dict[tuple[str, tuple[str, ...]], Line] = {}
        # In this order every spread finds its fragment counted, without recursion.
        for sized in {(), *(weight.sized_fields for weight in weights.values())}:
            for name in self._definitions:
                self._line_of_fragment(name, sized)

    def count(self, operation: OperationDefinitionNode) -> int:
        """Count an operation of the document."""
        root = self._schema.get_root_type(operation.operation)
        return self._line_of_set(operation.selection_set, root, ()).fixed

    def _line_of_fragment(self, name: str, sized: tuple[str, ...]) -> Line:
        key = (name, sized)
        if key not in self._lines:
            self._lines[key] = Line()  # a cycle costs nothing: validation refuses it
            fragment = self._definitions[name]
            parent = self._schema.get_type(fragment.type_condition.name.value)
            self._lines[key] = self._line_of_set(fragment.selection_set, parent, sized)
        return self._lines[key]

    def _line_of_set(
        self,
        selection_set: SelectionSetNode,
        parent: GraphQLNamedType | None,
        sized: tuple[str, ...],
    ) -> Line:
        fixed = each = 0
        for selection in selection_set.selections:
            self.visited += 1
            line = self._line_of_selection(selection, parent, sized)
            fixed += line.fixed
            each += line.each
        return Line(fixed, each)

    def _line_of_selection(
        self, selection: SelectionNode, parent: GraphQLNamedType | None, sized: tuple[str, ...]
    ) -> Line:
        if isinstance(selection, FragmentSpreadNode):
            known = selection.name.value in self._definitions
            return self._line_of_fragment(selection.name.value, sized) if known else Line()
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            inner = self._schema.get_type(condition.name.value) if condition else parent
            return self._line_of_set(selection.selection_set, inner, sized)
        if isinstance(selection, FieldNode):
            return self._line_of_field(selection, parent, sized)
        return Line()

    def _line_of_field(
        self, field: FieldNode, parent: GraphQLNamedType | None, sized: tuple[str, ...]
    ) -> Line:
        name = field.name.value
        if name in _INTROSPECTION_FIELDS:  # answered from the schema, bounded by its depth
            self.introspections.add(id(field))
            return Line()
        weight = self._weights.get((parent.name, name), _PLAIN) if parent else _PLAIN
        kind = type_of_field(self._schema, parent, name)
        own = weight.cost if weight.cost is not None else int(_is_object(kind))
        if name == _FIELD_OF_IDS and parent is self._schema.query_type:
            own = max(own, *(self._length(one.value) for one in field.arguments or ()), 0)
        if field.selection_set is None:
            return Line(own)
        inner = self._line_of_set(field.selection_set, get_named_type(kind), weight.sized_fields)
        size = self._size_of(field, weight)
        items = inner.times(size)
        if name in sized:
            return Line(own, items)
        if is_list_of_objects(kind) and not weight.sized_fields:
            items *= size
        return Line(own + items)

    def _size_of(self, field: FieldNode, weight: Weight) -> int:
        sizes = [
            size
            for argument in field.arguments or ()
            if argument.name.value in weight.slicing_arguments
            for size in [self._number(argument.value)]
            if size is not None
        ]
        return min(max(0, *sizes), _LARGEST_SIZE) if sizes else weight.assumed_size

    def _length(self, value: object) -> int:
        if isinstance(value, VariableNode):
            self.sizing_variables.add(value.name.value)
            given = self._variables.get(value.name.value)
            return len(given) if isinstance(given, list) else 1
        return len(value.values) if isinstance(value, ListValueNode) else 1

    def _number(self, value: object) -> int | None:
        if isinstance(value, VariableNode):
            self.sizing_variables.add(value.name.value)
            given = self._variables.get(value.name.value)
            return given if isinstance(given, int) else None
        return int(value.value) if isinstance(value, IntValueNode) else None


def _is_object(kind: GraphQLOutputType | None) -> bool:
    return kind is not None and is_composite_type(get_named_type(kind))
