"""What seats cost at a concert, and how many are left."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from bigcat_graphql import catalogue, models
from bigcat_graphql.models import SeatType
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.describing import describe, output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.money import Money
from bigcat_graphql.schema.nodes import Node


@output
class SeatCounts:
    """Seats and general-admission places by state; the four states add up to `total`."""

    available: int = strawberry.field(description="Can be booked.")
    reserved: int = strawberry.field(description="In a PENDING booking.")
    booked: int = strawberry.field(description="In a CONFIRMED booking.")
    blocked: int = strawberry.field(description="Not for sale.")
    total: int = strawberry.field(description="All.")

    @classmethod
    def of(cls, counts: catalogue.SeatCounts) -> Self:
        """Show counts."""
        return cls(
            available=counts.available,
            reserved=counts.reserved,
            booked=counts.booked,
            blocked=counts.blocked,
            total=counts.total,
        )


@output
@describe(
    "How many seats a concert has left, in a small object of its own so that caches keep it fresh."
)
class ConcertAvailability(Node):
    """How many seats a concert has left."""

    id: strawberry.ID = strawberry.field(
        description="Opaque, global, stable: the same for every answer about one concert."
    )
    concert_id: strawberry.Private[UUID]
    known: strawberry.Private[catalogue.SeatCounts | None] = None

    @classmethod
    def of(cls, concert_id: UUID, known: catalogue.SeatCounts | None = None) -> Self:
        """Show what a concert with seats has left; `known` spares counting."""
        key = write_id("ConcertAvailability", concert_id)
        return cls(id=key, concert_id=concert_id, known=known)

    @strawberry.field(description="Seats by state.")
    async def counts(self, info: Info) -> SeatCounts:
        """Count them, for all concerts of the operation at once."""
        if self.known is not None:
            return SeatCounts.of(self.known)
        counts = await info.context.loaders.seat_counts.load(self.concert_id)
        return SeatCounts.of(counts or catalogue.SeatCounts())


@output
class PriceTier(Node):
    """What a group of seats costs at one concert, under the organizer's own name."""

    code: str = strawberry.field(
        description="One character, the same as `PlanTier.code`: it joins price and plan."
    )
    name: str = strawberry.field(
        description="The organizer's name, for example `Stalls` or `Early entry`."
    )
    seat_type: SeatType = strawberry.field(description="Its class of comfort.")
    price: Money = strawberry.field(description="Price of one seat, fees and tax included.")
    concert_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: models.PriceTier) -> Self:
        """Show a price tier."""
        return cls(
            id=write_id("PriceTier", row.concert_id, row.id),
            code=row.code,
            name=row.name,
            seat_type=row.seat_type,
            price=Money.of(row.price),
            concert_id=row.concert_id,
        )

    @strawberry.field(description="How many of its seats are in which state; at most 1 second old.")
    async def counts(self, info: Info) -> SeatCounts:
        """Count them, for all concerts of the operation at once."""
        tiers = await info.context.loaders.tier_counts.load(self.concert_id) or {}
        return SeatCounts.of(tiers.get(self.code, catalogue.SeatCounts()))


@output
class SaleWindow:
    """When seats can be booked: the half-open range [opensAt, closesAt)."""

    opens_at: datetime = strawberry.field(description="From this instant.")
    closes_at: datetime = strawberry.field(description="Before this instant.")

    @classmethod
    def of(cls, concert: models.Concert) -> Self | None:
        """Show when a concert is sold; None when that is not announced."""
        if concert.opens_at is None or concert.closes_at is None:
            return None
        return cls(opens_at=concert.opens_at, closes_at=concert.closes_at)
