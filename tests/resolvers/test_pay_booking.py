"""payBooking: its result, and each of its errors once."""

from typing import Any

import pytest

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.database import execute
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking
from tests.booking.verbs import let_time_pass
from tests.resolvers.asking import hold, id_of, write
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

_PAY = """
mutation ($input: PayBookingInput!) {
  payBooking(input: $input) {
    booking {
      id status secondsLeft
      seats { index status }
      payment { id status amount { amount currency } provider clientSecret }
      tickets { id status code price { amount } seat { label } }
    }
    errors {
      __typename
      ... on UserError { code path }
      ... on PaymentDeclinedError { reservedUntil }
      ... on WrongBookingStateError { bookingStatus }
    }
  }
}
"""


async def scene() -> tuple[Viewer, Booking]:
    """A buyer with a PENDING booking of two seats."""
    buyer = await make_buyer()
    return buyer, await hold(buyer, await make_concert(), 0, 1)


async def pay(viewer: Viewer, made: Booking, errors: int = 0, **other: object) -> Any:
    other.setdefault("paymentMethod", "approve")
    return await write(_PAY, viewer, errors, bookingId=id_of(made), **other)


async def test_a_paid_booking_is_confirmed_with_its_tickets() -> None:
    buyer, made = await scene()
    paid = await pay(buyer, made)
    assert paid["status"] == "CONFIRMED"
    assert {seat["status"] for seat in paid["seats"]} == {"BOOKED"}
    assert paid["payment"]["status"] == "CAPTURED"
    assert paid["payment"]["amount"] == {"amount": "130.00", "currency": "USD"}
    assert paid["payment"]["clientSecret"] is None
    assert [ticket["seat"]["label"] for ticket in paid["tickets"]] == [
        "Stalls, row A, seat 1",
        "Stalls, row A, seat 2",
    ]
    assert all(ticket["code"] for ticket in paid["tickets"])


async def test_a_declined_card_leaves_time_for_another() -> None:
    buyer, made = await scene()
    error = await pay(buyer, made, 1, paymentMethod="decline")
    assert (error["__typename"], error["code"]) == ("PaymentDeclinedError", "PAYMENT_DECLINED")
    assert error["path"] == ["input", "paymentMethod"]
    assert error["reservedUntil"]
    assert (await pay(buyer, made))["status"] == "CONFIRMED"


async def test_what_is_over_cannot_be_paid() -> None:
    buyer, made = await scene()
    await let_time_pass(made)
    error = await pay(buyer, made, 1)
    assert (error["__typename"], error["code"]) == ("WrongBookingStateError", "WRONG_BOOKING_STATE")
    assert error["bookingStatus"] == "EXPIRED"


async def test_one_attempt_at_a_time_is_made() -> None:
    buyer, made = await scene()
    await execute(
        "INSERT INTO payment (id, concert_id, booking_id, status, amount_minor, refunded_minor,"
        " currency, provider, created_at)"
        " VALUES ($1, $2, $3, 'CREATED', 1, 0, 'USD', 'test', now())",
        new_id(),
        made.concert_id,
        made.id,
    )
    error = await pay(buyer, made, 1)
    assert (error["__typename"], error["code"]) == ("WrongBookingStateError", "PAYMENT_IN_PROGRESS")


async def test_a_key_is_for_one_payment() -> None:
    buyer, made = await scene()
    first = await pay(buyer, made, idempotencyKey="k")
    again = await pay(buyer, made, idempotencyKey="k")
    assert again["payment"]["id"] == first["payment"]["id"]
    error = await pay(buyer, made, 1, paymentMethod="decline", idempotencyKey="k")
    assert error["__typename"] == "IdempotencyConflictError"


async def test_somebody_elses_booking_is_not_found() -> None:
    _, made = await scene()
    error = await pay(await make_buyer(), made, 1)
    assert error["__typename"] == "NotFoundError"


@pytest.mark.parametrize(
    ("other", "path"),
    [({"provider": "piggy bank"}, "provider"), ({"paymentMethod": "buttons"}, "paymentMethod")],
)
async def test_input_that_means_no_payment_is_named(other: dict[str, str], path: str) -> None:
    buyer, made = await scene()
    error = await pay(buyer, made, 1, **other)
    assert error["__typename"] == "InvalidInputError"
    assert error["path"] == ["input", path]
