"""Payments, refunds, policies and quotes as clients see them."""

from typing import Any

import pytest

from bigcat_graphql import booking, payments
from bigcat_graphql.models import Concert
from bigcat_graphql.schema.ids import write_id
from tests.booking.verbs import let_time_pass, pay
from tests.resolvers.asking import ask, hold, id_of, read, write
from tests.scenes import make_buyer, make_concert, make_organizer

pytestmark = pytest.mark.usefixtures("database")

_BOOKING = """
query ($by: BookingBy!) {
  booking(by: $by) {
    status endReason
    payment { status clientSecret actionUrl }
    payments { status amount { amount currency } provider clientSecret actionUrl }
    refunds { id status amount { amount currency } createdAt succeededAt }
  }
}
"""
_PAY = """
mutation ($input: PayBookingInput!) {
  payBooking(input: $input) {
    booking {
      status payment { id status clientSecret actionUrl createdAt } payments { id }
      tickets { id status code price { amount } }
    }
    errors { __typename ... on UserError { code } }
  }
}
"""
_CANCEL = """
mutation ($input: CancelBookingInput!) {
  cancelBooking(input: $input) {
    booking { status endReason refunds { id } }
    refund { id status amount { amount currency } }
    errors { __typename }
  }
}
"""
_QUOTE = """
query ($by: BookingBy!, $ticketIds: [ID!]) {
  quoteCancellation(by: $by, ticketIds: $ticketIds) {
    refund { amount currency } kept { amount } validUntil
  }
}
"""


@pytest.fixture(autouse=True)
def take_part() -> None:
    payments.take_part()


async def make_thrifty_concert() -> Concert:
    concert = await make_concert()
    concert.refund_steps = [
        {"hours_before": 24, "percent": 50},
        {"hours_before": 72, "percent": 90},
    ]
    await concert.save(update_fields=["refund_steps"])
    return concert


async def test_a_payment_that_needs_action_shows_its_secret_to_the_buyer_only() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await hold(buyer, concert, 0)

    waiting = await write(
        _PAY, buyer, bookingId=id_of(made), provider="test", paymentMethod="needs_action"
    )

    assert (waiting["status"], waiting["tickets"]) == ("PENDING", [])
    assert waiting["payment"]["status"] == "REQUIRES_ACTION"
    secret = waiting["payment"]["clientSecret"]
    page = f"http://127.0.0.1:8000/payments/test/{concert.id}/{secret}"
    assert secret
    assert waiting["payment"]["actionUrl"] == page
    organizer = await make_organizer(concert)
    seen = (await read(_BOOKING, organizer, by={"id": id_of(made)}))["booking"]
    for one in (seen["payment"], *seen["payments"]):
        assert (one["clientSecret"], one["actionUrl"]) == (None, None)


async def test_what_a_payment_answers_is_what_is_read_afterwards() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await hold(buyer, concert, 0, 1)

    paid = await write(_PAY, buyer, bookingId=id_of(made), paymentMethod="approve")

    node = """
        query ($id: ID!) { node(id: $id) { ... on Booking {
          status payment { id status clientSecret actionUrl createdAt } payments { id }
          tickets { id status code price { amount } }
        } } }
    """
    assert (await read(node, buyer, id=id_of(made)))["node"] == paid
    assert [ticket["status"] for ticket in paid["tickets"]] == ["ISSUED"] * 2


