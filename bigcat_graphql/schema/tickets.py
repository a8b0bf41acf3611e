"""Tickets: what opens the door, and links to what can be printed."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Self

import strawberry

from bigcat_graphql import booking, models
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.models import TicketStatus
from bigcat_graphql.notifications.tickets import TicketFile
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.describing import output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.money import Money
from bigcat_graphql.schema.nodes import Node
from bigcat_graphql.schema.scalars import URL
from bigcat_graphql.schema.seat_maps import Seat, show_seats
from bigcat_graphql.schema.ticket_links import PictureFormat, link_to, link_to_picture


@output
class Ticket(Node):
    """One admission of a CONFIRMED booking."""

    row: strawberry.Private[models.Ticket]
    admits: strawberry.Private[bool]
    status: TicketStatus = strawberry.field(description="Where it stands.")
    price: Money = strawberry.field(description="What it cost, fees and tax included.")
    checked_in_at: datetime | None = strawberry.field(
        description="When it was let in; null before."
    )

    @classmethod
    def of(cls, row: models.Ticket, *, to_owner: bool) -> Self:
        """Show a ticket; to its owner with what opens the door, as long as it does."""
        return cls(
            id=write_id("Ticket", row.concert_id, row.id),
            row=row,
            admits=to_owner and row.status is TicketStatus.ISSUED,
            status=row.status,
            price=Money.of(row.price),
            checked_in_at=row.checked_in_at,
        )

    @strawberry.field(
        description="What the door scans; only to its owner, null unless ISSUED.",
        graphql_type=str | None,
    )
    def code(self) -> str | Awaitable[str] | None:
        """Sign it."""
        if not self.admits:
            return None
        return booking.code_at_once(self.row) or booking.code_of(self.row)

    @strawberry.field(
        description=(
            "The code as a QR picture, behind a signed link that lives 15 minutes; null unless"
            " ISSUED."
        )
    )
    def qr_code(
        self,
        info: Info,
        format: Annotated[
            PictureFormat, strawberry.argument(description="Kind of picture.")
        ] = PictureFormat.SVG,
    ) -> URL | None:
        """Link to it."""
        return link_to_picture(info, self.row, format) if self.admits else None

    @strawberry.field(
        description=(
            "The ticket as PDF, behind a signed link that lives 15 minutes; null unless ISSUED."
        )
    )
    def pdf_url(self, info: Info) -> URL | None:
        """Link to it."""
        return link_to(info, self.row, TicketFile.PDF) if self.admits else None

    @strawberry.field(
        description=(
            "The evening as a calendar entry (.ics), behind a signed link that lives 15 minutes;"
            " null unless ISSUED."
        )
    )
    def calendar_url(self, info: Info) -> URL | None:
        """Link to it."""
        return link_to(info, self.row, TicketFile.CALENDAR) if self.admits else None

    @strawberry.field(description="Which seat or place.")
    async def seat(self, info: Info) -> Seat | None:
        """Find it among its booking's seats; one given back is read by itself."""
        loaders = info.context.loaders
        key = BookingKey(self.row.concert_id, self.row.booking_id)
        seats = await loaders.seats.load(key) or ()
        own = [state for state in seats if state.index == self.row.seat_index]
        if not own:
            state = await loaders.seat.load((key.concert_id, self.row.seat_index))
            own = [state] if state else []
        return next(iter(await show_seats(info, own)), None)
