"""From a paid booking to the door, over HTTP alone."""

from io import BytesIO
from urllib.parse import urlsplit

import httpx
from icalendar import Calendar
from pypdf import PdfReader

from bigcat_graphql.cli.demo import ORGANIZER, PASSWORD
from tests.journeys.serving import Server
from tests.journeys.test_buying import BOOK, OPENING_NIGHT, PAY, paying
from tests.journeys.visitor import Visitor
from tests.notifications.tickets.pictures import read_codes

_TICKETS = """
query ($id: ID!) {
  booking(by: {id: $id}) {
    status
    tickets {
      status code checkedInAt pdfUrl calendarUrl
      svg: qrCode  png: qrCode(format: PNG)
    }
  }
}
"""
_SIGN_IN = """
mutation ($input: SignInInput!) {
  signIn(input: $input) { session { accessToken } errors { ... on UserError { code } } }
}
"""
_CHECK_IN = """
mutation ($input: CheckInTicketInput!) {
  checkInTicket(input: $input) {
    ticket { status checkedInAt }
    errors { ... on UserError { code } ... on TicketNotAdmittedError { checkedInAt } }
  }
}
"""
_KINDS = {
    "pdfUrl": "application/pdf",
    "calendarUrl": "text/calendar; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}


async def test_a_ticket_is_bought_shown_printed_and_let_in_once(
    demo: Server, visitor: Visitor
) -> None:
    concert_id = (await visitor.ask(OPENING_NIGHT))["concert"]["id"]
    await visitor.come_in("tickets@example.org")
    chosen = {"bestAvailable": {"quantity": 2}}
    booked = await visitor.change(
        BOOK, concertId=concert_id, selection=chosen, idempotencyKey="{{uuid}}"
    )
    await visitor.change(PAY, **paying(booked["booking"]["id"], "approve"))
    found = (await visitor.ask(_TICKETS, id=booked["booking"]["id"]))["booking"]
    ticket = found["tickets"][0]
    # Links are for people who are not signed in where they open them.
    async with httpx.AsyncClient(timeout=60) as stranger:
        files = {name: await stranger.get(ticket[name]) for name in _KINDS}
        forged = await stranger.get(ticket["pdfUrl"].replace("/ticket.pdf", "/evening.ics"))

    for name, kind in _KINDS.items():
        assert (files[name].status_code, files[name].headers["content-type"]) == (200, kind)
        assert urlsplit(ticket[name]).netloc == urlsplit(demo.address).netloc
    assert forged.status_code == 404
    assert read_codes(files["png"].content) == [ticket["code"]]
    assert len(PdfReader(BytesIO(files["pdfUrl"].content)).pages) == 1
    assert len(Calendar.from_ical(files["calendarUrl"].content).walk("VEVENT")) == 1

    async with Visitor(demo) as organizer:
        await organizer.change(_SIGN_IN, email=ORGANIZER.email, password=PASSWORD)
        scan = {"concertId": concert_id, "code": ticket["code"]}
        let_in = (await organizer.change(_CHECK_IN, **scan))["ticket"]
        again = await organizer.fail_to_change(_CHECK_IN, **scan)
    assert let_in["status"] == "CHECKED_IN"
    assert again == {"code": "ALREADY_CHECKED_IN", "checkedInAt": let_in["checkedInAt"]}

    used, other = (await visitor.ask(_TICKETS, id=booked["booking"]["id"]))["booking"]["tickets"]
    assert (used["status"], used["code"], used["pdfUrl"]) == ("CHECKED_IN", None, None)
    assert other["status"] == "ISSUED"
    async with httpx.AsyncClient(timeout=60) as stranger:
        assert (await stranger.get(ticket["pdfUrl"])).status_code == 404
