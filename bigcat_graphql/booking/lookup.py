"""Reading bookings, their seats and their tickets, for those who may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.accounts.credentials import fold_email, read_email
from bigcat_graphql.booking.selection import BookingKey, BookingName, GuestReference
from bigcat_graphql.booking.statements import FREE
from bigcat_graphql.catalogue import is_organizer
from bigcat_graphql.errors import InvalidArgument, InvalidInput
from bigcat_graphql.ids import read_reference
from bigcat_graphql.models import AccountRole, Booking, BookingStatus, SeatStatus, Ticket
from bigcat_graphql.settings import get_settings

# What the database's clock makes of a PENDING booking: the sweeper may not have written it yet.
PENDING_NOW = "(b.status = 'PENDING' AND b.reserved_until > now())"
LAPSED_NOW = "(b.status = 'PENDING' AND b.reserved_until <= now())"

# A booking as it is now; $1 is how long it can be kept in all, in seconds.
SELECT_BOOKING = f"""
SELECT b.*,
       CASE WHEN {LAPSED_NOW} THEN 'EXPIRED' ELSE b.status END AS status_now,
       CASE WHEN {PENDING_NOW}
            THEN ceil(extract(epoch FROM b.reserved_until - now()))::int END AS seconds_left,
       CASE WHEN {PENDING_NOW}
            THEN b.created_at + make_interval(secs => $1) END AS extendable_until,
       CASE WHEN {PENDING_NOW} THEN b.reserved_until
            WHEN b.status = 'CONFIRMED' AND c.starts_at > now() THEN c.starts_at
            END AS cancellable_until
FROM booking b JOIN concert c ON c.id = b.concert_id
"""

_BY_KEY = SELECT_BOOKING + "WHERE b.concert_id = $2 AND b.id = $3"

_BY_REFERENCE = (
    SELECT_BOOKING
    + """
JOIN account a ON a.id = b.account_id
WHERE b.reference = $2 AND a.email_folded = $3
"""
)

# The state that viewers see: a reservation whose time is over counts as free.
_SHOWN = f"CASE WHEN {FREE} THEN 'A' ELSE s.status END"

_SEATS_AT = f"""
SELECT s.index, s.tier_code, {_SHOWN} AS status
FROM seat s WHERE s.concert_id = $1 AND s.index = ANY($2::int[])
"""

_SEATS_OF = f"""
SELECT s.concert_id, s.booking_id, s.index, s.tier_code, s.status
FROM seat s
JOIN unnest($1::uuid[], $2::uuid[]) AS k (concert_id, booking_id)
  ON s.concert_id = k.concert_id AND s.booking_id = k.booking_id
