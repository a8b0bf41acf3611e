"""Ticket.code, qrCode, pdfUrl, calendarUrl and checkInTicket: to whom, and until when."""

from typing import Any

import pytest

from bigcat_graphql import booking
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, ticket_keys
from bigcat_graphql.ids import print_reference
from bigcat_graphql.models import Account, Booking, Concert
from bigcat_graphql.notifications import tickets
from bigcat_graphql.schema.context import Context
from bigcat_graphql.schema.ids import write_id
from tests.booking.verbs import book, cancel
from tests.resolvers.asking import ask, ask_within, read
from tests.scenes import make_buyer, make_concert, make_organizer

pytestmark = pytest.mark.usefixtures("database")

_TICKETS = """
tickets {
  id status code checkedInAt pdfUrl calendarUrl
  svg: qrCode  png: qrCode(format: PNG)
}
"""
_BOOKING = f"query ($by: BookingBy!) {{ booking(by: $by) {{ {_TICKETS} }} }}"
_CHECK_IN = """
mutation ($input: CheckInTicketInput!) {
  checkInTicket(input: $input) {
    ticket { id status code checkedInAt pdfUrl svg: qrCode seat { label } }
    errors {
      __typename
      ... on UserError { message code path }
      ... on TicketNotAdmittedError { ticketStatus checkedInAt }
    }
  }
}
"""
_LINKS = ("svg", "png", "pdfUrl", "calendarUrl")


@pytest.fixture(autouse=True)
def no_keys_of_before() -> None:
    ticket_keys.forget_keys()


@pytest.fixture
async def concert(database: object) -> Concert:
    del database
    return await make_concert(price_minor=0)


@pytest.fixture
async def buyer(concert: Concert) -> Viewer:
    del concert
    return await make_buyer()


@pytest.fixture
async def made(concert: Concert, buyer: Viewer) -> Booking:
    return await book(buyer, concert, 0)


async def _ticket(made: Booking, viewer: Viewer | None) -> Any:
    by = {"id": write_id("Booking", made.concert_id, made.id)}
    return (await read(_BOOKING, viewer, by=by))["booking"]["tickets"][0]


async def _check_in(viewer: Viewer, concert: Concert, code: str) -> dict[str, Any]:
    given = {"concertId": write_id("Concert", concert.id), "code": code}
    payload = (await read(_CHECK_IN, viewer, input=given))["checkInTicket"]
    assert (payload["ticket"] is None) == bool(payload["errors"])
    return dict(payload)


async def test_its_owner_has_the_code_and_links_that_open(made: Booking, buyer: Viewer) -> None:
    ticket = await _ticket(made, buyer)

    assert len(ticket["code"]) == 152
    for link in _LINKS:
        scheme, _, host, t, token, file = ticket[link].split("/")
        assert (scheme, host, t) == ("http:", "127.0.0.1:8000", "t")
        assert await tickets.open_link(token, file) is not None


async def test_links_lead_to_where_the_server_was_reached(made: Booking, buyer: Viewer) -> None:
    context = Context(viewer=buyer, base_url="https://tickets.example")
    by = {"id": write_id("Booking", made.concert_id, made.id)}

    answer = await ask_within(context, _BOOKING, by=by)

    link = answer.data["booking"]["tickets"][0]["pdfUrl"]
    assert link.startswith("https://tickets.example/t/")


async def test_a_guest_with_the_reference_has_them_too(made: Booking, buyer: Viewer) -> None:
    account = await Account.get(id=buyer.account_id)
    reference = {"reference": print_reference(made.reference), "email": account.email}

    found = await read(_BOOKING, None, by={"reference": reference})

    assert found["booking"]["tickets"][0] | dict.fromkeys(_LINKS) == (
        await _ticket(made, buyer)
    ) | dict.fromkeys(_LINKS)
    assert found["booking"]["tickets"][0]["pdfUrl"]


async def test_an_organizer_has_neither_code_nor_links(made: Booking, concert: Concert) -> None:
    ticket = await _ticket(made, await make_organizer(concert))

    assert [ticket[field] for field in ("code", *_LINKS)] == [None] * 5


async def test_a_cancelled_ticket_has_neither(made: Booking, buyer: Viewer) -> None:
    await cancel(buyer, made)

    ticket = await _ticket(made, buyer)

    assert ticket["status"] == "CANCELLED"
    assert [ticket[field] for field in ("code", *_LINKS)] == [None] * 5


async def test_the_door_lets_a_ticket_in_and_its_owner_sees_when(
    made: Booking, buyer: Viewer, concert: Concert
) -> None:
    code = (await _ticket(made, buyer))["code"]
    before = (await booking.get_booking(BookingKey.of(made))).version

    payload = await _check_in(await make_organizer(concert), concert, code)

    shown = payload["ticket"]
    assert (shown["status"], shown["seat"]["label"]) == ("CHECKED_IN", "Stalls, row A, seat 1")
    assert (shown["code"], shown["pdfUrl"], shown["svg"]) == (None, None, None)
    own = await _ticket(made, buyer)
    assert own["checkedInAt"] == shown["checkedInAt"] is not None
    assert own["code"] is None
    assert (await booking.get_booking(BookingKey.of(made))).version == before + 1


async def test_a_second_scan_is_told_when_the_first_was(
    made: Booking, buyer: Viewer, concert: Concert
) -> None:
    code, organizer = (await _ticket(made, buyer))["code"], await make_organizer(concert)
    first = await _check_in(organizer, concert, code)

    (error,) = (await _check_in(organizer, concert, code))["errors"]

    assert error == {
        "__typename": "TicketNotAdmittedError",
        "message": "This ticket was let in before.",
        "code": "ALREADY_CHECKED_IN",
        "path": ["input", "code"],
        "ticketStatus": "CHECKED_IN",
        "checkedInAt": first["ticket"]["checkedInAt"],
    }


async def test_a_cancelled_ticket_is_told_of_at_the_door(
    made: Booking, buyer: Viewer, concert: Concert
) -> None:
    code = (await _ticket(made, buyer))["code"]
    await cancel(buyer, made)

    (error,) = (await _check_in(await make_organizer(concert), concert, code))["errors"]

    assert (error["code"], error["ticketStatus"]) == ("WRONG_TICKET_STATE", "CANCELLED")
    assert error["checkedInAt"] is None


async def test_what_is_no_ticket_here_is_not_found(concert: Concert, buyer: Viewer) -> None:
    organizer = await make_organizer(concert)

    (error,) = (await _check_in(organizer, concert, "A" * 152))["errors"]
    assert (error["__typename"], error["path"]) == ("NotFoundError", ["input", "code"])
    (error,) = (await _check_in(buyer, concert, "A" * 152))["errors"]
    assert (error["__typename"], error["path"]) == ("NotFoundError", ["input", "concertId"])


async def test_a_door_without_a_concert_is_not_found(buyer: Viewer) -> None:
    given = {"concertId": "nonsense", "code": "x"}

    (error,) = (await read(_CHECK_IN, buyer, input=given))["checkInTicket"]["errors"]

    assert error["path"] == ["input", "concertId"]


async def test_the_door_asks_who_is_there(concert: Concert) -> None:
    given = {"concertId": write_id("Concert", concert.id), "code": "x"}

    answer = await ask(_CHECK_IN, None, input=given)

    assert answer.data == {"checkInTicket": None}
    assert len(answer.errors) == 1
