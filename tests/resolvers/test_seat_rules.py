"""The rules of the rush as a client sees them: what is wrong, and what could be booked instead."""

from typing import Any

import pytest

from bigcat_graphql.catalogue import SeatFeature
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import make_older
from tests.resolvers.asking import chosen, hold, id_of, write
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

_ERRORS = """
errors {
  __typename
  ... on UserError { message code path }
  ... on SeatRuleError { seatIndexes labels alternatives { ...choice } }
  ... on SeatsUnavailableError { seatIndexes alternatives { ...choice } }
  ... on LimitExceededError { limit remaining retryAfterSeconds }
}
"""
_CHOICE = "fragment choice on SeatChoice { seatIndexes labels total { amount currency } }"
_BOOK = f"""
mutation ($input: BookSeatsInput!) {{ bookSeats(input: $input) {{ booking {{ id }} {_ERRORS} }} }}
{_CHOICE}
"""
_CHANGE = f"""
mutation ($input: ChangeSeatsInput!) {{
  changeSeats(input: $input) {{ booking {{ id }} {_ERRORS} }}
}}
{_CHOICE}
"""


async def refuse(document: str, **given: Any) -> dict[str, Any]:
    viewer = given.pop("viewer", None) or await make_buyer()
    return await write(document, viewer, 1, **given)


async def test_taken_seats_come_with_others() -> None:
    concert = await make_concert(rows=1, seats_per_row=5)
    await hold(await make_buyer(), concert, 2)

    error = await refuse(_BOOK, concertId=id_of(concert), selection=chosen(2, 3))

    assert error["seatIndexes"] == [2]
    assert error["alternatives"][0] == {
        "seatIndexes": [3, 4],
        "labels": ["Stalls, row A, seat 4", "Stalls, row A, seat 5"],
        "total": {"amount": "130.00", "currency": "USD"},
    }


async def test_a_single_seat_left_is_named() -> None:
    concert = await make_concert(rows=1, seats_per_row=5, no_single_seats=True)

    error = await refuse(_BOOK, concertId=id_of(concert), selection=chosen(1, 2))

    assert (error["__typename"], error["code"]) == ("SeatRuleError", "SINGLE_SEAT_LEFT")
    assert error["message"] == "This would leave alone: Stalls, row A, seat 1. Move along by one."
    assert error["path"] == ["input", "selection", "seats", "indexes"]
    assert (error["seatIndexes"], error["labels"]) == ([0], ["Stalls, row A, seat 1"])
    assert [one["seatIndexes"] for one in error["alternatives"]] == [[0, 1], [3, 4]]


async def test_company_without_its_accessible_seat_is_named() -> None:
    marks = [(SeatFeature.ACCESSIBLE, [0]), (SeatFeature.COMPANION, [1])]
    concert, buyer = await make_concert(marks=marks), await make_buyer()
    held = await hold(buyer, concert, 4)

    error = await refuse(_CHANGE, viewer=buyer, bookingId=id_of(held), add=chosen(1))

    assert (error["__typename"], error["code"]) == ("SeatRuleError", "COMPANION_RULE")
    assert error["seatIndexes"] == [1]
    assert error["path"] == ["input", "add", "seats", "indexes"]


async def test_too_many_open_bookings_say_when_one_ends() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    await hold(buyer, concert, 0)

    with override_settings(pending_bookings_max=1):
        error = await refuse(_BOOK, viewer=buyer, concertId=id_of(concert), selection=chosen(1))

    assert error["code"] == "PENDING_BOOKINGS_EXCEEDED"
    assert (error["limit"], error["remaining"], error["path"]) == (1, 0, None)
    assert 590 <= error["retryAfterSeconds"] <= 600


async def test_a_used_up_budget_says_how_much_is_left() -> None:
    concert, buyer = await make_concert(ticket_limit=2), await make_buyer()
    with override_settings(seat_minutes_per_ticket=30, reservation_seconds=20 * 60):
        await hold(buyer, concert, 0)
        await make_older(await hold(buyer, concert, 1), minutes=21)

        await make_older(await hold(buyer, concert, 2), minutes=21)
        error = await refuse(_BOOK, viewer=buyer, concertId=id_of(concert), selection=chosen(3))

    assert error["code"] == "SEAT_MINUTES_EXCEEDED"
    assert (error["limit"], error["remaining"], error["retryAfterSeconds"]) == (60, 0, None)
