"""The table of errors: complete, and every mutation can tell of what may happen to it."""

from typing import get_args, get_type_hints

import pytest

from bigcat_graphql import accounts, booking, errors, onsale, payments, waitlist
from bigcat_graphql.schema import (
    booking_payloads,
    queue_payloads,
    session_payloads,
    waitlist_payloads,
)
from bigcat_graphql.schema.errors import _TABLE, tell
from bigcat_graphql.schema.user_errors import TryAgainError

# Kinds of errors, which nobody raises as such.
_KINDS = {errors.DomainError, errors.NotDecided}
# These are told at the top level: whoever asks did something wrong, not the input.
_TOP_LEVEL = {errors.InvalidArgument, errors.Unauthenticated, errors.Forbidden}


def _errors_of(room: object) -> set[type[errors.DomainError]]:
    return {
        thing
        for thing in vars(room).values()
        if isinstance(thing, type) and issubclass(thing, errors.DomainError) and thing not in _KINDS
    }


def test_every_error_of_the_domain_is_told_of() -> None:
    rooms = (errors, accounts, booking, onsale, payments, waitlist)
    known = {error for room in rooms for error in _errors_of(room)} - _TOP_LEVEL
    untold = {error for error in known if not _TABLE.keys() & set(error.__mro__)}
    assert not untold


@pytest.mark.parametrize("kind", sorted(_TOP_LEVEL, key=str))
async def test_what_is_the_callers_fault_is_not_in_the_table(
    kind: type[errors.DomainError],
) -> None:
    error = kind("x", "y") if kind is errors.InvalidArgument else kind()
    assert await tell(error, None) is None


async def test_an_unknown_outcome_asks_for_the_same_again() -> None:
    told = await tell(errors.OutcomeUnknown(retry_after_seconds=3), None)
    assert isinstance(told, TryAgainError)
    assert (told.code, told.retry_after_seconds, told.path) == ("OUTCOME_UNKNOWN", 3, None)


@pytest.mark.parametrize(
    "module", [booking_payloads, queue_payloads, session_payloads, waitlist_payloads]
)
def test_every_mutation_but_signing_out_may_ask_to_try_again(module: object) -> None:
    for name, payload in vars(module).items():
        if name.endswith("Payload") and name != "SignOutPayload":
            [union] = get_args(get_type_hints(payload)["errors"])
            assert TryAgainError in get_args(union), name
