"""The order in which fragments can be measured, so that each is visited once."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    SelectionSetNode,
)


def order_fragments(document: DocumentNode) -> list[FragmentDefinitionNode]:
    """List the fragments of a document, each after all that it spreads.

    A spread that closes a cycle is left out of the order; validation refuses the cycle later.
    Works with a stack of its own: a chain of fragments can be longer than Python's recursion.
    """
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    ordered: dict[str, FragmentDefinitionNode] = {}
    begun: set[str] = set()
    for root, fragment in fragments.items():
        path = [] if root in begun else [(root, _spreads_of(fragment.selection_set))]
        begun.add(root)
        while path:
            name, spreads = path[-1]
            following = next((s for s in spreads if s in fragments and s not in begun), None)
            if following is None:
                ordered[name] = fragments[name]
                path.pop()
            else:
                begun.add(following)
                path.append((following, _spreads_of(fragments[following].selection_set)))
    return list(ordered.values())


def _spreads_of(selection_set: SelectionSetNode) -> Iterator[str]:
    waiting = [selection_set]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                yield selection.name.value
            elif (inner := getattr(selection, "selection_set", None)) is not None:
                waiting.append(inner)
