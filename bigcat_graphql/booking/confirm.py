"""Bookings that are paid, or free of charge: their seats BOOKED, their tickets ISSUED."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking import statements
from bigcat_graphql.booking.errors import WrongBookingState
from bigcat_graphql.booking.events import (
    BookingChanged,
    BookingConfirmed,
    Event,
    SeatsChanged,
    tell_within,
)
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.selection import BookingKey
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import BookingStatus, Ticket, TicketStatus

# 144 random bits: nobody guesses a ticket.
_CODE_BYTES = 18


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The new version of a booking, its tickets, and what to tell of it after the commit."""

    version: int
    tickets: tuple[Ticket, ...]
    events: tuple[Event, ...]


@dataclass(slots=True)
class _NewTicket:
    """A ticket before its seat is known, by its place among those of its booking."""

    key: BookingKey
    place: int
    id: UUID = field(default_factory=new_id)
    code: str = field(default_factory=lambda: secrets.token_urlsafe(_CODE_BYTES))

    def of(self, seat: Record) -> Ticket:
        """Show it as it was written for a seat."""
        return Ticket(
            id=self.id,
            concert_id=self.key.concert_id,
            booking_id=self.key.booking_id,
            seat_index=seat["index"],
            status=TicketStatus.ISSUED,
            code=self.code,
            price_minor=seat["price_minor"],
            currency=seat["currency"],
            issued_at=seat["issued_at"],
        )


async def confirm_bookings(seat_counts: Mapping[BookingKey, int]) -> dict[BookingKey, Confirmed]:
    """Confirm PENDING bookings inside the caller's transaction, which holds their rows.

    Ownership decides, not the clock: a booking whose time is over is confirmed if neither a
    taker nor the sweeper has come by since. A part of the seats is never confirmed.

    Args:
        seat_counts: How many seats each booking needs.

    Returns:
        Those that could be confirmed; nothing was changed of the others.
    """
    if not seat_counts:
        return {}
    new = [_NewTicket(key, n) for key, count in seat_counts.items() for n in range(1, count + 1)]
    rows = await database.fetch_all(
        statements.CONFIRM_MANY,
        [key.concert_id for key in seat_counts],
        [key.booking_id for key in seat_counts],
        [ticket.key.booking_id for ticket in new],
        [ticket.place for ticket in new],
        [ticket.id for ticket in new],
        [ticket.code for ticket in new],
    )
    by_booking: dict[UUID, list[Record]] = {}
    for row in rows:
        by_booking.setdefault(row["booking_id"], []).append(row)
    keys = [key for key in seat_counts if key.booking_id in by_booking]
    await tell_within([BookingConfirmed(key.concert_id, key.booking_id) for key in keys])
    issued: dict[BookingKey, list[_NewTicket]] = {}
    for ticket in new:
        issued.setdefault(ticket.key, []).append(ticket)
    return {key: _confirmed(key, by_booking[key.booking_id], issued[key]) for key in keys}


async def confirm_seats(key: BookingKey, seat_count: int) -> list[Event]:
    """Confirm one booking, as `confirm_bookings` does.

    Raises:
        WrongBookingState: it is not PENDING, or has lost a seat.
    """
    confirmed = (await confirm_bookings({key: seat_count})).get(key)
    if confirmed is None:
        raise WrongBookingState(BookingStatus.EXPIRED)
    return list(confirmed.events)


def _confirmed(key: BookingKey, seats: list[Record], issued: list[_NewTicket]) -> Confirmed:
    version = seats[0]["booking_version"]
    changed = BookingChanged(key.concert_id, key.booking_id, version)
    # The statement deals the tickets out in the order of the seats.
    ordered = sorted(seats, key=lambda seat: int(seat["index"]))
    return Confirmed(
        version,
        tuple(ticket.of(seat) for ticket, seat in zip(issued, ordered, strict=True)),
        (SeatsChanged(key.concert_id, changes_of(seats)), changed),
    )
