"""The way of a buyer, over HTTP alone, on the demo's season."""

from typing import Any

import pytest

from tests.journeys.serving import Server
from tests.journeys.visitor import Visitor

SIGN_UP = """
mutation ($input: SignUpInput!) {
  signUp(input: $input) { session { accessToken account { role } } errors { ...Fault } }
}
fragment Fault on UserError { code message path }
"""
SEARCH = """
query ($filter: ConcertFilter!) {
  concerts(first: 50, filter: $filter) {
    totalCount
    nodes { id name venue { city } availability { counts { available } } }
  }
}
"""
LOOK = """
query ($id: ID!) {
  seatMap(concertId: $id) {
    plan { version url seatCount tiers { code } sections { rows { firstIndex seatCount } } }
    availability { epoch version planVersion statuses counts { available total } }
  }
}
"""
BOOK = """
mutation ($input: BookSeatsInput!) {
  bookSeats(input: $input) {
    booking { ...Card }
    errors { ...Fault ... on SeatsUnavailableError { seatIndexes labels retryAfterSeconds } }
  }
}
fragment Card on Booking {
  id reference status total { amount currency } seats { index label status }
}
fragment Fault on UserError { __typename code message path }
"""
PAY = """
mutation ($input: PayBookingInput!) {
  payBooking(input: $input) {
    booking {
      id status payment { status amount { amount } } tickets { id status code }
      seats { index status }
    }
    errors { ... on UserError { code message } }
  }
}
"""
MINE = """
{
  me {
    bookings(first: 10) {
      totalCount
      nodes { id status concert { id name venue { city } } tickets { status } payment { status } }
    }
  }
}
"""
CANCEL = """
mutation ($input: CancelBookingInput!) {
  cancelBooking(input: $input) {
    booking { id status tickets { status } payment { status } seats { index } }
    errors { ... on UserError { code message } }
  }
}
"""
BY_REFERENCE = """
query ($reference: String!, $email: String!) {
  booking(by: {reference: {reference: $reference, email: $email}}) { id status }
}
"""
OPENING_NIGHT = '{ concert(by: {slug: "la-laguna-opening-night"}) { id } }'


async def test_from_search_to_seats_and_back(visitor: Visitor) -> None:
    signed_up = await visitor.change(
        SIGN_UP, email="ana@example.org", password="a horse, a staple", name="Ana"
    )
    assert signed_up["session"]["account"]["role"] == "BUYER"

    # Found without its accents, and only while it has seats.
    found = await visitor.ask(
        SEARCH, filter={"city": "san cristobal", "status": ["ON_SALE"], "available": True}
    )
    assert found["concerts"]["totalCount"] >= 1
    assert {node["venue"]["city"] for node in found["concerts"]["nodes"]} == {
        "San Cristóbal de La Laguna"
    }

    concert_id = (await visitor.ask(OPENING_NIGHT))["concert"]["id"]
    hall = (await visitor.ask(LOOK, id=concert_id))["seatMap"]
    statuses, version = hall["availability"]["statuses"], hall["plan"]["version"]
    pair = statuses.index("AA")
    document = (await visitor.get(hall["plan"]["url"])).json()
    assert document["seatCount"] == hall["plan"]["seatCount"] == len(statuses)

    seats = {"seats": {"planVersion": version, "indexes": [pair, pair + 1]}}
    asked = {"concertId": concert_id, "selection": seats, "idempotencyKey": "my one intent"}
    booked = (await visitor.change(BOOK, **asked))["booking"]
    assert booked["status"] == "PENDING"
    assert {seat["status"] for seat in booked["seats"]} == {"RESERVED"}
    # The answer was lost on the way, so the same is sent again: one booking all the same.
    assert (await visitor.change(BOOK, **asked))["booking"]["id"] == booked["id"]

    refused = await visitor.fail_to_change(BOOK, **{**asked, "idempotencyKey": "another intent"})
    assert refused["__typename"] == "SeatsUnavailableError"
    assert refused["seatIndexes"] == [pair, pair + 1]

    paid = (await visitor.change(PAY, **paying(booked["id"], "approve")))["booking"]
    assert paid["status"] == "CONFIRMED"
    assert paid["payment"]["status"] == "CAPTURED"
    assert paid["payment"]["amount"]["amount"] == booked["total"]["amount"]
    assert {seat["status"] for seat in paid["seats"]} == {"BOOKED"}
    assert len({ticket["code"] for ticket in paid["tickets"]}) == 2

    mine = (await visitor.ask(MINE))["me"]["bookings"]
    assert mine["totalCount"] == 1
    assert mine["nodes"][0]["concert"]["id"] == concert_id

    by = {"by": {"id": booked["id"]}, "idempotencyKey": "{{uuid}}"}
    cancelled = (await visitor.change(CANCEL, **by))["booking"]
    assert cancelled["status"] == "CANCELLED"
    assert cancelled["seats"] == []
    assert {ticket["status"] for ticket in cancelled["tickets"]} == {"CANCELLED"}
    after = (await visitor.ask(LOOK, id=concert_id))["seatMap"]["availability"]["statuses"]
    assert after[pair : pair + 2] == "AA"