async def test_attempts_and_refunds_come_newest_first() -> None:
    concert, buyer = await make_thrifty_concert(), await make_buyer()
    made = await hold(buyer, concert, 0, 1)
    for card in ("decline", "approve"):
        errors = int(card == "decline")
        await write(_PAY, buyer, errors, bookingId=id_of(made), paymentMethod=card)
    tickets = (await booking.tickets_of([booking.BookingKey.of(made)]))[booking.BookingKey.of(made)]
    cancelled: list[Any] = []
    for ticket in tickets:
        chosen = [write_id("Ticket", ticket.concert_id, ticket.id)]
        answer = await ask(
            _CANCEL,
            buyer,
            input={
                "by": {"id": id_of(made)},
                "ticketIds": chosen,
                "idempotencyKey": ticket.id.hex,
            },
        )
        cancelled.append(answer.data["cancelBooking"])
    await payments.settle_open_payments(3600)

    shown = (await read(_BOOKING, buyer, by={"id": id_of(made)}))["booking"]

    assert (shown["status"], shown["endReason"]) == ("CANCELLED", "BUYER")
    assert [one["status"] for one in shown["payments"]] == ["PARTIALLY_REFUNDED", "FAILED"]
    assert [one["refund"]["amount"]["amount"] for one in cancelled] == ["58.50", "58.50"]
    assert {one["refund"]["status"] for one in cancelled} == {"REQUESTED"}
    assert [one["id"] for one in shown["refunds"]] == [
        one["refund"]["id"] for one in reversed(cancelled)
    ]
    assert {one["status"] for one in shown["refunds"]} == {"SUCCEEDED"}
    assert all(one["succeededAt"] for one in shown["refunds"])


async def test_a_refund_is_a_node_for_those_who_see_its_booking() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    paid = await pay(buyer, await hold(buyer, concert, 0))
    answer = await ask(_CANCEL, buyer, input={"by": {"id": id_of(paid)}, "idempotencyKey": "k"})
    refund = answer.data["cancelBooking"]["refund"]
    node = "query ($id: ID!) { node(id: $id) { id __typename } }"

    for viewer in (buyer, await make_organizer(concert)):
        found = (await read(node, viewer, id=refund["id"]))["node"]
        assert found == {"id": refund["id"], "__typename": "Refund"}
    for stranger in (await make_buyer(), None):
        assert (await read(node, stranger, id=refund["id"]))["node"] is None


async def test_a_booking_whose_time_is_over_says_so_before_the_sweeper_does() -> None:
    buyer = await make_buyer()
    made = await hold(buyer, await make_concert(), 0)
    await let_time_pass(made)

    shown = (await read(_BOOKING, buyer, by={"id": id_of(made)}))["booking"]

    assert (shown["status"], shown["endReason"]) == ("EXPIRED", "TIME_OVER")


async def test_a_concert_shows_its_policy_the_earliest_step_first() -> None:
    concert = await make_thrifty_concert()
    document = (
        "query ($by: ConcertBy!) { concert(by: $by) { refundSteps { hoursBefore percent } } }"
    )

    shown = (await read(document, by={"slug": concert.slug}))["concert"]

    assert shown["refundSteps"] == [
        {"hoursBefore": 72, "percent": 90},
        {"hoursBefore": 24, "percent": 50},
    ]


async def test_a_quote_is_what_cancelling_then_gives_back() -> None:
    concert, buyer = await make_thrifty_concert(), await make_buyer()
    paid = await pay(buyer, await hold(buyer, concert, 0, 1))

    quote = (await read(_QUOTE, buyer, by={"id": id_of(paid)}))["quoteCancellation"]

    assert quote["refund"] == {"amount": "117.00", "currency": "USD"}
    assert quote["kept"] == {"amount": "13.00"}
    assert quote["validUntil"]
    answer = await ask(_CANCEL, buyer, input={"by": {"id": id_of(paid)}, "idempotencyKey": "k"})
    assert answer.data["cancelBooking"]["refund"]["amount"] == quote["refund"]


async def test_nobody_gets_a_quote_of_somebody_elses_booking() -> None:
    buyer = await make_buyer()
    paid = await pay(buyer, await hold(buyer, await make_concert(), 0))
    other = await pay(buyer, await hold(buyer, await make_concert(), 0))
    ticket = (await booking.tickets_of([booking.BookingKey.of(other)])).popitem()[1][0]
    foreign = write_id("Ticket", ticket.concert_id, ticket.id)

    for viewer in (await make_buyer(), None):
        assert (await read(_QUOTE, viewer, by={"id": id_of(paid)}))["quoteCancellation"] is None
    nothing = (await read(_QUOTE, buyer, by={"id": "nonsense"}))["quoteCancellation"]
    assert nothing is None
    for ids in ([foreign], ["nonsense"], []):
        assert (await ask(_QUOTE, buyer, by={"id": id_of(paid)}, ticketIds=ids)).errors
