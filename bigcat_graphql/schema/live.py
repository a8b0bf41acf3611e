"""The state of every seat of a concert, whole and in steps."""

from typing import Annotated, Self

import strawberry

from bigcat_graphql import live
from bigcat_graphql.schema.cost import list_size
from bigcat_graphql.schema.describing import copy_facts, describe, output, request
from bigcat_graphql.schema.prices import ConcertAvailability, SeatCounts
from bigcat_graphql.schema.scalars import Base64


@output
class AreaAvailability:
    """How many places of a general-admission area are in which state."""

    area_key: str = strawberry.field(description="Key of the area.")
    counts: SeatCounts = strawberry.field(description="Its places by state.")

    @classmethod
    def of(cls, area: live.AreaCounts) -> Self:
        """Show an area's counts."""
        return cls(area_key=area.area_key, counts=SeatCounts.of(area.counts))


@output
class SeatAvailabilitySnapshot:
    """Every seat's state at one version; ask for `statuses` or for `packed`, not for both."""

    epoch: str = strawberry.field(
        description="Changes when the server starts to count anew; compare for equality only."
    )
    version: int = strawberry.field(description="Counts up within the epoch.")
    plan_version: int = strawberry.field(description="Plan that indexes and keys belong to.")
    statuses: str = strawberry.field(
        description=(
            "One letter a numbered seat in index order, see `SeatStatus`; 20,000 seats "
            "are 20 kB, about 4 kB compressed."
        )
    )
    areas: list[AreaAvailability] = strawberry.field(
        description="Every general-admission area.", directives=[list_size(5)]
    )
    counts: SeatCounts = strawberry.field(description="Seats and places by state.")
    frame: strawberry.Private[live.Snapshot]

    @classmethod
    def of(cls, frame: live.Snapshot) -> Self:
        """Show a snapshot."""
        return copy_facts(
            cls,
            frame,
            areas=[AreaAvailability.of(area) for area in frame.areas],
            counts=SeatCounts.of(frame.counts),
            frame=frame,
        )

    @strawberry.field(
        description=(
            "The same in 2 bits a seat, four a byte, seat i at bits 2 * (i mod 4) of byte"
            " i div 4; 20,000 seats are 6.7 kB."
        )
    )
    def packed(self) -> Base64:
        """Pack them, once a frame and only when asked for."""
        return Base64(self.frame.packed)


@output
@describe(
    "What changed after `fromVersion` up to `toVersion`; apply it only to that "
    "`fromVersion` of the same epoch."
)
class SeatAvailabilityDelta:
    """A step from one version to a later one."""

    epoch: str = strawberry.field(description="The same as in the snapshot it continues.")
    from_version: int = strawberry.field(description="Version that it applies to.")
    to_version: int = strawberry.field(description="Version that it leads to.")
    plan_version: int = strawberry.field(description="Plan that indexes and keys belong to.")
    indexes: list[int] = strawberry.field(description="Numbered seats that changed, ascending.")
    statuses: str = strawberry.field(
        description="One letter for each of `indexes`, see `SeatStatus`."
    )
    areas: list[AreaAvailability] = strawberry.field(
        description="General-admission areas that changed.", directives=[list_size(5)]
    )
    counts: SeatCounts = strawberry.field(description="Seats and places by state, after it.")

    @classmethod
    def of(cls, frame: live.Delta) -> Self:
        """Show a delta."""
        return copy_facts(
            cls,
            frame,
            indexes=list(frame.indexes),
            areas=[AreaAvailability.of(area) for area in frame.areas],
            counts=SeatCounts.of(frame.counts),
        )


@request
class SeatVersionInput:
    """The last state of a seat map that a client has."""

    epoch: str = strawberry.field(description="From the last snapshot or delta.")
    version: int = strawberry.field(
        description="`version` of the snapshot, or `toVersion` of the last delta applied."
    )

    def read(self) -> live.SeatVersion:
        """Read what the client has."""
        return live.SeatVersion(self.epoch, self.version)


SeatAvailabilityEvent = Annotated[
    SeatAvailabilitySnapshot | SeatAvailabilityDelta,
    strawberry.union("SeatAvailabilityEvent", description="One event of seatAvailability."),
]


def show_frame(frame: live.Frame) -> SeatAvailabilitySnapshot | SeatAvailabilityDelta:
    """Show one event."""
    if isinstance(frame, live.Snapshot):
        return SeatAvailabilitySnapshot.of(frame)
    return SeatAvailabilityDelta.of(frame)


def show_counts(frame: live.ConcertCounts) -> ConcertAvailability:
    """Show one concert's counts."""
    return ConcertAvailability.of(frame.concert_id, frame.counts)
