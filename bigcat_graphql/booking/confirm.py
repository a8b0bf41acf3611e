"""A booking that is paid, or free of charge: its seats BOOKED, its tickets ISSUED."""

import secrets

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking import statements
from bigcat_graphql.booking.errors import WrongBookingState
from bigcat_graphql.booking.events import BookingChanged, Event, SeatsChanged
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.selection import BookingKey
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import BookingStatus

# 144 random bits: nobody guesses a ticket.
_CODE_BYTES = 18


async def confirm_seats(key: BookingKey) -> list[Event]:
    """Confirm a PENDING booking inside the caller's transaction, which holds its row.

    Ownership decides, not the clock: a booking whose time is over is confirmed if neither a
    taker nor the sweeper has come by since. A part of the seats is never confirmed.

    Raises:
        WrongBookingState: it is not PENDING, or has lost a seat.
    """
    seats = await database.fetch_all(statements.CONFIRM_SEATS, key.concert_id, key.booking_id)
    booking = await database.fetch_one(
        statements.CONFIRM_BOOKING, key.concert_id, key.booking_id, len(seats)
    )
    if booking is None:
        # The roll-back that this starts also undoes the seats above.
        raise WrongBookingState(BookingStatus.EXPIRED)
    await _issue_tickets(key, seats, booking["currency"])
    return [
        SeatsChanged(key.concert_id, changes_of(seats)),
        BookingChanged(key.concert_id, key.booking_id, booking["version"]),
    ]


async def _issue_tickets(key: BookingKey, seats: list[Record], currency: str) -> None:
    ordered = sorted(seats, key=lambda seat: int(seat["index"]))
    await database.execute(
        statements.ISSUE_TICKETS,
        key.concert_id,
        key.booking_id,
        [new_id() for _ in ordered],
        [seat["index"] for seat in ordered],
        [secrets.token_urlsafe(_CODE_BYTES) for _ in ordered],
        [seat["price_minor"] for seat in ordered],
        currency,
    )
