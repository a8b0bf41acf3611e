"""changeSeats: its result, and each of its errors once."""

from typing import Any

import pytest

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.database import execute
from bigcat_graphql.models import Booking, Concert
from tests.booking.verbs import let_time_pass
from tests.resolvers.asking import chosen, hold, id_of, write
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

_CHANGE = """
mutation ($input: ChangeSeatsInput!) {
  changeSeats(input: $input) {
    booking { id version seats { index } }
    errors {
      __typename
      ... on UserError { code path }
      ... on SeatsUnavailableError { seatIndexes }
      ... on UnknownSeatsError { seatIndexes }
      ... on WrongBookingStateError { bookingStatus }
      ... on LimitExceededError { limit remaining }
    }
  }
}
"""


async def scene(*indexes: int) -> tuple[Viewer, Concert, Booking]:
    """A buyer with a PENDING booking of these seats."""
    buyer, concert = await make_buyer(), await make_concert()
    return buyer, concert, await hold(buyer, concert, *indexes)


async def change(viewer: Viewer, made: Booking, errors: int = 0, **other: object) -> Any:
    return await write(_CHANGE, viewer, errors, bookingId=id_of(made), **other)


async def test_seats_are_given_back_and_others_taken_in_one_step() -> None:
    buyer, _, made = await scene(0, 1)
    changed = await change(buyer, made, add=chosen(5), removeIndexes=[0])
    assert [seat["index"] for seat in changed["seats"]] == [1, 5]
    assert changed["version"] > made.version


async def test_seats_that_others_have_are_named_where_they_were_asked_for() -> None:
    buyer, concert, made = await scene(0)
    await hold(await make_buyer(), concert, 7)
    error = await change(buyer, made, 1, add=chosen(6, 7), removeIndexes=[])
    assert error["__typename"] == "SeatsUnavailableError"
    assert error["seatIndexes"] == [7]
    assert error["path"] == ["input", "add", "seats", "indexes"]


async def test_seats_of_somebody_else_cannot_be_given_back() -> None:
    buyer, _, made = await scene(0, 1)
    error = await change(buyer, made, 1, removeIndexes=[0, 4])
    assert (error["__typename"], error["seatIndexes"]) == ("UnknownSeatsError", [4])
    assert error["path"] == ["input", "removeIndexes"]


async def test_another_plan_version_is_told_where_it_stands() -> None:
    buyer, _, made = await scene(0)
    error = await change(buyer, made, 1, add=chosen(5, plan_version=2))
    assert error["__typename"] == "PlanChangedError"
    assert error["path"] == ["input", "add", "seats", "planVersion"]


async def test_places_that_are_too_few_are_told() -> None:
    buyer = await make_buyer()
    concert = await make_concert(floor=1)
    made = await hold(buyer, concert, 0)
    wish = {"generalAdmission": {"areaKey": "floor", "quantity": 2}}
    error = await change(buyer, made, 1, add=wish)
    assert (error["__typename"], error["code"]) == ("NotEnoughSeatsError", "NOT_ENOUGH_SEATS")
    assert error["path"] == ["input", "add", "generalAdmission", "quantity"]


async def test_a_booking_that_grows_keeps_to_the_limits() -> None:
    buyer = await make_buyer()
    concert = await make_concert(seats_per_booking=2, ticket_limit=2)
    made = await hold(buyer, concert, 0, 1)
    error = await change(buyer, made, 1, add=chosen(5))
    assert (error["__typename"], error["limit"]) == ("LimitExceededError", 2)


async def test_nothing_is_added_once_the_sale_is_over() -> None:
    buyer, concert, made = await scene(0)
    await execute("UPDATE concert SET status = 'PAUSED' WHERE id = $1", concert.id)
    error = await change(buyer, made, 1, add=chosen(5))
    assert (error["__typename"], error["code"]) == ("SaleNotOpenError", "SALE_PAUSED")
    assert error["path"] == ["input", "bookingId"]


async def test_a_booking_whose_time_is_over_does_not_change() -> None:
    buyer, _, made = await scene(0, 1)
    await let_time_pass(made)
    error = await change(buyer, made, 1, removeIndexes=[0])
    assert error["__typename"] == "WrongBookingStateError"
    assert error["bookingStatus"] == "EXPIRED"
    assert error["path"] == ["input", "bookingId"]


async def test_a_key_is_for_one_change() -> None:
    buyer, _, made = await scene(0, 1, 2)
    await change(buyer, made, removeIndexes=[0], idempotencyKey="k")
    error = await change(buyer, made, 1, removeIndexes=[1], idempotencyKey="k")
    assert error["__typename"] == "IdempotencyConflictError"


async def test_somebody_elses_booking_is_not_found() -> None:
    _, _, made = await scene(0, 1)
    error = await change(await make_buyer(), made, 1, removeIndexes=[0])
    assert error["__typename"] == "NotFoundError"
    assert error["path"] == ["input", "bookingId"]


async def test_to_ask_for_nothing_is_refused() -> None:
    buyer, _, made = await scene(0)
    error = await change(buyer, made, 1)
    assert error["__typename"] == "InvalidInputError"
