"""What domain errors say to people and to logs."""

from dataclasses import dataclass

import pytest

from bigcat_graphql import errors
from bigcat_graphql.accounts import AuthenticationFailed, EmailTaken, RateLimited, WeakPassword
from bigcat_graphql.booking.errors import WrongBookingState
from bigcat_graphql.models import BookingStatus


@pytest.mark.parametrize(
    "error",
    [
        errors.Busy(),
        errors.OutcomeUnknown(),
        errors.NotFound(),
        errors.Unauthenticated(),
        errors.Forbidden(),
        EmailTaken(),
        RateLimited(3),
    ],
)
def test_an_error_says_its_docstrings_first_line(error: errors.DomainError) -> None:
    assert error.message == (type(error).__doc__ or "").splitlines()[0]
    assert error.message


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (errors.InvalidArgument("first", "must be 1 to 100"), "first: must be 1 to 100"),
        (errors.InvalidInput("Name each seat once.", ("input",)), "Name each seat once."),
        (WeakPassword("Too short."), "Too short."),
        (
            WrongBookingState(BookingStatus.EXPIRED),
            "The booking is EXPIRED: that is not possible any more. Book seats anew.",
        ),
        (AuthenticationFailed("WRONG_CREDENTIALS"), "The e-mail or the password is wrong."),
        (AuthenticationFailed("SESSION_ENDED"), "This session is over: sign in again."),
    ],
)
def test_an_error_with_facts_says_them(error: errors.DomainError, message: str) -> None:
    assert error.message == message


def test_a_log_line_has_the_facts() -> None:
    line = str(errors.NotFound(("input", "concertId")))
    assert line == f"{errors.NotFound.__doc__} (path=('input', 'concertId'))"
    assert str(errors.Forbidden()) == errors.Forbidden.__doc__


def test_an_error_can_be_raised_by_its_name_alone() -> None:
    with pytest.raises(errors.Busy) as refusal:
        raise errors.Busy
    assert refusal.value.retry_after_seconds == 1


def test_errors_are_told_apart_by_identity_so_that_tracebacks_survive() -> None:
    assert errors.Busy() != errors.Busy()
    assert len({errors.Busy(), errors.Busy()}) == 2


def test_an_error_without_a_docstring_says_something() -> None:
    @dataclass(eq=False)
    class Odd(errors.DomainError):
        seats: int

    assert Odd(2).message
