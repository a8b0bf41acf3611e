"""Bookings and their tickets."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Self
from uuid import UUID

import strawberry

from bigcat_graphql import booking, catalogue, models
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.ids import print_reference
from bigcat_graphql.models import BookingEndReason, BookingStatus, TicketStatus
from bigcat_graphql.notifications.tickets import TicketFile
from bigcat_graphql.schema.booking_filters import BookingFilter
from bigcat_graphql.schema.concerts import Concert
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import cost, list_size
from bigcat_graphql.schema.describing import output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.loaders import once_loaded
from bigcat_graphql.schema.money import Money
from bigcat_graphql.schema.nodes import Node
from bigcat_graphql.schema.paging import PageInfo
from bigcat_graphql.schema.payments import Payment, Refund
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


@output
class Booking(Node):
    """What one buyer takes of one concert; while PENDING it is what other systems call a hold."""

    key: strawberry.Private[BookingKey]
    to_owner: strawberry.Private[bool]
    version: int = strawberry.field(
        description=(
            "Counts up with each change, of its payment and tickets too; for "
            "`bookingUpdated(since:)`."
        )
    )
    reference: str = strawberry.field(
        description="Short and printed, for people, for example `K7QM-2XVD-9R`."
    )
    status: BookingStatus = strawberry.field(description="Where it stands.")
    total: Money = strawberry.field(
        description=(
            "Price of everything it has or had, fees and tax included, as of the time of booking."
        )
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    reserved_until: datetime | None = strawberry.field(
        description="While PENDING: when its seats go back; null otherwise."
    )
    seconds_left: int | None = strawberry.field(
        description=(
            "While PENDING: seconds to `reservedUntil` by the server's clock, for a "
            "count-down; null otherwise."
        )
    )
    extendable_until: datetime | None = strawberry.field(
        description=(
            "While PENDING: the latest that extendBooking can reach, 30 minutes after it "
            "was made; null otherwise."
        )
    )
    cancellable_until: datetime | None = strawberry.field(
        description="Until when the buyer can cancel; null when they cannot."
    )
    end_reason: BookingEndReason | None = strawberry.field(
        description="Why it is CANCELLED or EXPIRED; null otherwise."
    )

    @classmethod
    def of(cls, row: models.Booking, *, to_owner: bool) -> Self:
        """Show a booking; ticket codes and payment secrets to the owner only."""
        return cls(
            id=write_id("Booking", row.concert_id, row.id),
            key=BookingKey.of(row),
            to_owner=to_owner,
            version=row.version,
            reference=print_reference(row.reference),
            status=row.status_now,
            total=Money.of(row.total),
            created_at=row.created_at,
            reserved_until=row.reserved_until,
            seconds_left=row.seconds_left,
            extendable_until=row.extendable_until,
            cancellable_until=row.cancellable_until,
            end_reason=row.end_reason_now,
        )

    @strawberry.field(description="Which concert.")
    async def concert(self, info: Info) -> Concert | None:
        """Load it, with those of all bookings of the operation."""
        row = await info.context.loaders.concert.load(self.key.concert_id)
        return Concert.of(row) if row else None

    @strawberry.field(
        description=(
            "The seats it has: RESERVED while PENDING, BOOKED while CONFIRMED, none afterwards."
        ),
        directives=[list_size(10)],
    )
    async def seats(self, info: Info) -> list[Seat]:
        """Load them, with those of all bookings of the operation."""
        return await show_seats(info, await info.context.loaders.seats.load(self.key) or ())

    @strawberry.field(
        description="One a seat from CONFIRMED on; cancelled ones stay.",
        directives=[list_size(10)],
        graphql_type=list[Ticket],
    )
    def tickets(self, info: Info) -> list[Ticket] | Awaitable[list[Ticket]]:
        """Load them, with those of all bookings of the operation."""

        def show(rows: list[models.Ticket] | None) -> list[Ticket]:
            return [Ticket.of(row, to_owner=self.to_owner) for row in rows or ()]

        return once_loaded(info.context.loaders.tickets.load(self.key), show)

    @strawberry.field(
        description="The last attempt to pay; null when there was none or nothing is to pay.",
        graphql_type=Payment | None,
    )
    def payment(self, info: Info) -> Payment | Awaitable[Payment | None] | None:
        """Load it, with those of all bookings of the operation."""

        def show(row: models.Payment | None) -> Payment | None:
            return Payment.of(row, to_buyer=self.to_owner) if row else None

        return once_loaded(info.context.loaders.payment.load(self.key), show)

    @strawberry.field(
        description="All attempts to pay, the newest first.", directives=[list_size(5)]
    )
    async def payments(self, info: Info) -> list[Payment]:
        """Load them, with those of all bookings of the operation."""
        rows = await info.context.loaders.attempts.load(self.key) or ()
        return [Payment.of(row, to_buyer=self.to_owner) for row in rows]

    @strawberry.field(
        description="All that goes back or went back, the newest first.",
        directives=[list_size(5)],
    )
    async def refunds(self, info: Info) -> list[Refund]:
        """Load them, with those of all bookings of the operation."""
        rows = await info.context.loaders.refunds.load(self.key) or ()
        return [Refund.of(row) for row in rows]


@output
class BookingEdge:
    """A booking in a page."""

    cursor: str = strawberry.field(
        description="Opaque; valid as long as the filter stays the same."
    )
    node: Booking = strawberry.field(description="The booking.")


@output
class BookingConnection:
    """A page of bookings."""

    edges: list[BookingEdge] = strawberry.field(description="Items with their cursors.")
    nodes: list[Booking] = strawberry.field(description="Items alone.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @classmethod
    def of(
        cls,
        page: catalogue.Page[models.Booking],
        count: Callable[[], Awaitable[int]],
        *,
        to_owner: bool,
    ) -> Self:
        """Show a page, and know how to count what it is a page of."""
        nodes = [Booking.of(row, to_owner=to_owner) for row in page.items]
        edges = [
            BookingEdge(cursor=cursor, node=node)
            for cursor, node in zip(page.cursors, nodes, strict=True)
        ]
        return cls(edges=edges, nodes=nodes, page_info=PageInfo.of(page), count=count)

    @strawberry.field(
        description="How many match in all; counted only when asked for.", directives=[cost(5)]
    )
    async def total_count(self) -> int:
        """Count them."""
        return await self.count()


async def find_bookings(
    account_id: UUID,
    chosen: BookingFilter | None,
    page: catalogue.PageRequest,
    *,
    to_owner: bool,
) -> BookingConnection:
    """Find a page of an account's bookings, the newest first."""
    conditions = chosen.read() if chosen else booking.BookingFilter()
    found = await booking.bookings_of(account_id, conditions, page)
    count = partial(booking.count_bookings, account_id, conditions)
    return BookingConnection.of(found, count, to_owner=to_owner)
