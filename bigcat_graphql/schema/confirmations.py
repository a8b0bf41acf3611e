"""resendConfirmation: what it takes and answers."""

from typing import Annotated

import strawberry

from bigcat_graphql.schema.booking_filters import BookingBy
from bigcat_graphql.schema.bookings import Booking
from bigcat_graphql.schema.describing import output, request
from bigcat_graphql.schema.reading_on import read_on
from bigcat_graphql.schema.user_errors import (
    NotFoundError,
    TryAgainError,
    WrongBookingStateError,
)


@request
class ResendConfirmationInput:
    """Input of resendConfirmation."""

    by: BookingBy = strawberry.field(description="Exactly one way to name the booking.")


ResendConfirmationError = Annotated[
    WrongBookingStateError | NotFoundError | TryAgainError,
    strawberry.union(
        "ResendConfirmationError", description="What can go wrong in resendConfirmation."
    ),
]


@output
class ResendConfirmationPayload:
    """Answer of resendConfirmation."""

    booking: Booking | None = strawberry.field(
        description="The booking whose confirmation is on its way.", default=None
    )
    errors: list[ResendConfirmationError] = strawberry.field(
        description="Why not.", default_factory=list
    )
    query = read_on()
