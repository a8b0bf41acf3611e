"""The way from a mutation's payload back to the root of reading."""

from typing import Any

import strawberry


def read_on() -> Any:  # noqa: ANN401 - what strawberry.field() is
    """Give a payload its `query` field.

    The root stands in the room above and is found by its name when the schema is built: a payload
    leads back to it, and both cannot come first.
    """
    root = strawberry.LazyType[Any, Any]("Query", "bigcat_graphql.resolvers.queries")
    return strawberry.field(
        resolver=_find_root, graphql_type=root, description="Read on in the same request."
    )


def _find_root() -> object:
    # The root's fields read nothing of it; it only must not be null.
    return object()
