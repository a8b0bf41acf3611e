"""What everybody is sent alike must not depend on who asks."""

from collections.abc import Iterator

import pytest
from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type, is_abstract_type
from strawberry.types.field import StrawberryField

from bigcat_graphql.resolvers.api import schema

# Each of these is executed for every viewer by itself; any other subscription is shared.
PRIVATE = {"bookingUpdated", "queuePosition"}
# These are handed the context for its loaders, which know nothing of the viewer.
LOADED = {"ConcertAvailability.counts"}
_CORE = schema._schema


def fields_below(kind: GraphQLNamedType) -> Iterator[tuple[str, StrawberryField]]:
    """Give every field that can be selected in a type, however deep."""
    waiting, seen = [kind], set()
    while waiting:
        one = waiting.pop()
        if one.name in seen:
            continue
        seen.add(one.name)
        if is_abstract_type(one):
            waiting.extend(_CORE.get_possible_types(one))
        elif isinstance(one, GraphQLObjectType):
            for name, field in one.fields.items():
                yield f"{one.name}.{name}", field.extensions["strawberry-definition"]
                waiting.append(get_named_type(field.type))


def asks_who(field: StrawberryField) -> bool:
    """Say whether a field's resolver is handed the viewer, or guarded by who it is."""
    resolver = field.base_resolver
    is_told = resolver is not None and resolver.info_parameter is not None
    return is_told or bool(field.permission_classes or field.extensions)


def roots() -> GraphQLObjectType:
    kind = _CORE.subscription_type
    assert kind is not None
    return kind


@pytest.mark.parametrize("name", sorted(set(roots().fields) - PRIVATE))
def test_nothing_below_a_shared_subscription_asks_who_is_asking(name: str) -> None:
    found = dict(fields_below(get_named_type(roots().fields[name].type)))
    assert found
    assert {path for path, field in found.items() if asks_who(field)} <= LOADED


def test_a_field_that_asks_would_be_found() -> None:
    private = get_named_type(roots().fields["bookingUpdated"].type)
    assert any(asks_who(field) for _, field in fields_below(private))
