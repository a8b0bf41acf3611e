"""The one table that says which GraphQL error tells of which domain error."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry
from strawberry.utils.str_converters import to_snake_case

from bigcat_graphql import accounts, booking, errors, payments
from bigcat_graphql.schema import user_errors as shapes
from bigcat_graphql.schema.error_codes import UserErrorCode as Code
from bigcat_graphql.schema.ids import id_of_concert, read_key, write_id
from bigcat_graphql.schema.paging import given

Facts = Mapping[str, Any]
Path = tuple[str, ...]


def _no_facts(_error: Any, _input: object) -> Facts:  # noqa: ANN401 - see Telling.facts
    return {}


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
    facts: Callable[[Any, object], Facts] = _no_facts


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
            **_retry(error),
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
        # No limit of the first build goes away by waiting alone.
        facts=lambda error, _: {
            "limit": error.limit,
            "remaining": error.remaining,
            "retry_after_seconds": None,
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
        facts=lambda error, given_input: {
            "ticket_ids": _write_tickets(error, given_input),
            "deadline": error.deadline,
        },
    ),
    booking.IdempotencyConflict: Telling(
        shapes.IdempotencyConflictError,
        Code.IDEMPOTENCY_CONFLICT,
        about=("idempotencyKey",),
        facts=lambda error, _: {"first_used_at": error.first_used_at},
    ),
    payments.PaymentDeclined: Telling(
        shapes.PaymentDeclinedError,
        Code.PAYMENT_DECLINED,
        about=("paymentMethod",),
        facts=lambda error, _: {"reserved_until": error.reserved_until},
    ),
}


def tell(error: errors.DomainError, of_input: object) -> shapes.Failure | None:
    """Tell a client of a domain error, by the table; None when it is not there.

    Args:
        error: What stopped the verb.
        of_input: The mutation's input, which names what the error is about.
    """
    telling = next((_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE), None)
    if telling is None:
        return None
    path = getattr(error, "path", ()) or _locate(of_input, telling.about)
    return telling.shape(
        message=error.message,
        code=telling.code or Code(_code_of(error)),
        path=list(path) or None,
        **telling.facts(error, of_input),
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
        value = given(getattr(value, to_snake_case(step), None))
    return value is not None


def _write_tickets(error: booking.CancellationNotAllowed, of_input: object) -> list[strawberry.ID]:
    concert_id = _concert_in(of_input)
    return [write_id("Ticket", concert_id, own) for own in error.ticket_ids] if concert_id else []


def _concert_in(of_input: object) -> UUID | None:
    """Find the concert that an input's booking, or the first of its tickets, is of."""
    by, tickets = getattr(of_input, "by", None), given(getattr(of_input, "ticket_ids", None))
    texts = [
        ("Booking", given(getattr(by, "id", None))),
        *(("Ticket", text) for text in tickets or ()),
    ]
    parts = [id_of_concert(read_key(text, kind)) for kind, text in texts if text]
    return next((part[0] for part in parts if part), None)
