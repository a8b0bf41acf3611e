"""The limits on the shape of an operation, measured in one pass over the document."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from bigcat_graphql.server.fragments import order_fragments

MONEY_FIELDS = frozenset({"payBooking", "cancelBooking"})
_INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one operation may have; the figures are the checklist's of the project."""

    depth: int = 12
    list_depth: int = 3
    introspection_depth: int = 15
    aliases: int = 15
    root_fields: int = 10
    directives: int = 20
    money_fields: int = 1
    # What 2,000 tokens unfold to through fragments: each is looked at again by validation.
    selections: int = 5_000


@dataclass(slots=True)
class Shape:
    """What a selection set comes to with its fragments spread out; depths are of the deepest."""

    depth: int = 0
    list_depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    money_fields: int = 0
    selections: int = 0

    def take_beside(self, other: "Shape") -> None:
        """Add selections of the same level."""
        self.take_inside(other)
        self.depth = max(self.depth, other.depth)
        self.list_depth = max(self.list_depth, other.list_depth)
        self.introspection_depth = max(self.introspection_depth, other.introspection_depth)
        self.root_fields += other.root_fields
        self.money_fields += other.money_fields

    def take_inside(self, other: "Shape") -> None:
        """Add what counts wherever it stands."""
        self.aliases += other.aliases
        self.directives += other.directives
        self.selections += other.selections


def find_excesses(
    schema: GraphQLSchema, document: DocumentNode, limits: Limits
) -> list[GraphQLError]:
    """Name every limit that an operation of the document exceeds.

    Takes documents that are not valid: unknown names count as leaves, cycles as nothing.
    """
    measure = Measure(schema, document)
    return [
        GraphQLError(message, operation)
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for message in _complain(measure.shape_of(operation), limits)
    ]


class Measure:
    """Shapes of one document's operations; each fragment is measured once.

    `visited` counts the selections looked at: it grows with the length of the document, not with
    what the document unfolds to.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.visited = 0
        self._schema = schema
        self._fragments: dict[str, Shape] = {}
        for fragment in order_fragments(document):
            self._fragments[fragment.name.value] = self._shape_of_fragment(fragment)

    def shape_of(self, operation: OperationDefinitionNode) -> Shape:
        """Measure one operation."""
        root = self._schema.get_root_type(operation.operation)
        shape = self._shape_of_set(operation.selection_set, root)
        shape.directives += len(operation.directives or ())
        return shape

    def _shape_of_fragment(self, fragment: FragmentDefinitionNode) -> Shape:
        parent = self._schema.get_type(fragment.type_condition.name.value)
        shape = self._shape_of_set(fragment.selection_set, parent)
        shape.directives += len(fragment.directives or ())
        return shape

    def _shape_of_set(
        self, selection_set: SelectionSetNode, parent: GraphQLNamedType | None
    ) -> Shape:
        shape = Shape()
        for selection in selection_set.selections:
            self.visited += 1
            shape.selections += 1
            shape.directives += len(selection.directives or ())
            shape.take_beside(self._shape_of_selection(selection, parent))
        return shape

    def _shape_of_selection(
        self, selection: SelectionNode, parent: GraphQLNamedType | None
    ) -> Shape:
        if isinstance(selection, FragmentSpreadNode):
            return self._fragments.get(selection.name.value, Shape())
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            inner = self._schema.get_type(condition.name.value) if condition else parent
            return self._shape_of_set(selection.selection_set, inner)
        if isinstance(selection, FieldNode):
            return self._shape_of_field(selection, parent)
        return Shape()

    def _shape_of_field(self, field: FieldNode, parent: GraphQLNamedType | None) -> Shape:
        name = field.name.value
        kind = type_of_field(self._schema, parent, name)
        inner = Shape()
        if field.selection_set is not None:
            inner = self._shape_of_set(field.selection_set, get_named_type(kind))
        shape = Shape(
            aliases=field.alias is not None,
            root_fields=1,
            money_fields=name in MONEY_FIELDS,
        )
        shape.take_inside(inner)
        if name in _INTROSPECTION_FIELDS:  # its lists have a rule of graphql-core's own
            shape.depth, shape.introspection_depth = 1, 1 + inner.depth
            return shape
        shape.depth = 1 + inner.depth
        shape.introspection_depth = inner.introspection_depth
        shape.list_depth = inner.list_depth + is_list_of_objects(kind)
        return shape


def type_of_field(
    schema: GraphQLSchema, parent: GraphQLNamedType | None, name: str
) -> GraphQLOutputType | None:
    """Find the type of a field, or none where the document is wrong about it."""
    field: GraphQLField | None = None
    if is_composite_type(parent):
        field = schema.get_field(parent, name)
    return field.type if field else None


def is_list_of_objects(kind: GraphQLOutputType | None) -> bool:
    """Tell whether a field's type is a list of what has fields itself."""
    return is_list_type(get_nullable_type(kind)) and is_composite_type(get_named_type(kind))


def _complain(shape: Shape, limits: Limits) -> Iterator[str]:
    for name, what in _WORDS.items():
        most: int = getattr(limits, name)
        if getattr(shape, name) > most:
            yield what.format(most)


_WORDS = {
    "depth": "The operation is nested too deeply: at most {} levels.",
    "list_depth": "The operation nests too many lists: at most {} levels of lists.",
    "introspection_depth": "The introspection is nested too deeply: at most {} levels.",
    "aliases": "The operation has too many aliases: at most {}.",
    "root_fields": "The operation has too many root fields: at most {}.",
    "directives": "The operation has too many directives: at most {}.",
    "selections": "The operation unfolds to too many selections: at most {}.",
    "money_fields": "At most {} of payBooking and cancelBooking in one operation.",
}
