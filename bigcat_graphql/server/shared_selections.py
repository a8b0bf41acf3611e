"""What a shared subscription selects, in words that are the same for all who select the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)


@dataclass(frozen=True, slots=True)
class SharedSelection:
    """One operation's selection, the arguments of its root field left out.

    Those say what is watched and from where on, not what is shown of it. `variables` are the names
    that the rest depends on.
    """

    text: str
    variables: tuple[str, ...]

    def key(self, values: Mapping[str, object]) -> tuple[object, ...]:
        """Give what is equal for those, and only those, who are sent the same bytes."""
        # By repr, since 1 equals True, and lists cannot be keys.
        return (self.text, *(repr(values.get(name)) for name in self.variables))


def read_selection(document: DocumentNode, operation: OperationDefinitionNode) -> SharedSelection:
    """Read the selection of a valid subscription."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    root = SelectionSetNode(selections=_strip(operation.selection_set, fragments))
    parts: list[Node] = [root]
    found = _Names()
    visit(root, found)
    while missing := sorted(found.fragments - found.seen):
        for name in missing:
            found.seen.add(name)
            parts.append(fragments[name])
            visit(fragments[name], found)
    return SharedSelection("\n".join(map(print_ast, parts)), tuple(sorted(found.variables)))


class _Names(Visitor):
    """The variables and fragments that a part of a document mentions."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.fragments: set[str] = set()
        self.seen: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.variables.add(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.fragments.add(node.name.value)


def _strip(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[SelectionNode, ...]:
    return tuple(_strip_each(selection_set, fragments))


def _strip_each(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[SelectionNode]:
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode):
            yield FieldNode(
                alias=selection.alias,
                name=selection.name,
                arguments=(),
                directives=selection.directives,
                selection_set=selection.selection_set,
            )
            continue
        inner: FragmentDefinitionNode | InlineFragmentNode
        if isinstance(selection, FragmentSpreadNode):
            inner = fragments[selection.name.value]
        elif isinstance(selection, InlineFragmentNode):
            inner = selection
        else:
            continue
        yield InlineFragmentNode(
            type_condition=inner.type_condition,
            directives=selection.directives,
            selection_set=SelectionSetNode(selections=_strip(inner.selection_set, fragments)),
        )
