"""The seats of a concert."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from bigcat_graphql import booking, catalogue, live, models
from bigcat_graphql.catalogue import SeatFeature
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.models import SeatStatus, SeatType
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import cost, list_size
from bigcat_graphql.schema.describing import copy_facts, describe, output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.live import SeatAvailabilitySnapshot
from bigcat_graphql.schema.nodes import Node
from bigcat_graphql.schema.plans import SeatingPlan
from bigcat_graphql.schema.prices import PriceTier

if TYPE_CHECKING:
    from bigcat_graphql.schema.concerts import Concert

_SEATS_MAX = 100


@output
class Seat(Node):
    """One sellable unit of one concert: a numbered seat, or a place in a general-admission area."""

    state: strawberry.Private[booking.SeatState]
    index: int = strawberry.field(description="Its index in the plan.")
    label: str = strawberry.field(
        description="For people, for example `Stalls, row C, seat 12` or `Floor`."
    )
    section_key: str | None = strawberry.field(
        description="Key of its section; null for a general-admission place."
    )
    area_key: str | None = strawberry.field(
        description="Key of its area; null for a numbered seat."
    )
    row: str | None = strawberry.field(
        description="Label of its row; null for a general-admission place."
    )
    number: str | None = strawberry.field(
        description="Label of the seat in its row; null for a general-admission place."
    )
    type: SeatType = strawberry.field(description="Its class of comfort.")
    status: SeatStatus = strawberry.field(description="Its state now.")
    features: list[SeatFeature] = strawberry.field(description="What is special about it.")

    @classmethod
    def of(cls, state: booking.SeatState, plan: catalogue.Plan) -> Self:
        """Show a seat, with what the plan says of it."""
        place = plan.place(state.index)
        tier = plan.tier(state.tier_code)
        return copy_facts(
            cls,
            place,
            id=write_id("Seat", state.concert_id, state.index),
            state=state,
            type=tier.seat_type if tier else SeatType.REGULAR,
            status=state.status,
            features=list(place.features),
        )

    @strawberry.field(description="Its price tier.")
    async def tier(self, info: Info) -> PriceTier | None:
        """Find it among its concert's."""
        rows = await info.context.loaders.price_tiers.load(self.state.concert_id) or ()
        codes = {row.code: row for row in rows}
        row = codes.get(self.state.tier_code)
        return PriceTier.of(row) if row else None


@output
@describe(
    "A concert's seats in two parts: the `plan`, which never changes under one version, "
    "and the `availability`, which always changes."
)
class SeatMap(Node):
    """A concert that has seats, seen as them."""

    row: strawberry.Private[models.Concert]

    @classmethod
    def of(cls, row: models.Concert) -> Self:
        """Show the seats of a concert that has a plan."""
        return cls(id=write_id("SeatMap", row.id), row=row)

    @strawberry.field(description="Whose seats.")
    def concert(
        self,
    ) -> Annotated["Concert", strawberry.lazy("bigcat_graphql.schema.concerts")] | None:
        """Show the concert."""
        from bigcat_graphql.schema.concerts import Concert  # noqa: PLC0415 - it has a seat map too

        return Concert.of(self.row)

    @strawberry.field(description="What the hall looks like; fetch it once.")
    async def plan(self, info: Info) -> SeatingPlan:
        """Give it from memory, or load it."""
        return SeatingPlan.of(await self._plan(info))

    @strawberry.field(description="The state of every seat now.", directives=[cost(5)])
    async def availability(self) -> SeatAvailabilitySnapshot:
        """Give what is kept ready."""
        snapshot = await live.snapshot_of(self.row.id)
        if snapshot is None:
            raise LookupError(self.row.id)
        return SeatAvailabilitySnapshot.of(snapshot)

    @strawberry.field(
        description="A few seats in full, for a tooltip or a basket; never a whole hall.",
        directives=[list_size(_SEATS_MAX)],
    )
    async def seats(
        self,
        info: Info,
        indexes: Annotated[
            list[int],
            strawberry.argument(
                description=(
                    "Seat indexes, at most 100; one that the plan does not have is refused."
                )
            ),
        ],
    ) -> list[Seat]:
        """Read them, in the order asked."""
        if len(indexes) > _SEATS_MAX:
            raise InvalidArgument("indexes", f"has at most {_SEATS_MAX} items")
        plan = await self._plan(info)
        states = await booking.seats_at(self.row.id, indexes)
        return [Seat.of(state, plan) for state in states]

    async def _plan(self, info: Info) -> catalogue.Plan:
        plan = await info.context.loaders.plan.load(self.row.plan_id) if self.row.plan_id else None
        if plan is None:
            raise LookupError(self.row.plan_id)
        return plan


async def show_seats(info: Info, states: Sequence[booking.SeatState]) -> list[Seat]:
    """Show seats of one concert."""
    if not states:
        return []
    plan = await info.context.loaders.plan_of(states[0].concert_id)
    return [Seat.of(state, plan) for state in states] if plan else []
