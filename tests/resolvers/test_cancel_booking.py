"""cancelBooking: its results, and each of its errors once."""

from typing import Any

import pytest

from bigcat_graphql import booking
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.database import execute
from bigcat_graphql.errors import Unauthenticated
from bigcat_graphql.models import Booking
from bigcat_graphql.schema.ids import write_id
from tests.booking.verbs import pay
from tests.resolvers.asking import ask, hold, id_of, read, write
from tests.scenes import make_buyer, make_concert, make_organizer

pytestmark = pytest.mark.usefixtures("database")

_CANCEL = """
mutation ($input: CancelBookingInput!) {
  cancelBooking(input: $input) {
    booking { id reference status seats { index } tickets { id status code seat { status } } }
    errors {
      __typename
      ... on UserError { code path }
      ... on CancellationNotAllowedError { ticketIds deadline }
      ... on WrongBookingStateError { bookingStatus }
    }
  }
}
"""


async def scene(email: str | None = None) -> tuple[Viewer, Booking]:
    """A buyer with a CONFIRMED booking of two seats."""
    buyer = await make_buyer(email)
    made = await hold(buyer, await make_concert(), 0, 1)
    return buyer, await pay(buyer, made)


async def cancel(viewer: Viewer | None, made: Booking, errors: int = 0, **other: object) -> Any:
    other.setdefault("by", {"id": id_of(made)})
    return await write(_CANCEL, viewer, errors, **other)


async def tickets_of(made: Booking) -> list[str]:
    key = BookingKey.of(made)
    rows = (await booking.tickets_of([key]))[key]
    return [write_id("Ticket", row.concert_id, row.id) for row in rows]


async def test_a_cancelled_booking_has_no_seats_and_cancelled_tickets() -> None:
    buyer, made = await scene()
    cancelled = await cancel(buyer, made)
    assert (cancelled["status"], cancelled["seats"]) == ("CANCELLED", [])
    assert [(t["status"], t["code"]) for t in cancelled["tickets"]] == [("CANCELLED", None)] * 2
    assert {ticket["seat"]["status"] for ticket in cancelled["tickets"]} == {"AVAILABLE"}


async def test_some_tickets_are_cancelled_and_the_others_stay() -> None:
    buyer, made = await scene()
    first, second = await tickets_of(made)
    left = await cancel(buyer, made, ticketIds=[first])
    assert left["status"] == "CONFIRMED"
    assert {t["id"]: t["status"] for t in left["tickets"]} == {
        first: "CANCELLED",
        second: "ISSUED",
    }


async def test_a_guest_cancels_by_reference_and_email_without_a_session() -> None:
    _, made = await scene("guest@example.org")
    proof = {"reference": made.reference.lower(), "email": "Guest@Example.org"}
    cancelled = await cancel(None, made, by={"reference": proof})
    assert cancelled["status"] == "CANCELLED"


async def test_an_organizer_cancels_but_sees_no_ticket_codes() -> None:
    _, made = await scene()
    first, _ = await tickets_of(made)
    left = await cancel(await make_organizer(made.concert_id), made, ticketIds=[first])
    assert [ticket["code"] for ticket in left["tickets"]] == [None, None]


async def test_after_the_start_nothing_is_cancelled() -> None:
    buyer, made = await scene()
    await execute("UPDATE concert SET starts_at = now() WHERE id = $1", made.concert_id)
    error = await cancel(buyer, made, 1)
    assert error["__typename"] == "CancellationNotAllowedError"
    assert error["ticketIds"] == await tickets_of(made)
    assert error["deadline"]
    assert error["path"] == ["input", "by", "id"]


async def test_a_used_ticket_is_named() -> None:
    buyer, made = await scene()
    await execute(
        "UPDATE ticket SET status = 'CHECKED_IN', checked_in_at = now() WHERE seat_index = 1"
    )
    first, second = await tickets_of(made)
    error = await cancel(buyer, made, 1, ticketIds=[first, second])
    assert (error["code"], error["ticketIds"]) == ("CANCELLATION_NOT_ALLOWED", [second])
    assert (error["path"], error["deadline"]) == (["input", "ticketIds"], None)


async def test_a_guest_is_told_which_tickets_by_reference_too() -> None:
    _, made = await scene("guest@example.org")
    await execute("UPDATE concert SET starts_at = now() WHERE id = $1", made.concert_id)
    proof = {"reference": made.reference, "email": "guest@example.org"}
    error = await cancel(None, made, 1, by={"reference": proof})
    assert error["ticketIds"] == await tickets_of(made)
    assert error["path"] == ["input", "by", "reference"]


async def test_what_is_over_is_not_cancelled_again() -> None:
    buyer, made = await scene()
    await cancel(buyer, made)
    error = await cancel(buyer, made, 1)
    assert error["__typename"] == "WrongBookingStateError"
    assert error["bookingStatus"] == "CANCELLED"


async def test_a_key_is_for_one_cancellation() -> None:
    buyer, made = await scene()
    first, _ = await tickets_of(made)
    await cancel(buyer, made, ticketIds=[first], idempotencyKey="k")
    error = await cancel(buyer, made, 1, idempotencyKey="k")
    assert error["__typename"] == "IdempotencyConflictError"


@pytest.mark.parametrize(
    ("by", "path"),
    [
        ({"id": "nonsense"}, ["by", "id"]),
        ({"reference": {"reference": "K7QM", "email": "x@example.org"}}, ["by", "reference"]),
    ],
)
async def test_what_is_no_booking_is_not_found(by: dict[str, Any], path: list[str]) -> None:
    buyer, made = await scene()
    error = await cancel(buyer, made, 1, by=by)
    assert error["__typename"] == "NotFoundError"
    assert error["path"] == ["input", *path]


async def test_what_is_no_ticket_is_not_found() -> None:
    buyer, made = await scene()
    error = await cancel(buyer, made, 1, ticketIds=[*await tickets_of(made), "nonsense"])
    assert error["path"] == ["input", "ticketIds", "2"]


async def test_an_empty_list_of_tickets_is_refused() -> None:
    buyer, made = await scene()
    error = await cancel(buyer, made, 1, ticketIds=[])
    assert error["__typename"] == "InvalidInputError"


async def test_by_id_it_takes_somebody_who_is_signed_in() -> None:
    _, made = await scene()
    given = {"by": {"id": id_of(made)}, "idempotencyKey": "k"}
    answer = await ask(_CANCEL, None, input=given)
    assert [type(cause) for cause in answer.causes] == [Unauthenticated]


async def test_exactly_one_way_to_name_it_is_taken() -> None:
    buyer, made = await scene()
    proof = {"reference": made.reference, "email": "x@example.org"}
    given = {"by": {"id": id_of(made), "reference": proof}, "idempotencyKey": "k"}
    answer = await ask(_CANCEL, buyer, input=given)
    assert answer.errors
    status = "query ($by: BookingBy!) { booking(by: $by) { status } }"
    shown = await read(status, buyer, by={"id": id_of(made)})
    assert shown == {"booking": {"status": "CONFIRMED"}}
