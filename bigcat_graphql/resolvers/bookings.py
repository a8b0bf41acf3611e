"""Finding bookings."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from bigcat_graphql import booking
from bigcat_graphql.booking import GuestReference
from bigcat_graphql.schema.booking_filters import BookingBy, read_tickets
from bigcat_graphql.schema.bookings import Booking
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.paging import given
from bigcat_graphql.schema.payments import CancellationQuote


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

    @strawberry.field(
        description=(
            "What cancelling would give back now; null when the booking is unknown or somebody"
            " else's."
        )
    )
    async def quote_cancellation(
        self,
        info: Info,
        by: Annotated[
            BookingBy, strawberry.argument(description="Exactly one way to name the booking.")
        ],
        ticket_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(
                description="Only these tickets; left out means the whole booking."
            ),
        ] = UNSET,
    ) -> CancellationQuote | None:
        """Quote what `cancelBooking` would do."""
        name = by.read()
        if name is None:
            return None
        quote = await booking.quote_cancellation(
            info.context.viewer,
            name=name,
            ticket_ids=read_tickets(given(ticket_ids), ("ticketIds",)),
        )
        return CancellationQuote.of(quote) if quote else None
