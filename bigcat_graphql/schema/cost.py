"""The `@cost` and `@listSize` directives, from which the server reckons what an operation costs."""

import strawberry
from strawberry import UNSET
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    name="cost",
    locations=[Location.FIELD_DEFINITION],
    description="Static weight for the cost limit (IBM GraphQL Cost Directives specification).",
)
class Cost:
    """Weight of a field that is not the usual one: object 1, leaf 0."""

    weight: str = strawberry.field(
        description="Weight, a decimal in a string as the specification has it."
    )


@strawberry.schema_directive(
    name="listSize",
    locations=[Location.FIELD_DEFINITION],
    description=(
        "How many items a list can have, for the cost limit"
        " (IBM GraphQL Cost Directives specification)."
    ),
)
class ListSize:
    """How long a list is taken to be."""

    assumed_size: int | None = strawberry.field(
        name="assumedSize", description="Items when no slicing argument is given.", default=UNSET
    )
    slicing_arguments: list[str] | None = strawberry.field(
        name="slicingArguments", description="Arguments that bound the items.", default=UNSET
    )
    sized_fields: list[str] | None = strawberry.field(
        name="sizedFields", description="Sub-fields that have that many items.", default=UNSET
    )
    require_one_slicing_argument: bool | None = strawberry.field(
        name="requireOneSlicingArgument",
        description="Refuse the operation unless exactly one slicing argument is given.",
        default=True,
    )


def cost(weight: int) -> Cost:
    """Weigh a field."""
    return Cost(weight=str(weight))


def list_size(assumed: int) -> ListSize:
    """Take a list to have so many items."""
    return ListSize(assumed_size=assumed, require_one_slicing_argument=UNSET)


def paged(assumed: int = 20) -> ListSize:
    """Take a connection to have as many items as are asked for."""
    return ListSize(
        assumed_size=assumed,
        slicing_arguments=["first", "last"],
        sized_fields=["edges", "nodes"],
        require_one_slicing_argument=False,
    )
