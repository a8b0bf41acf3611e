"""Expected failures that a client can show or act on."""

from datetime import datetime
from typing import Self

import strawberry

from bigcat_graphql import booking
from bigcat_graphql.models import BookingStatus, ConcertStatus
from bigcat_graphql.schema.cost import list_size
from bigcat_graphql.schema.describing import interface, output
from bigcat_graphql.schema.error_codes import UserErrorCode
from bigcat_graphql.schema.money import Money


@interface
class UserError:
    """An expected failure that a client can show or act on."""

    message: str = strawberry.field(description="For people; never parse it.")
    code: UserErrorCode = strawberry.field(description="For programs; stable.")
    path: list[str] | None = strawberry.field(
        description=(
            'The input at fault, for example `["input", "selection", "seats", "indexes", "2"]`;'
            " null when it is not about one."
        )
    )


@output
class Failure(UserError):
    """What all of them have; not a type of its own in the schema."""

    path: list[str] | None = strawberry.field(description="The input at fault.")


@output
class InvalidInputError(Failure):
    """A value breaks a rule that types cannot say."""

    code: UserErrorCode = strawberry.field(
        description="INVALID_INPUT, EMAIL_TAKEN or WEAK_PASSWORD."
    )


@output
class AuthenticationFailedError(Failure):
    """Who this is could not be established."""

    code: UserErrorCode = strawberry.field(description="WRONG_CREDENTIALS or SESSION_ENDED.")


@output
class NotFoundError(Failure):
    """There is no such thing, or it is somebody else's."""

    code: UserErrorCode = strawberry.field(description="NOT_FOUND.")


@output
class SeatChoice:
    """Seats that could be booked instead."""

    seat_indexes: list[int] = strawberry.field(description="Their indexes, ascending.")
    labels: list[str] = strawberry.field(
        description="The same seats for people, in the same order."
    )
    total: Money = strawberry.field(description="Price of all of them, fees and tax included.")

    @classmethod
    def of(cls, choice: booking.SeatChoice) -> Self:
        """Show a choice."""
        return cls(
            seat_indexes=list(choice.indexes),
            labels=list(choice.labels),
            total=Money.of(choice.total),
        )


@output
class SeatsUnavailableError(Failure):
    """Some of the chosen seats are not AVAILABLE; none was taken."""

    code: UserErrorCode = strawberry.field(description="SEATS_UNAVAILABLE.")
    seat_indexes: list[int] = strawberry.field(
        description="The seats that are not AVAILABLE, ascending."
    )
    labels: list[str] = strawberry.field(
        description="The same seats for people, in the same order."
    )
    retry_after_seconds: int | None = strawberry.field(
        description=(
            "Seconds until the reservations in the way are over; null when a seat is "
            "BOOKED or BLOCKED."
        )
    )
    alternatives: list[SeatChoice] = strawberry.field(
        description=("Up to 3 choices of as many seats, the nearest first; they are not reserved."),
        directives=[list_size(3)],
    )


@output
class SeatRuleError(Failure):
    """The choice breaks the concert's rules about single or companion seats; none was taken."""

    code: UserErrorCode = strawberry.field(description="SINGLE_SEAT_LEFT or COMPANION_RULE.")
    seat_indexes: list[int] = strawberry.field(
        description="The seats that the rule is about, ascending."
    )
    labels: list[str] = strawberry.field(
        description="The same seats for people, in the same order."
    )
    alternatives: list[SeatChoice] = strawberry.field(
        description=(
            "Up to 3 choices of as many seats that are allowed, the nearest first; they are not"
            " reserved."
        ),
        directives=[list_size(3)],
    )


@output
class UnknownSeatsError(Failure):
    """Some of the indexes mean no seat here."""

    code: UserErrorCode = strawberry.field(description="SEATS_UNKNOWN.")
    seat_indexes: list[int] = strawberry.field(
        description="The indexes that are not of this plan, or not of this booking, ascending."
    )


@output
class PlanChangedError(Failure):
    """The indexes belong to another version of the plan: fetch the seat map again."""

    code: UserErrorCode = strawberry.field(description="PLAN_CHANGED.")
    plan_version: int = strawberry.field(description="The concert's plan now.")


@output
class NotEnoughSeatsError(Failure):
    """Best available or general admission found fewer seats than were asked for; none was taken."""

    code: UserErrorCode = strawberry.field(
        description="NOT_ENOUGH_SEATS, or SOLD_OUT when `remaining` is 0."
    )
    remaining: int = strawberry.field(description="How many AVAILABLE seats meet the conditions.")
    retry_after_seconds: int | None = strawberry.field(
        description=(
            "Seconds until RESERVED seats that meet the conditions may come back; null "
            "when there are none."
        )
    )


@output
class LimitExceededError(Failure):
    """More than is allowed; `code` says of what and in which unit."""

    code: UserErrorCode = strawberry.field(
        description="Which limit: one of the codes that end in `_EXCEEDED`."
    )
    limit: int = strawberry.field(description="The most that is allowed, in the unit of `code`.")
    remaining: int = strawberry.field(
        description="How much of `limit` is left, in the same unit, 0 or more."
    )
    retry_after_seconds: int | None = strawberry.field(
        description="Seconds until more is allowed; null when it never will be."
    )


@output
class SaleNotOpenError(Failure):
    """Not on sale now."""

    code: UserErrorCode = strawberry.field(description="SALE_NOT_OPEN, SALE_PAUSED or SALE_CLOSED.")
    concert_status: ConcertStatus = strawberry.field(description="Where the concert stands.")
    opens_at: datetime | None = strawberry.field(
        description="When the sale opens; null when it is over or not announced."
    )
    retry_after_seconds: int | None = strawberry.field(
        description="Seconds until `opensAt` by the server's clock; null when `opensAt` is."
    )


@output
class WrongBookingStateError(Failure):
    """Not possible in the state the booking is in, for example paying an EXPIRED one."""

    code: UserErrorCode = strawberry.field(
        description="WRONG_BOOKING_STATE or PAYMENT_IN_PROGRESS."
    )
    booking_status: BookingStatus = strawberry.field(description="Where the booking stands.")


@output
class PaymentDeclinedError(Failure):
    """The provider or the bank said no; nothing was charged and the seats are still reserved."""

    code: UserErrorCode = strawberry.field(description="PAYMENT_DECLINED.")
    reserved_until: datetime = strawberry.field(
        description="Until when another card can be tried, under a new idempotencyKey."
    )


@output
class CancellationNotAllowedError(Failure):
    """The time to cancel is over, or a ticket was used."""

    code: UserErrorCode = strawberry.field(description="CANCELLATION_NOT_ALLOWED.")
    ticket_ids: list[strawberry.ID] = strawberry.field(
        description="The tickets that cannot be cancelled."
    )
    deadline: datetime | None = strawberry.field(
        description="When the time to cancel was over; null when that is not why."
    )


@output
class IdempotencyConflictError(Failure):
    """The idempotencyKey came before with other input; nothing was done now."""

    code: UserErrorCode = strawberry.field(description="IDEMPOTENCY_CONFLICT.")
    first_used_at: datetime = strawberry.field(description="When the key first came.")


@output
class TryAgainError(Failure):
    """Not now: send the same again, with the same idempotencyKey, after a while."""

    code: UserErrorCode = strawberry.field(description="BUSY, RATE_LIMITED or OUTCOME_UNKNOWN.")
    retry_after_seconds: int | None = strawberry.field(description="Seconds to wait, at least 1.")
