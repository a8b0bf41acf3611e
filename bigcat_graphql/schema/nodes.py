"""The interface of what can be fetched again."""

import strawberry

from bigcat_graphql.schema.describing import interface


@interface
class Node:
    """An object that can be fetched again by its id."""

    id: strawberry.ID = strawberry.field(description="Opaque, global, stable.")
