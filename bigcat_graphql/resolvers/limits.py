"""Reading what is left to spend."""

import strawberry

from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import cost
from bigcat_graphql.schema.limits import RateLimit


@strawberry.type
class LimitQueries:
    """The caller's budget."""

    @strawberry.field(description="The caller's budget for the cost limit.", directives=[cost(0)])
    def rate_limit(self, info: Info) -> RateLimit | None:
        """Show what the server counted; null where it counts nothing."""
        rate = info.context.rate
        return RateLimit.of(rate) if rate else None
