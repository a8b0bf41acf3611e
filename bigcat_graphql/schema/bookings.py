"""Bookings, and pages of them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Self
from uuid import UUID

import strawberry

from bigcat_graphql import booking, catalogue, models
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.ids import print_reference
from bigcat_graphql.models import BookingEndReason, BookingStatus
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
from bigcat_graphql.schema.seat_maps import Seat, show_seats
from bigcat_graphql.schema.tickets import Ticket


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
