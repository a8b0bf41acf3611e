"""Concerts."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Self, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry

from bigcat_graphql import catalogue, models
from bigcat_graphql.models import ConcertStatus
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import cost, list_size
from bigcat_graphql.schema.describing import output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.money import Money
from bigcat_graphql.schema.nodes import Node
from bigcat_graphql.schema.paging import PageInfo
from bigcat_graphql.schema.payments import RefundStep
from bigcat_graphql.schema.prices import ConcertAvailability, PriceTier, SaleWindow
from bigcat_graphql.schema.searches import ConcertFilter, ConcertOrder, read_filter, read_order

if TYPE_CHECKING:
    from bigcat_graphql.schema.sale_queues import QueueFrame
    from bigcat_graphql.schema.seat_maps import SeatMap
    from bigcat_graphql.schema.venues import Venue

T = TypeVar("T")


@output
class Concert(Node):
    """One evening at one venue."""

    row: strawberry.Private[models.Concert]
    slug: str = strawberry.field(description="Its name in URLs, unique.")
    name: str = strawberry.field(
        description="What to show: the tour name, or the artists when there is none."
    )
    artists: list[str] = strawberry.field(description="Who plays, the main act first.")
    tour_name: str | None = strawberry.field(description="The tour or programme.")
    description: str | None = strawberry.field(description="About the evening, in Markdown.")
    status: ConcertStatus = strawberry.field(description="Where it stands.")
    sale_window: SaleWindow | None = strawberry.field(
        description="When seats can be booked; null when not announced."
    )
    lowest_price: Money | None = strawberry.field(
        description="The lowest price, fees included; null when it is not sold here."
    )
    ticket_limit: int = strawberry.field(
        description="Most tickets one account can have of it, PENDING ones included."
    )
    seats_per_booking: int = strawberry.field(
        description="Most seats in one booking, at most `ticketLimit`."
    )

    @classmethod
    def of(cls, row: models.Concert) -> Self:
        """Show a concert."""
        return cls(
            id=write_id("Concert", row.id),
            row=row,
            slug=row.slug,
            name=row.name,
            artists=row.artists,
            tour_name=row.tour_name,
            description=row.description,
            status=row.status_now,
            sale_window=SaleWindow.of(row),
            lowest_price=Money.of(row.lowest_price) if row.lowest_price else None,
            ticket_limit=row.ticket_limit,
            seats_per_booking=row.seats_per_booking,
        )

    @strawberry.field(description="Where.")
    def venue(
        self, info: Info
    ) -> Annotated["Venue", strawberry.lazy("bigcat_graphql.schema.venues")] | None:
        """Show it; unless it is known, load it with those of all concerts of the operation."""
        from bigcat_graphql.schema.venues import Venue  # noqa: PLC0415 - a venue has concerts too

        return _with_venue(info, self.row, lambda row: Venue.of(row) if row else None)

    @strawberry.field(description="Start, with the venue's offset on that day.")
    def starts_at(self, info: Info) -> datetime:
        """Tell it by the clock on the venue's wall."""
        return _tell_locally(info, self.row, self.row.starts_at)

    @strawberry.field(description="When the doors open, with the venue's offset on that day.")
    def doors_at(self, info: Info) -> datetime | None:
        """Tell it by the clock on the venue's wall."""
        doors_at = self.row.doors_at
        return None if doors_at is None else _tell_locally(info, self.row, doors_at)

    @strawberry.field(description="True when it has seats and none is AVAILABLE.")
    async def sold_out(self, info: Info) -> bool:
        """Derive it from the seats."""
        counts = await info.context.loaders.seat_counts.load(self.row.id)
        return counts is not None and counts.total > 0 and counts.available == 0

    @strawberry.field(
        description="Prices, the lowest first; empty when it is not sold here.",
        directives=[list_size(10)],
    )
    async def price_tiers(self, info: Info) -> list[PriceTier]:
        """Load them, with those of all concerts of the operation."""
        rows = await info.context.loaders.price_tiers.load(self.row.id)
        return [PriceTier.of(row) for row in rows or ()]

    @strawberry.field(
        description=(
            "How many seats are left; null when it has no seats here; at most 1 second old."
        )
    )
    def availability(self) -> ConcertAvailability | None:
        """Show the object that counts them."""
        return ConcertAvailability.of(self.row.id) if self.row.plan_id else None

    @strawberry.field(description="Its seats; null when it has none here.")
    def seat_map(
        self,
    ) -> Annotated["SeatMap", strawberry.lazy("bigcat_graphql.schema.seat_maps")] | None:
        """Show the object that has them."""
        from bigcat_graphql.schema.seat_maps import SeatMap  # noqa: PLC0415 - it has a concert too

        return SeatMap.of(self.row) if self.row.plan_id else None

    @strawberry.field(
        description="Its sale queue now, for a first look; null when none is in front of the sale."
    )
    async def sale_queue(
        self, info: Info
    ) -> Annotated["QueueFrame", strawberry.lazy("bigcat_graphql.schema.sale_queues")] | None:
        """Load it, with those of all concerts of the operation."""
        from bigcat_graphql.schema.sale_queues import QueueFrame  # noqa: PLC0415 - a place has one

        queue = await info.context.loaders.sale_queue.load(self.row.id)
        return QueueFrame.of(queue, None) if queue else None

    @strawberry.field(description="Can one join its waiting list now?")
    async def waitlist_open(self, info: Info) -> bool:
        """Ask, with those of all concerts of the operation."""
        return await info.context.loaders.waitlist_open.load(self.row.id) or False

    @strawberry.field(
        description=(
            "What a buyer gets back, by time before the start, the earliest step first; a booking"
            " keeps the steps it was made under."
        ),
        directives=[list_size(5)],
    )
    def refund_steps(self) -> list[RefundStep]:
        """Show them."""
        steps = sorted(self.row.refund_steps, key=lambda step: -step["hours_before"])
        return [RefundStep.of(step) for step in steps]


