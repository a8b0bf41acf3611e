"""Places in line for sold-out concerts."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Self
from uuid import UUID

import strawberry

from bigcat_graphql import booking, catalogue, models, waitlist
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.models import WaitlistStatus
from bigcat_graphql.money import Money as Amount
from bigcat_graphql.schema.bookings import Booking
from bigcat_graphql.schema.concerts import Concert
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import cost
from bigcat_graphql.schema.describing import describe_enum, output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.money import Money
from bigcat_graphql.schema.nodes import Node
from bigcat_graphql.schema.paging import PageInfo

describe_enum(
    WaitlistStatus,
    "Where a place on a waiting list stands.",
    {
        "WAITING": "In line.",
        "OFFERED": "Seats are reserved for it: see `offer`.",
        "CLAIMED": "The offer was paid.",
        "DECLINED": "The offer was cancelled by the buyer.",
        "EXPIRED": "The offer was not paid in time.",
        "LEFT": "Given up.",
    },
)


@output
class WaitlistEntry(Node):
    """Somebody's place in line for a sold-out concert."""

    row: strawberry.Private[models.WaitlistEntry]
    status: WaitlistStatus = strawberry.field(description="Where it stands.")
    quantity: int = strawberry.field(description="How many seats are wanted.")
    together: bool = strawberry.field(description="Only side by side?")
    max_price: Money | None = strawberry.field(
        description="Highest price of one seat; null means any."
    )
    position: int | None = strawberry.field(
        description="Place in line from 1 while WAITING; null otherwise."
    )
    times_passed_over: int = strawberry.field(
        description=(
            "How often somebody behind was served first because these wishes did not fit; at"
            " most 5."
        )
    )
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def of(cls, row: models.WaitlistEntry) -> Self:
        """Show a place, to its owner only."""
        most, currency = row.max_price_minor, row.currency
        return cls(
            id=write_id("WaitlistEntry", row.concert_id, row.id),
            row=row,
            status=row.status_now,
            quantity=row.quantity,
            together=row.together,
            max_price=None if most is None or not currency else Money.of(Amount(most, currency)),
            position=row.position,
            times_passed_over=row.times_passed_over,
            created_at=row.created_at,
        )

    @strawberry.field(description="Which concert.")
    async def concert(self, info: Info) -> Concert | None:
        """Load it, with those of all places of the operation."""
        row = await info.context.loaders.concert.load(self.row.concert_id)
        return Concert.of(row) if row else None

    @strawberry.field(
        description=(
            "While OFFERED: a PENDING booking to pay until its `reservedUntil`, or to cancel; null"
            " otherwise."
        )
    )
    async def offer(self, info: Info) -> Booking | None:
        """Find the booking that was made for it."""
        if self.status is not WaitlistStatus.OFFERED or self.row.booking_id is None:
            return None
        key = BookingKey(self.row.concert_id, self.row.booking_id)
        row = await booking.find_booking(info.context.viewer, key)
        return Booking.of(row, to_owner=True) if row else None


@output
class WaitlistEntryEdge:
    """A place on a waiting list in a page."""

    cursor: str = strawberry.field(
        description="Opaque; valid as long as the arguments stay the same."
    )
    node: WaitlistEntry = strawberry.field(description="The place.")


@output
class WaitlistEntryConnection:
    """A page of places on waiting lists."""

    edges: list[WaitlistEntryEdge] = strawberry.field(description="Items with their cursors.")
    nodes: list[WaitlistEntry] = strawberry.field(description="Items alone.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(
        description="How many there are in all; counted only when asked for.", directives=[cost(5)]
    )
    async def total_count(self) -> int:
        """Count them."""
        return await self.count()


async def find_waitlist_entries(
    account_id: UUID, page: catalogue.PageRequest
) -> WaitlistEntryConnection:
    """Find a page of an account's places, the newest first."""
    found = await waitlist.entries_of(account_id, page)
    nodes = [WaitlistEntry.of(row) for row in found.items]
    edges = [
        WaitlistEntryEdge(cursor=cursor, node=node)
        for cursor, node in zip(found.cursors, nodes, strict=True)
    ]
    return WaitlistEntryConnection(
        edges=edges,
        nodes=nodes,
        page_info=PageInfo.of(found),
        count=partial(waitlist.count_entries, account_id),
    )
