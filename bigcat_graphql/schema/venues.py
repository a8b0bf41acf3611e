"""Venues."""

from typing import Self
from uuid import UUID

import strawberry
from strawberry import UNSET

from bigcat_graphql import models
from bigcat_graphql.schema.concerts import ConcertConnection, find_concerts
from bigcat_graphql.schema.cost import paged
from bigcat_graphql.schema.describing import copy_facts, output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.nodes import Node
from bigcat_graphql.schema.paging import After, Before, First, Last, read_page
from bigcat_graphql.schema.searches import STARTS_FIRST, FilterArgument, OrderArgument


@output
class Venue(Node):
    """A place where concerts happen."""

    venue_id: strawberry.Private[UUID]
    slug: str = strawberry.field(description="Its name in URLs, unique.")
    name: str = strawberry.field(description="Its name.")
    address: list[str] = strawberry.field(
        description="Street address in lines, without city and country."
    )
    city: str = strawberry.field(description="City.")
    country: str = strawberry.field(description="Country, ISO 3166-1 alpha-2, for example `US`.")
    time_zone: str = strawberry.field(description="IANA time zone, for example `America/Chicago`.")
    latitude: float | None = strawberry.field(description="Degrees north (WGS 84).")
    longitude: float | None = strawberry.field(description="Degrees east (WGS 84).")

    @classmethod
    def of(cls, row: models.Venue) -> Self:
        """Show a venue."""
        return copy_facts(cls, row, id=write_id("Venue", row.id), venue_id=row.id)

    @strawberry.field(description="Its concerts.", directives=[paged()])
    async def concerts(
        self,
        *,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: FilterArgument = UNSET,
        order_by: OrderArgument = STARTS_FIRST,
    ) -> ConcertConnection | None:
        """Search among them."""
        page = read_page(first, after, last, before)
        return await find_concerts(filter, order_by, page, venue_id=self.venue_id)
