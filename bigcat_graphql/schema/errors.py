"""The one table that says which GraphQL error tells of which domain error."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import isawaitable
from typing import Any

from strawberry.utils.str_converters import to_snake_case

from bigcat_graphql import accounts, booking, errors, onsale, payments, waitlist
from bigcat_graphql.schema import sale_errors as sale_shapes
from bigcat_graphql.schema import user_errors as shapes
from bigcat_graphql.schema.door import TicketNotAdmittedError
from bigcat_graphql.schema.error_codes import UserErrorCode as Code
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.paging import given
from bigcat_graphql.schema.selections import CancelBookingInput

Facts = Mapping[str, Any]
Path = tuple[str, ...]


def _no_facts(_error: Any, _input: object) -> Facts:  # noqa: ANN401 - see Telling.facts
    return {}


async def _name_tickets(
    error: booking.CancellationNotAllowed, of_input: CancelBookingInput
) -> Facts:
    """Name the tickets by their ids, which hold the concert's; a guest's reference does not."""
    name = of_input.by.read()
    if isinstance(name, booking.GuestReference):
        found = await booking.find_booking(None, name)
        name = booking.BookingKey.of(found) if found else None
    ids = [write_id("Ticket", name.concert_id, own) for own in error.ticket_ids] if name else []
    return {"ticket_ids": ids, "deadline": error.deadline}


@dataclass(frozen=True, slots=True)
class Telling:
    """How a domain error is told.

    Without `code` it is the error's own. `about` names the input at fault where the error does
    not: of several names the first that was given. `facts` are what else the shape has, from the
    error and the mutation's input.
    """

    shape: type[shapes.Failure]
    code: Code | None = None
    about: tuple[str, ...] = ()
    facts: Callable[[Any, Any], Facts | Awaitable[Facts]] = _no_facts


_BOOKING = ("bookingId", "by.id", "by.reference")
_TABLE: Mapping[type[errors.DomainError], Telling] = {
    errors.InvalidInput: Telling(shapes.InvalidInputError, Code.INVALID_INPUT),
    errors.NotFound: Telling(shapes.NotFoundError, Code.NOT_FOUND),
    errors.Busy: Telling(shapes.TryAgainError, Code.BUSY, facts=lambda error, _: _retry(error)),
    errors.OutcomeUnknown: Telling(
        shapes.TryAgainError, Code.OUTCOME_UNKNOWN, facts=lambda error, _: _retry(error)
    ),
    accounts.RateLimited: Telling(
        shapes.TryAgainError, Code.RATE_LIMITED, facts=lambda error, _: _retry(error)
    ),
    accounts.EmailTaken: Telling(shapes.InvalidInputError),
    accounts.WeakPassword: Telling(shapes.InvalidInputError),
    accounts.AuthenticationFailed: Telling(
        shapes.AuthenticationFailedError, about=("refreshToken",)
    ),
    booking.SeatsUnavailable: Telling(
        shapes.SeatsUnavailableError,
        Code.SEATS_UNAVAILABLE,
        about=("selection.seats.indexes", "add.seats.indexes"),
        facts=lambda error, _: {
            "seat_indexes": list(error.indexes),
            "labels": list(error.labels),
            "alternatives": [shapes.SeatChoice.of(choice) for choice in error.alternatives],
            **_retry(error),
        },
    ),
    booking.SeatRuleBroken: Telling(
        shapes.SeatRuleError,
        facts=lambda error, _: {
            "seat_indexes": list(error.indexes),
            "labels": list(error.labels),
            "alternatives": [shapes.SeatChoice.of(choice) for choice in error.alternatives],
        },
    ),
    booking.UnknownSeats: Telling(
        shapes.UnknownSeatsError,
        Code.SEATS_UNKNOWN,
        facts=lambda error, _: {"seat_indexes": list(error.indexes)},
    ),
    booking.PlanChanged: Telling(
        shapes.PlanChangedError,
        Code.PLAN_CHANGED,
        about=("selection.seats.planVersion", "add.seats.planVersion"),
        facts=lambda error, _: {"plan_version": error.plan_version},
    ),
    booking.NotEnoughSeats: Telling(
        shapes.NotEnoughSeatsError,
        facts=lambda error, _: {"remaining": error.remaining, **_retry(error)},
    ),
    booking.LimitExceeded: Telling(
        shapes.LimitExceededError,
        facts=lambda error, _: {
            "limit": error.limit,
            "remaining": error.remaining,
            **_retry(error),
        },
    ),
    booking.SaleNotOpen: Telling(
        shapes.SaleNotOpenError,
        about=("concertId", *_BOOKING),
        facts=lambda error, _: {
            "concert_status": error.status,
            "opens_at": error.opens_at,
            **_retry(error),
        },
    ),
    booking.WrongBookingState: Telling(
        shapes.WrongBookingStateError,
        about=_BOOKING,
        facts=lambda error, _: {"booking_status": error.status},
    ),
    booking.CancellationNotAllowed: Telling(
        shapes.CancellationNotAllowedError,
        Code.CANCELLATION_NOT_ALLOWED,
        about=("ticketIds", *_BOOKING),
        facts=_name_tickets,
    ),
    booking.TicketNotAdmitted: Telling(
        TicketNotAdmittedError,
        about=("code",),
        facts=lambda error, _: {
            "ticket_status": error.status,
            "checked_in_at": error.checked_in_at,
        },
    ),
    booking.IdempotencyConflict: Telling(
        shapes.IdempotencyConflictError,
        Code.IDEMPOTENCY_CONFLICT,
        about=("idempotencyKey",),
        facts=lambda error, _: {"first_used_at": error.first_used_at},
    ),
    onsale.WrongConcertState: Telling(
        sale_shapes.WrongConcertStateError,
        Code.WRONG_CONCERT_STATE,
        facts=lambda error, _: {"concert_status": error.status},
    ),
    waitlist.NotSoldOut: Telling(
        sale_shapes.WrongConcertStateError,
        Code.WRONG_CONCERT_STATE,
        facts=lambda error, _: {"concert_status": error.status},
    ),
    waitlist.EmailNotVerified: Telling(
        sale_shapes.AdmissionRequiredError,
        Code.EMAIL_NOT_VERIFIED,
        facts=lambda _, __: {"challenge": None, "concert_id": None},
    ),
    onsale.AdmissionRequired: Telling(
        sale_shapes.AdmissionRequiredError,
        facts=lambda error, _: {"challenge": error.challenge, "concert_id": error.concert_id},
    ),
    payments.PaymentDeclined: Telling(
        shapes.PaymentDeclinedError,
        Code.PAYMENT_DECLINED,
        about=("paymentMethod",),
        facts=lambda error, _: {"reserved_until": error.reserved_until},
    ),
}


async def tell(error: errors.DomainError, of_input: object) -> shapes.Failure | None:
    """Tell a client of a domain error, by the table; None when it is not there.

    Args:
        error: What stopped the verb.
        of_input: The mutation's input, which names what the error is about.
    """
    telling = next((_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE), None)
    if telling is None:
        return None
    facts = telling.facts(error, of_input)
    path = getattr(error, "path", ()) or _locate(of_input, telling.about)
    return telling.shape(
        message=error.message,
        code=telling.code or Code(_code_of(error)),
        path=list(path) or None,
        **(await facts if isawaitable(facts) else facts),
    )


def _code_of(error: Any) -> str:  # noqa: ANN401 - errors without a code have one in the table
    return str(error.code)


def _retry(error: Any) -> Facts:  # noqa: ANN401 - see Telling.facts
    return {"retry_after_seconds": error.retry_after_seconds}


def _locate(of_input: object, paths: tuple[str, ...]) -> Path:
    """Find the first of these inputs that was given."""
    for path in paths:
        steps = path.split(".")
        if _is_given(of_input, steps):
            return ("input", *steps)
    return ()


def _is_given(value: object, steps: list[str]) -> bool:
    for step in steps:
        value = given(getattr(value, _attribute_of(step), None))
    return value is not None


@cache
def _attribute_of(step: str) -> str:
    return to_snake_case(step)
