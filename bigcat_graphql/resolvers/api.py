"""The executable schema, put together from its roots."""

from collections.abc import Callable, Iterable

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

import bigcat_graphql.schema.enums  # noqa: F401 - makes the domain's enums known to Strawberry
from bigcat_graphql.resolvers.live import Subscription
from bigcat_graphql.resolvers.mutations import Mutation
from bigcat_graphql.resolvers.printing import DescribedSchema
from bigcat_graphql.resolvers.queries import Query
from bigcat_graphql.schema.scalars import SCALARS


def build_schema(
    extensions: Iterable[type[SchemaExtension] | Callable[[], SchemaExtension]] = (),
) -> strawberry.Schema:
    """Build the schema."""
    return DescribedSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=extensions,
        config=StrawberryConfig(scalar_map=SCALARS),
    )


schema = build_schema()
