"""What halls look like."""

from typing import Self

import strawberry

from bigcat_graphql import catalogue
from bigcat_graphql.catalogue import SeatFeature
from bigcat_graphql.models import SeatType
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import list_size
from bigcat_graphql.schema.describing import copy_facts, describe, output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.nodes import Node
from bigcat_graphql.schema.scalars import URL


@output
@describe(
    "A group of seats that is priced together; a concert's `PriceTier` of the same code "
    "gives the price."
)
class PlanTier:
    """A group of seats that is priced together."""

    code: str = strawberry.field(description="One character, unique in the plan.")
    name: str = strawberry.field(description="Its name in the plan.")
    seat_type: SeatType = strawberry.field(description="Its class of comfort.")
    color: str = strawberry.field(description="Suggested colour, `#rrggbb`.")

    @classmethod
    def of(cls, tier: catalogue.PlanTier) -> Self:
        """Show a tier."""
        return copy_facts(cls, tier)


@output
class SeatRow:
    """A row of numbered seats, each property packed into one string."""

    label: str = strawberry.field(
        description="For example `C`; empty when rows have no names here."
    )
    first_index: int = strawberry.field(
        description="Index of its first seat; its seats follow without a gap."
    )
    seat_count: int = strawberry.field(description="How many seats.")
    seat_labels: str | None = strawberry.field(
        description=(
            "Labels of the seats in index order, a line feed between; null means `1` to "
            "`seatCount`."
        )
    )
    points: str = strawberry.field(
        description=(
            "Centres of the seats in index order as SVG points, `x,y x,y …`, whole plan units."
        )
    )
    tier_codes: str = strawberry.field(
        description="Tier of the seats in index order, one `PlanTier.code` a seat."
    )

    @classmethod
    def of(cls, row: catalogue.Row) -> Self:
        """Show a row."""
        return copy_facts(cls, row)


@output
class SeatSection:
    """A block of rows of numbered seats."""

    key: str = strawberry.field(description="Unique among the plan's sections and areas.")
    name: str = strawberry.field(description="For people.")
    first_index: int = strawberry.field(
        description="Index of its first seat; its seats follow without a gap."
    )
    seat_count: int = strawberry.field(description="How many seats.")
    outline: str | None = strawberry.field(
        description="Outline as SVG path data in plan units; null when not drawn."
    )
    rows: list[SeatRow] = strawberry.field(
        description="Its rows, front to back.", directives=[list_size(20)]
    )

    @classmethod
    def of(cls, section: catalogue.Section) -> Self:
        """Show a section."""
        return copy_facts(cls, section, rows=[SeatRow.of(row) for row in section.rows])


@output
class GeneralAdmissionArea:
    """Places without row and number, sold by count: draw the area, not its places."""

    key: str = strawberry.field(description="Unique among the plan's sections and areas.")
    name: str = strawberry.field(description="For people.")
    first_index: int = strawberry.field(
        description="Index of its first place; its places follow without a gap."
    )
    place_count: int = strawberry.field(description="How many places.")
    tier_code: str = strawberry.field(description="Tier of all its places, a `PlanTier.code`.")
    outline: str | None = strawberry.field(
        description="Outline as SVG path data in plan units; null when not drawn."
    )

    @classmethod
    def of(cls, area: catalogue.Area) -> Self:
        """Show an area."""
        return copy_facts(cls, area)


@output
class SeatMark:
    """Seats that share a feature."""

    feature: SeatFeature = strawberry.field(description="What is special.")
    indexes: list[int] = strawberry.field(description="Their indexes, ascending.")

    @classmethod
    def of(cls, mark: catalogue.Mark) -> Self:
        """Show a mark."""
        return copy_facts(cls, mark, indexes=list(mark.indexes))


@output
@describe(
    "A venue's sections, rows, seats and areas; it never changes. Seat indexes: numbered "
    "seats from 0 to `seatCount - 1`, then general-admission places to `totalCount - 1`."
)
class SeatingPlan(Node):
    """A hall as it was published, for GraphQL."""

    version: int = strawberry.field(
        description=(
            "`planVersion` elsewhere; counts up within the venue. A concert that has "
            "bookings keeps its venue."
        )
    )
    name: str = strawberry.field(description="Its name, for example `End stage`.")
    width: int = strawberry.field(
        description=(
            "Width of the drawing in plan units; coordinates start at 0,0 in the upper left corner."
        )
    )
    height: int = strawberry.field(description="Height of the drawing in plan units.")
    seat_count: int = strawberry.field(description="How many numbered seats.")
    total_count: int = strawberry.field(
        description="Numbered seats and general-admission places together."
    )
    tiers: list[PlanTier] = strawberry.field(
        description="Groups of seats that are priced together.", directives=[list_size(10)]
    )
    sections: list[SeatSection] = strawberry.field(
        description="Blocks of numbered seats, in index order.", directives=[list_size(20)]
    )
    areas: list[GeneralAdmissionArea] = strawberry.field(
        description="General-admission areas, in index order.", directives=[list_size(5)]
    )
    marks: list[SeatMark] = strawberry.field(
        description="What is special about which seats; one item for each feature that occurs.",
        directives=[list_size(5)],
    )
    content_hash: strawberry.Private[str]

    @classmethod
    def of(cls, plan: catalogue.Plan) -> Self:
        """Show a plan."""
        return copy_facts(
            cls,
            plan,
            id=write_id("SeatingPlan", plan.id),
            tiers=[PlanTier.of(tier) for tier in plan.tiers],
            sections=[SeatSection.of(section) for section in plan.sections],
            areas=[GeneralAdmissionArea.of(area) for area in plan.areas],
            marks=[SeatMark.of(mark) for mark in plan.marks],
        )

    @strawberry.field(
        description=(
            "The same plan as one immutable, compressed JSON document of this type's "
            "shape (without `id` and `url`): cache it for ever."
        )
    )
    def url(self, info: Info) -> URL:
        """Write the address of its document."""
        return URL(f"{info.context.base_url}/plans/{self.content_hash}.json")
