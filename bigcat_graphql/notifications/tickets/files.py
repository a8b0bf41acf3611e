"""The files of tickets, made off the event loop: pictures, PDF, calendar entry."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from babel import Locale

from bigcat_graphql import booking
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.errors import Busy
from bigcat_graphql.models import Booking, Ticket
from bigcat_graphql.notifications.locales import locale_for
from bigcat_graphql.notifications.tickets.calendar_entry import write_entry
from bigcat_graphql.notifications.tickets.links import TicketFile, TicketName, read_link
from bigcat_graphql.notifications.tickets.pdf import print_pdf
from bigcat_graphql.notifications.tickets.qr import draw_png, draw_svg
from bigcat_graphql.notifications.tickets.sheets import Sheaf, read_sheaf
from bigcat_graphql.notifications.tickets.words import find_locale, words_of

T = TypeVar("T")

_CALENDAR = "text/calendar; charset=utf-8"
_MEDIA_TYPES = {
    TicketFile.SVG: "image/svg+xml",
    TicketFile.PNG: "image/png",
    TicketFile.PDF: "application/pdf",
    TicketFile.CALENDAR: _CALENDAR,
}

# A page takes some 15 ms of CPU. One at a time, so that buyers have the other cores; of more than
# these that wait, each would wait for longer than people do.
_press = ThreadPoolExecutor(1, thread_name_prefix="bigcat-tickets")
_MOST_WAITING = 200
_waiting = 0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to attach or to send."""

    name: str
    media_type: str
    content: bytes


async def ticket_files(of: Booking, *, locale: str | None = None) -> list[Attachment]:
    """Make the files for a mail: one PDF with a page a good ticket, one calendar entry.

    A booking without good tickets has none. Without a locale it is the holder's, else the venue's.

    Raises:
        Busy: too many are being made.
    """
    sheaf = await read_sheaf(of)
    if not sheaf.sheets:
        return []
    return await _print(make_files, sheaf, _locale_of(sheaf, locale))


def make_files(sheaf: Sheaf, language: Locale) -> list[Attachment]:
    """Make the files for a mail; it takes some milliseconds of CPU, so not on the event loop."""
    stem = f"tickets-{sheaf.reference.lower()}"
    return [
        Attachment(f"{stem}.pdf", "application/pdf", print_pdf(sheaf, language)),
        Attachment(f"{stem}.ics", _CALENDAR, write_entry(sheaf, language)),
    ]


async def open_link(token: str, file_name: str) -> Attachment | None:
    """Make the file that a link is for; None when it is not ours, over, or not good any more.

    Raises:
        Busy: too many are being made.
    """
    file = next((file for file in TicketFile if file.value == file_name), None)
    name = read_link(token, file) if file else None
    if file is None or name is None:
        return None
    sheaf = await _read_single(name)
    if sheaf is None:
        return None
    content = await _print(_make, file, sheaf)
    shown = file.value.replace(".", f"-{sheaf.reference.lower()}.")
    return Attachment(shown, _MEDIA_TYPES[file], content)


async def _read_single(name: TicketName) -> Sheaf | None:
    ticket = await Ticket.get_or_none(concert_id=name.concert_id, id=name.ticket_id)
    if ticket is None:
        return None
    made = await booking.get_booking(BookingKey(ticket.concert_id, ticket.booking_id))
    sheaf = (await read_sheaf(made)).only(ticket.id)
    # A sheaf has good tickets only.
    return sheaf if sheaf.sheets else None


def _make(file: TicketFile, sheaf: Sheaf) -> bytes:
    locale, code = _locale_of(sheaf, None), sheaf.sheets[0].code
    if file is TicketFile.PDF:
        return print_pdf(sheaf, locale)
    if file is TicketFile.CALENDAR:
        return write_entry(sheaf, locale)
    if file is TicketFile.PNG:
        return draw_png(code)
    return draw_svg(code, title=words_of(locale).picture)


def _locale_of(sheaf: Sheaf, wanted: str | None) -> Locale:
    return find_locale(wanted) if wanted else locale_for(sheaf.evening.country, sheaf.locale)


async def _print(work: Callable[..., T], *of: object) -> T:
    global _waiting  # noqa: PLW0603 - one press, one queue in front of it
    if _waiting >= _MOST_WAITING:
        raise Busy(retry_after_seconds=2)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_press, work, *of)
    finally:
        _waiting -= 1
