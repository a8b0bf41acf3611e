"""Answers of the mutations about bookings."""

from typing import Annotated

import strawberry

from bigcat_graphql.schema.bookings import Booking
from bigcat_graphql.schema.describing import output
from bigcat_graphql.schema.payments import Refund
from bigcat_graphql.schema.reading_on import read_on
from bigcat_graphql.schema.sale_errors import AdmissionRequiredError
from bigcat_graphql.schema.user_errors import (
    CancellationNotAllowedError,
    IdempotencyConflictError,
    InvalidInputError,
    LimitExceededError,
    NotEnoughSeatsError,
    NotFoundError,
    PaymentDeclinedError,
    PlanChangedError,
    SaleNotOpenError,
    SeatRuleError,
    SeatsUnavailableError,
    TryAgainError,
    UnknownSeatsError,
    WrongBookingStateError,
)

BookSeatsError = Annotated[
    SeatsUnavailableError
    | UnknownSeatsError
    | PlanChangedError
    | NotEnoughSeatsError
    | LimitExceededError
    | SeatRuleError
    | SaleNotOpenError
    | IdempotencyConflictError
    | NotFoundError
    | InvalidInputError
    | TryAgainError
    | AdmissionRequiredError,
    strawberry.union(
        "BookSeatsError", description="What can go wrong in bookSeats; no seat was taken."
    ),
]


@output
class BookSeatsPayload:
    """Answer of bookSeats."""

    booking: Booking | None = strawberry.field(description="The new booking.", default=None)
    errors: list[BookSeatsError] = strawberry.field(description="Why not.", default_factory=list)
    query = read_on()


ChangeSeatsError = Annotated[
    SeatsUnavailableError
    | UnknownSeatsError
    | PlanChangedError
    | NotEnoughSeatsError
    | LimitExceededError
    | SeatRuleError
    | SaleNotOpenError
    | WrongBookingStateError
    | IdempotencyConflictError
    | NotFoundError
    | InvalidInputError
    | TryAgainError
    | AdmissionRequiredError,
    strawberry.union(
        "ChangeSeatsError",
        description=("What can go wrong in changeSeats; no seat was taken or given back."),
    ),
]


@output
class ChangeSeatsPayload:
    """Answer of changeSeats."""

    booking: Booking | None = strawberry.field(
        description="The booking as it is now.", default=None
    )
    errors: list[ChangeSeatsError] = strawberry.field(description="Why not.", default_factory=list)
    query = read_on()


ExtendBookingError = Annotated[
    LimitExceededError
    | WrongBookingStateError
    | IdempotencyConflictError
    | NotFoundError
    | InvalidInputError
    | TryAgainError,
    strawberry.union("ExtendBookingError", description="What can go wrong in extendBooking."),
]


@output
class ExtendBookingPayload:
    """Answer of extendBooking."""

    booking: Booking | None = strawberry.field(
        description="The booking as it is now.", default=None
    )
    errors: list[ExtendBookingError] = strawberry.field(
        description="Why not.", default_factory=list
    )
    query = read_on()


PayBookingError = Annotated[
    PaymentDeclinedError
    | WrongBookingStateError
    | IdempotencyConflictError
    | NotFoundError
    | InvalidInputError
    | TryAgainError,
    strawberry.union("PayBookingError", description="What can go wrong in payBooking."),
]


@output
class PayBookingPayload:
    """Answer of payBooking."""

    booking: Booking | None = strawberry.field(
        description="The booking as it is now, with `payment` to go on with.", default=None
    )
    errors: list[PayBookingError] = strawberry.field(description="Why not.", default_factory=list)
    query = read_on()


CancelBookingError = Annotated[
    CancellationNotAllowedError
    | WrongBookingStateError
    | IdempotencyConflictError
    | NotFoundError
    | InvalidInputError
    | TryAgainError,
    strawberry.union(
        "CancelBookingError",
        description="What can go wrong in cancelBooking; nothing was cancelled.",
    ),
]


@output
class CancelBookingPayload:
    """Answer of cancelBooking."""

    booking: Booking | None = strawberry.field(
        description="The booking as it is now.", default=None
    )
    refund: Refund | None = strawberry.field(
        description="What goes back; null when nothing does.", default=None
    )
    errors: list[CancelBookingError] = strawberry.field(
        description="Why not.", default_factory=list
    )
    query = read_on()