WHERE NOT {FREE}
ORDER BY s.index
"""

# The column is a 4-byte integer.
_INDEX_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class SeatState:
    """A seat as viewers see it now."""

    concert_id: UUID
    index: int
    tier_code: str
    status: SeatStatus


async def find_booking(viewer: Viewer | None, name: BookingName) -> Booking | None:
    """Find a booking; None when there is none, or the viewer may not see it.

    By key it is shown to its account, the concert's organizers and admins; by reference to
    anybody who also knows the e-mail it was booked with.
    """
    if isinstance(name, GuestReference):
        return await _find_by_reference(name)
    if viewer is None:
        return None
    booking = await _read_booking(name)
    return booking if booking and await may_see(viewer, booking) else None


async def may_see(viewer: Viewer, booking: Booking) -> bool:
    """Say whether a viewer owns a booking, organizes its concert, or is an admin."""
    return booking.account_id == viewer.account_id or await may_manage(viewer, booking.concert_id)


async def may_manage(viewer: Viewer, concert_id: UUID) -> bool:
    """Say whether a viewer organizes a concert, or is an admin."""
    return viewer.may(AccountRole.ADMIN) or await is_organizer(viewer.account_id, concert_id)


async def get_booking(key: BookingKey) -> Booking:
    """Read a booking that exists, whoever asks."""
    booking = await _read_booking(key)
    if booking is None:
        raise LookupError(key)
    return booking


async def seats_at(concert_id: UUID, indexes: Sequence[int]) -> list[SeatState]:
    """Read seats of a concert by index, in the order asked.

    Raises:
        InvalidArgument: the concert has no such seat.
    """
    asked = [index for index in indexes if 0 <= index <= _INDEX_MAX]
    rows = await database.fetch_all(_SEATS_AT, concert_id, asked)
    found = {row["index"]: _seat_state(concert_id, row) for row in rows}
    unknown = sorted(set(indexes) - found.keys())
    if unknown:
        raise InvalidArgument("indexes", f"the concert has no seat {unknown[0]}")
    return [found[index] for index in indexes]


async def seats_of(keys: Sequence[BookingKey]) -> dict[BookingKey, list[SeatState]]:
    """Read the seats of bookings; one that is over has none."""
    found: dict[BookingKey, list[SeatState]] = {key: [] for key in keys}
    concerts, bookings = _columns(keys)
    for row in await database.fetch_all(_SEATS_OF, concerts, bookings):
        key = BookingKey(row["concert_id"], row["booking_id"])
        found[key].append(_seat_state(row["concert_id"], row))
    return found


async def tickets_of(keys: Sequence[BookingKey]) -> dict[BookingKey, list[Ticket]]:
    """Read the tickets of bookings, cancelled ones too, in seat order."""
    found: dict[BookingKey, list[Ticket]] = {key: [] for key in keys}
    concerts, bookings = _columns(keys)
    tickets = Ticket.filter(concert_id__in=set(concerts), booking_id__in=bookings)
    for ticket in await tickets.order_by("seat_index", "id"):
        found[BookingKey(ticket.concert_id, ticket.booking_id)].append(ticket)
    return found


async def find_ticket(viewer: Viewer | None, concert_id: UUID, ticket_id: UUID) -> Ticket | None:
    """Find a ticket of a booking that the viewer may see."""
    ticket = await Ticket.get_or_none(concert_id=concert_id, id=ticket_id)
    if ticket is None:
        return None
    booking = await find_booking(viewer, BookingKey(concert_id, ticket.booking_id))
    return ticket if booking else None


def booking_of(row: Record | Mapping[str, Any]) -> Booking:
    """Make a booking of a row of `SELECT_BOOKING`."""
    booking = database.read_instance(Booking, row)
    booking.status_now = BookingStatus(row["status_now"])
    booking.seconds_left = row["seconds_left"]
    booking.extendable_until = row["extendable_until"]
    booking.cancellable_until = row["cancellable_until"]
    if booking.status_now is not BookingStatus.PENDING:
        booking.reserved_until = None
    return booking


def kept_seconds() -> float:
    """Say how long a PENDING booking can be kept in all, the first parameter of its SELECT."""
    return float(get_settings().reservation_max_seconds)


async def _read_booking(key: BookingKey) -> Booking | None:
    row = await database.fetch_one(_BY_KEY, kept_seconds(), key.concert_id, key.booking_id)
    return booking_of(row) if row else None


async def _find_by_reference(name: GuestReference) -> Booking | None:
    reference = read_reference(name.reference)
    if not reference.isascii():
        return None
    try:
        email = fold_email(read_email(name.email))
    except InvalidInput:  # nobody's account has it
        return None
    row = await database.fetch_one(_BY_REFERENCE, kept_seconds(), reference, email)
    return booking_of(row) if row else None


def _seat_state(concert_id: UUID, row: Record) -> SeatState:
    return SeatState(concert_id, row["index"], row["tier_code"], SeatStatus(row["status"]))


def _columns(keys: Sequence[BookingKey]) -> tuple[list[UUID], list[UUID]]:
    return [key.concert_id for key in keys], [key.booking_id for key in keys]
