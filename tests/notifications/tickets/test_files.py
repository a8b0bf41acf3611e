"""Files of real tickets, made and no longer made."""

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from icalendar import Calendar
from pypdf import PdfReader

from bigcat_graphql import booking, database
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.ticket_codes import read_code
from bigcat_graphql.errors import Busy
from bigcat_graphql.models import Ticket
from bigcat_graphql.notifications import tickets
from bigcat_graphql.notifications.tickets import TicketFile, TicketName, files, write_link
from bigcat_graphql.notifications.tickets.qr import draw_png
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import cancel
from tests.notifications.tickets.conftest import Bought
from tests.notifications.tickets.pictures import read_codes


def _token(ticket: Ticket, file: TicketFile) -> str:
    link = write_link("https://box.test", TicketName(ticket.concert_id, ticket.id), file)
    return urlsplit(link).path.split("/")[2]


async def test_a_booking_has_one_pdf_with_a_page_a_ticket_and_one_entry(bought: Bought) -> None:
    pdf, entry = await tickets.ticket_files(bought.booking)

    pages = PdfReader(BytesIO(pdf.content)).pages
    assert ["seat 1" in page.extract_text() for page in pages] == [True, False]
    assert (pdf.media_type, pdf.name[-4:]) == ("application/pdf", ".pdf")
    assert len(Calendar.from_ical(entry.content).walk("VEVENT")) == 1


async def test_a_cancelled_ticket_is_not_printed(bought: Bought) -> None:
    await database.execute(
        "UPDATE ticket SET status = 'CANCELLED', cancelled_at = now() WHERE seat_index = 0"
    )

    pdf, _ = await tickets.ticket_files(bought.booking)

    assert len(PdfReader(BytesIO(pdf.content)).pages) == 1


async def test_a_booking_without_good_tickets_has_no_files(bought: Bought) -> None:
    await cancel(bought.buyer, bought.booking)

    assert await tickets.ticket_files(bought.booking) == []


async def test_the_pictures_show_the_codes_that_open_the_door(bought: Bought) -> None:
    sheaf = await bought.sheaf()
    pictures = [draw_png(sheet.code) for sheet in sheaf.sheets]

    for picture, ticket in zip(pictures, bought.tickets, strict=True):
        (shown,) = read_codes(picture)
        code = read_code(shown)
        assert code is not None
        assert code.ticket_id == ticket.id
        assert shown == await booking.code_of(ticket)


@pytest.mark.parametrize(
    ("file", "begins"),
    [
        (TicketFile.PDF, b"%PDF-"),
        (TicketFile.PNG, b"\x89PNG"),
        (TicketFile.SVG, b"<svg "),
        (TicketFile.CALENDAR, b"BEGIN:VCALENDAR"),
    ],
)
async def test_a_link_opens_its_file(bought: Bought, file: TicketFile, begins: bytes) -> None:
    opened = await tickets.open_link(_token(bought.tickets[0], file), file.value)

    assert opened is not None
    assert opened.content.startswith(begins)


async def test_a_link_opens_one_ticket_of_a_booking_only(bought: Bought) -> None:
    opened = await tickets.open_link(_token(bought.tickets[1], TicketFile.PDF), "ticket.pdf")

    assert opened is not None
    (page,) = PdfReader(BytesIO(opened.content)).pages
    assert "Stalls, row A, seat 2" in page.extract_text()


async def test_a_good_link_to_a_cancelled_ticket_opens_nothing(bought: Bought) -> None:
    token = _token(bought.tickets[0], TicketFile.PDF)
    await cancel(bought.buyer, bought.booking)

    assert await tickets.open_link(token, "ticket.pdf") is None


@pytest.mark.parametrize("name", ["", "other.pdf", "code.svg", "../ticket.pdf"])
async def test_a_link_opens_nothing_under_another_name(bought: Bought, name: str) -> None:
    assert await tickets.open_link(_token(bought.tickets[0], TicketFile.PDF), name) is None


async def test_a_link_to_a_ticket_that_is_none_opens_nothing(bought: Bought) -> None:
    ticket = bought.tickets[0]
    ticket.id = bought.booking.id

    assert await tickets.open_link(_token(ticket, TicketFile.PDF), "ticket.pdf") is None


async def test_germans_get_german_tickets(bought: Bought) -> None:
    with override_settings(locale="de"):
        pdf, _ = await tickets.ticket_files(bought.booking)

    assert "Bitte am Eingang vorzeigen" in PdfReader(BytesIO(pdf.content)).pages[0].extract_text()


async def test_a_long_queue_at_the_press_is_told(
    bought: Bought, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_MOST_WAITING", 0)

    with pytest.raises(Busy):
        await tickets.ticket_files(bought.booking)


async def test_the_sheets_of_a_booking_are_read_whoever_asks(bought: Bought) -> None:
    sheaf = await bought.sheaf()
    made = await booking.get_booking(BookingKey.of(bought.booking))

    assert [sheet.seat for sheet in sheaf.sheets] == [
        "Stalls, row A, seat 1",
        "Stalls, row A, seat 2",
    ]
    assert sheaf.booking_id == made.id
    assert sheaf.holder == "Ada"
