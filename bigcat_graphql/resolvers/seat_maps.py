"""Finding a concert's seats."""

from typing import Annotated

import strawberry

from bigcat_graphql import catalogue
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.ids import own_id, read_key
from bigcat_graphql.schema.seat_maps import SeatMap


@strawberry.type
class SeatMapQueries:
    """What halls look like, and what is left in them."""

    @strawberry.field(
        description="The seat map of a concert, the same object as `Concert.seatMap`."
    )
    async def seat_map(
        self,
        info: Info,
        concert_id: Annotated[strawberry.ID, strawberry.argument(description="The concert.")],
    ) -> SeatMap | None:
        """Find the concert; null when it has no seats here."""
        key = own_id(read_key(concert_id, "Concert"))
        row = key and await catalogue.concert_by_id(key, viewer=info.context.viewer)
        return SeatMap.of(row) if row and row.plan_id else None
