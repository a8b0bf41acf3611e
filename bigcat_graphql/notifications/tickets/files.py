"""The files of tickets, made off the event loop: pictures, PDF, calendar entry."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from bigcat_graphql import booking
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.models import Booking, Ticket, TicketStatus
from bigcat_graphql.notifications.tickets.calendar_entry import write_entry
from bigcat_graphql.notifications.tickets.links import TicketFile, TicketName
from bigcat_graphql.notifications.tickets.pdf import print_pdf
from bigcat_graphql.notifications.tickets.qr import draw_png, draw_svg
from bigcat_graphql.notifications.tickets.sheets import Sheaf, read_sheaf
from bigcat_graphql.notifications.tickets.words import find_locale, words_of

T = TypeVar("T")

MEDIA_TYPES = {
    TicketFile.SVG: "image/svg+xml",
    TicketFile.PNG: "image/png",
    TicketFile.PDF: "application/pdf",
    TicketFile.CALENDAR: "text/calendar; charset=utf-8",
}

# One page takes some milliseconds of CPU. One at a time, so that buyers have the other cores.
_press = ThreadPoolExecutor(1, thread_name_prefix="bigcat-tickets")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to attach or to send."""

    name: str
    media_type: str
    content: bytes


async def ticket_files(
    of: Booking, *, locale: str = "en", url: str | None = None
) -> list[Attachment]:
    """Make the files for a mail: one PDF with a page a good ticket, one calendar entry.

    A booking without good tickets has none.
    """
    sheaf = await read_sheaf(of)
    if not sheaf.sheets:
        return []
    language = find_locale(locale)
    pdf = await _print(lambda: print_pdf(sheaf, language))
    entry = await _print(lambda: write_entry(sheaf, language, url=url))
    stem = f"tickets-{sheaf.reference.lower()}"
    return [
        Attachment(f"{stem}.pdf", MEDIA_TYPES[TicketFile.PDF], pdf),
        Attachment(f"{stem}.ics", MEDIA_TYPES[TicketFile.CALENDAR], entry),
    ]


async def qr_png(ticket: Ticket) -> bytes:
    """Draw a ticket's code as PNG, 512 pixels square."""
    code = await booking.code_of(ticket)
    return await _print(lambda: draw_png(code))


async def ticket_file(
    name: TicketName, file: TicketFile, *, locale: str = "en", url: str | None = None
) -> Attachment | None:
    """Make one file of one ticket, whoever asks; None when it is not ISSUED any more."""
    ticket = await Ticket.get_or_none(concert_id=name.concert_id, id=name.ticket_id)
    if ticket is None or ticket.status is not TicketStatus.ISSUED:
        return None
    made = await booking.get_booking(BookingKey(ticket.concert_id, ticket.booking_id))
    sheaf = (await read_sheaf(made)).only(ticket.id)
    if not sheaf.sheets:
        return None
    content = await _print(lambda: _make(sheaf, file, locale, url))
    stem, _, suffix = file.value.partition(".")
    shown = f"{stem}-{sheaf.reference.lower()}.{suffix}"
    return Attachment(shown, MEDIA_TYPES[file], content)


def _make(sheaf: Sheaf, file: TicketFile, locale: str, url: str | None) -> bytes:
    language = find_locale(locale)
    code = sheaf.sheets[0].code
    if file is TicketFile.PDF:
        return print_pdf(sheaf, language)
    if file is TicketFile.CALENDAR:
        return write_entry(sheaf, language, url=url)
    if file is TicketFile.PNG:
        return draw_png(code)
    return draw_svg(code, title=words_of(language).picture)


async def _print(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_press, work)
