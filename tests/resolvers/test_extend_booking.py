"""extendBooking: its result, and each of its errors once."""

from typing import Any

import pytest

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.database import execute
from bigcat_graphql.models import Booking, Concert
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import let_time_pass
from tests.resolvers.asking import hold, id_of, write
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

_EXTEND = """
mutation ($input: ExtendBookingInput!) {
  extendBooking(input: $input) {
    booking { id secondsLeft extendableUntil }
    errors {
      __typename
      ... on UserError { code path }
      ... on LimitExceededError { limit remaining }
      ... on WrongBookingStateError { bookingStatus }
    }
  }
}
"""


async def scene() -> tuple[Viewer, Concert, Booking]:
    """A buyer with a PENDING booking."""
    buyer, concert = await make_buyer(), await make_concert()
    return buyer, concert, await hold(buyer, concert, 0)


async def extend(viewer: Viewer, made: Booking | str, errors: int = 0, **other: object) -> Any:
    booking_id = made if isinstance(made, str) else id_of(made)
    return await write(_EXTEND, viewer, errors, bookingId=booking_id, **other)


async def test_a_booking_is_kept_longer() -> None:
    buyer, _, made = await scene()
    await age(made, seconds=120)
    extended = await extend(buyer, made)
    assert 590 <= extended["secondsLeft"] <= 600
    assert extended["extendableUntil"]


async def test_a_booking_is_not_kept_for_ever() -> None:
    buyer, _, made = await scene()
    with override_settings(reservation_max_seconds=60):
        error = await extend(buyer, made, 1)
    assert (error["__typename"], error["code"]) == (
        "LimitExceededError",
        "RESERVATION_TIME_EXCEEDED",
    )
    assert (error["limit"], error["remaining"]) == (1, 0)


async def test_what_is_over_is_not_extended() -> None:
    buyer, _, made = await scene()
    await let_time_pass(made)
    error = await extend(buyer, made, 1)
    assert error["__typename"] == "WrongBookingStateError"


async def test_what_is_no_booking_is_not_extended() -> None:
    error = await extend(await make_buyer(), "nonsense", 1)
    assert error["__typename"] == "NotFoundError"
    assert error["path"] == ["input", "bookingId"]


async def test_a_bad_key_extends_nothing() -> None:
    buyer, _, made = await scene()
    error = await extend(buyer, made, 1, idempotencyKey="")
    assert error["__typename"] == "InvalidInputError"
    assert error["path"] == ["input", "idempotencyKey"]


async def test_a_key_is_for_one_booking() -> None:
    buyer, concert, made = await scene()
    other = await hold(buyer, concert, 1)
    await age(made, seconds=120)
    await extend(buyer, made, idempotencyKey="k")
    error = await extend(buyer, other, 1, idempotencyKey="k")
    assert error["__typename"] == "IdempotencyConflictError"


async def age(made: Booking, *, seconds: int) -> None:
    """Make a booking as old as if it had waited."""
    for table, column in (("booking", "id"), ("seat", "booking_id")):
        await execute(
            f"UPDATE {table} SET reserved_until = reserved_until - make_interval(secs => $3)"
            f" WHERE concert_id = $1 AND {column} = $2",
            made.concert_id,
            made.id,
            float(seconds),
        )
