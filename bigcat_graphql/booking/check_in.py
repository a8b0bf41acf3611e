"""checkInTicket: let a ticket in at the door, once."""

from typing import NoReturn
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import statements
from bigcat_graphql.booking.errors import TicketNotAdmitted
from bigcat_graphql.booking.events import BookingChanged, tell
from bigcat_graphql.booking.lookup import may_manage
from bigcat_graphql.booking.ticket_codes import TicketCode, digest_secret, read_code
from bigcat_graphql.booking.ticket_keys import find_public_key
from bigcat_graphql.errors import NotFound
from bigcat_graphql.models import Ticket

# Of any number of scans at once one finds it ISSUED, and says when.
_CHECK_IN = """
UPDATE ticket SET status = 'CHECKED_IN', checked_in_at = now()
WHERE concert_id = $1 AND id = $2 AND status = 'ISSUED'
RETURNING id
"""


async def check_in_ticket(viewer: Viewer, *, concert_id: UUID, code: str) -> Ticket:
    """Admit a ticket of a concert that the viewer organizes; admins may at every door.

    Raises:
        NotFound: the viewer has no such concert, or the code is of no ticket of it.
        TicketNotAdmitted: it was let in before, or is cancelled.
    """
    if not await may_manage(viewer, concert_id):
        raise NotFound(("input", "concertId"))
    ticket = await find_signed_ticket(concert_id, code)
    if ticket is None:
        raise NotFound(("input", "code"))

    async def work() -> BookingChanged:
        # The booking's row first, as everywhere: a cancellation that is under way ends before.
        booking = await database.fetch_one(statements.TOUCH_BOOKING, concert_id, ticket.booking_id)
        admitted = await database.fetch_one(_CHECK_IN, concert_id, ticket.id)
        if admitted is None or booking is None:
            await _refuse(ticket)
        return BookingChanged(concert_id, ticket.booking_id, booking["version"])

    tell([await database.run_transaction(work)])
    return await _read(ticket)


async def door_list(concert_id: UUID) -> list[Ticket]:
    """List a concert's tickets in seat order, cancelled ones too: what a code does not say."""
    return await Ticket.filter(concert_id=concert_id).order_by("seat_index", "issued_at", "id")


async def find_signed_ticket(concert_id: UUID, text: str) -> Ticket | None:
    """Find the ticket of a concert that a code is of, whatever became of it; None for a forgery."""
    code = read_code(text)
    if code is None or not await _is_genuine(code, concert_id):
        return None
    ticket = await Ticket.get_or_none(concert_id=concert_id, id=code.ticket_id)
    # The secret is a second lock: a stolen signing key alone opens no door that asks here.
    if ticket is None or digest_secret(ticket.code) != code.secret_digest:
        return None
    return ticket


async def _is_genuine(code: TicketCode, concert_id: UUID) -> bool:
    key = await find_public_key(code)
    return key is not None and code.is_signed(key, concert_id)


async def _refuse(ticket: Ticket) -> NoReturn:
    now = await _read(ticket)
    raise TicketNotAdmitted(now.status, now.checked_in_at)


async def _read(ticket: Ticket) -> Ticket:
    return await Ticket.get(concert_id=ticket.concert_id, id=ticket.id)