@output
class ConcertEdge:
    """A concert in a page."""

    cursor: str = strawberry.field(
        description="Opaque; valid as long as filter and order stay the same."
    )
    node: Concert = strawberry.field(description="The concert.")


@output
class ConcertConnection:
    """A page of concerts."""

    edges: list[ConcertEdge] = strawberry.field(description="Items with their cursors.")
    nodes: list[Concert] = strawberry.field(description="Items alone.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @classmethod
    def of(cls, page: catalogue.Page[models.Concert], count: Callable[[], Awaitable[int]]) -> Self:
        """Show a page, and know how to count what it is a page of."""
        nodes = [Concert.of(row) for row in page.items]
        edges = [
            ConcertEdge(cursor=cursor, node=node)
            for cursor, node in zip(page.cursors, nodes, strict=True)
        ]
        return cls(edges=edges, nodes=nodes, page_info=PageInfo.of(page), count=count)

    @strawberry.field(
        description="How many match in all; counted only when asked for.", directives=[cost(5)]
    )
    async def total_count(self) -> int:
        """Count them."""
        return await self.count()


async def find_concerts(
    chosen: ConcertFilter | None,
    order: ConcertOrder | None,
    page: catalogue.PageRequest,
    *,
    venue_id: UUID | None = None,
) -> ConcertConnection:
    """Find a page of concerts, of one venue where it is given."""
    conditions = read_filter(chosen, venue_id)
    found = await catalogue.search_concerts(conditions, read_order(order), page)
    return ConcertConnection.of(found, partial(catalogue.count_concerts, conditions))


def _tell_locally(info: Info, concert: models.Concert, instant: datetime) -> datetime:
    def tell(venue: models.Venue | None) -> datetime:
        return instant.astimezone(ZoneInfo(venue.time_zone)) if venue else instant

    return _with_venue(info, concert, tell)


def _with_venue(info: Info, concert: models.Concert, show: Callable[[models.Venue | None], T]) -> T:
    """Show something of the venue at once where it is known, as in a page of concerts.

    Awaiting costs more than all else that is done for a field.
    """
    if concert.known_venue is not None:
        return show(concert.known_venue)

    async def load() -> T:
        return show(await info.context.loaders.venue.load(concert.venue_id))

    return load()  # type: ignore[return-value] # GraphQL awaits it
