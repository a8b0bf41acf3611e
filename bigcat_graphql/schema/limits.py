"""What is left of a caller's budget."""

from datetime import datetime
from typing import Self

import strawberry

from bigcat_graphql.schema.context import RateBudget
from bigcat_graphql.schema.describing import output


@output
class RateLimit:
    """The caller's budget for the cost limit, as in `extensions.cost` of every response."""

    cost: int = strawberry.field(
        description="Cost of this operation in points, known before it ran."
    )
    limit: int = strawberry.field(description="Points in a full budget.")
    remaining: int = strawberry.field(description="Points left now.")
    reset_at: datetime = strawberry.field(description="When the budget is full again.")

    @classmethod
    def of(cls, rate: RateBudget) -> Self:
        """Show a budget."""
        return cls(
            cost=rate.cost, limit=rate.limit, remaining=rate.remaining, reset_at=rate.reset_at
        )
