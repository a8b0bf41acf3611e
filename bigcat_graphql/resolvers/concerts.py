"""Finding concerts and venues."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from bigcat_graphql import catalogue
from bigcat_graphql.schema.concerts import Concert, ConcertConnection, find_concerts
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import paged
from bigcat_graphql.schema.ids import own_id, read_key
from bigcat_graphql.schema.paging import After, Before, First, Last, read_page
from bigcat_graphql.schema.searches import (
    STARTS_FIRST,
    ConcertBy,
    FilterArgument,
    OrderArgument,
    VenueBy,
)
from bigcat_graphql.schema.venues import Venue

# Of the column: Tortoise refuses to look for anything longer, with an error of its own.
_VENUE_SLUG_MAX = 100
_ONE_WAY = strawberry.argument(description="Exactly one way to name it.")


@strawberry.type
class ConcertQueries:
    """Concerts and where they happen."""

    @strawberry.field(
        description=(
            "Published concerts, past and cancelled ones too unless the filter says"
            " otherwise; nothing found is an empty page."
        ),
        directives=[paged()],
    )
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
        """Search."""
        return await find_concerts(filter, order_by, read_page(first, after, last, before))

    @strawberry.field(description="One concert.")
    async def concert(self, info: Info, by: Annotated[ConcertBy, _ONE_WAY]) -> Concert | None:
        """Find it by its slug or id."""
        viewer = info.context.viewer
        if by.slug:
            row = await catalogue.concert_by_slug(by.slug, viewer=viewer)
            return Concert.of(row) if row else None
        concert_id = own_id(read_key(by.id or "", "Concert"))
        if concert_id is None:
            return None
        row = await catalogue.concert_by_id(concert_id, viewer=viewer)
        return Concert.of(row) if row else None

    @strawberry.field(description="One venue.")
    async def venue(self, by: Annotated[VenueBy, _ONE_WAY]) -> Venue | None:
        """Find it by its slug or id."""
        if by.slug:
            if len(by.slug) > _VENUE_SLUG_MAX:
                return None
            row = await catalogue.venue_by_slug(by.slug)
            return Venue.of(row) if row else None
        venue_id = own_id(read_key(by.id or "", "Venue"))
        if venue_id is None:
            return None
        row = await catalogue.venue_by_id(venue_id)
        return Venue.of(row) if row else None
