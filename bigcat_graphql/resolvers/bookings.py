"""Finding bookings."""

from typing import Annotated

import strawberry

from bigcat_graphql import booking
from bigcat_graphql.booking import GuestReference
from bigcat_graphql.schema.booking_filters import BookingBy
from bigcat_graphql.schema.bookings import Booking
from bigcat_graphql.schema.context import Info


@strawberry.type
class BookingQueries:
    """Bookings of those who may see them."""

    @strawberry.field(
        description=(
            "One booking of the viewer, of a concert they organize, or of a guest who"
            " knows its reference and e-mail; anybody else's is null."
        )
    )
    async def booking(
        self,
        info: Info,
        by: Annotated[BookingBy, strawberry.argument(description="Exactly one way to name it.")],
    ) -> Booking | None:
        """Find it by its id, or by reference and e-mail."""
        name = by.read()
        row = await booking.find_booking(info.context.viewer, name) if name else None
        if row is None:
            return None
        # Reference and e-mail together are the guest's proof.
        proven = isinstance(name, GuestReference) or info.context.is_viewer(row.account_id)
        return Booking.of(row, to_owner=proven)