async def test_a_guest_finds_the_booking_on_another_device(demo: Server, visitor: Visitor) -> None:
    await visitor.come_in("rosa@example.org")
    concert_id = (await visitor.ask(OPENING_NIGHT))["concert"]["id"]
    best = {"concertId": concert_id, "selection": {"bestAvailable": {"quantity": 2}}}
    booked = (await visitor.change(BOOK, **best, idempotencyKey="{{uuid}}"))["booking"]
    known = {
        "reference": booked["reference"].lower().replace("-", " "),
        "email": "Rosa@Example.org",
    }

    async with Visitor(demo) as other_device:
        found = await other_device.ask(BY_REFERENCE, **known)
        assert found["booking"] == {"id": booked["id"], "status": "PENDING"}
        guessed = await other_device.ask(BY_REFERENCE, **{**known, "email": "eve@example.org"})
        assert guessed["booking"] is None
        by = {"by": {"reference": known}, "idempotencyKey": "{{uuid}}"}
        cancelled = await other_device.change(CANCEL, **by)
    assert cancelled["booking"]["status"] == "CANCELLED"


async def test_what_is_somebody_elses_is_not_there(demo: Server, visitor: Visitor) -> None:
    await visitor.come_in("rosa@example.org")
    concert_id = (await visitor.ask(OPENING_NIGHT))["concert"]["id"]
    best = {"concertId": concert_id, "selection": {"bestAvailable": {"quantity": 1}}}
    booked = (await visitor.change(BOOK, **best, idempotencyKey="{{uuid}}"))["booking"]

    async with Visitor(demo) as eve:
        await eve.come_in("eve@example.org")
        seen = await eve.ask("query ($id: ID!) { booking(by: {id: $id}) { id } }", id=booked["id"])
        assert seen["booking"] is None
        by = {"by": {"id": booked["id"]}, "idempotencyKey": "{{uuid}}"}
        assert (await eve.fail_to_change(CANCEL, **by))["code"] == "NOT_FOUND"
        error = await eve.fail_to_change(PAY, **paying(booked["id"], "approve"))
        assert error["code"] == "NOT_FOUND"


async def test_a_declined_card_leaves_the_seats_and_another_may_pay(visitor: Visitor) -> None:
    await visitor.come_in()
    concert_id = (await visitor.ask(OPENING_NIGHT))["concert"]["id"]
    best = {"concertId": concert_id, "selection": {"bestAvailable": {"quantity": 1}}}
    booked = (await visitor.change(BOOK, **best, idempotencyKey="{{uuid}}"))["booking"]

    declined = await visitor.fail_to_change(PAY, **paying(booked["id"], "decline"))
    assert declined["code"] == "PAYMENT_DECLINED"
    paid = await visitor.change(PAY, **paying(booked["id"], "approve"))
    assert paid["booking"]["status"] == "CONFIRMED"


@pytest.mark.parametrize("role", ["buyer", "organizer", "admin"])
async def test_the_demos_accounts_can_sign_in(visitor: Visitor, role: str) -> None:
    signed_in = await visitor.change(
        "mutation ($input: SignInInput!) { signIn(input: $input)"
        " { session { accessToken account { role } } errors { ... on UserError { code } } } }",
        email=f"{role}@example.com",
        password="bigcat-demo",
    )
    assert signed_in["session"]["account"]["role"] == role.upper()


def paying(booking_id: str, method: str) -> dict[str, Any]:
    return {
        "bookingId": booking_id,
        "provider": "test",
        "paymentMethod": method,
        "idempotencyKey": "{{uuid}}",
    }
