"""Bookings that are paid, or free of charge: their seats BOOKED, their tickets ISSUED."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    tickets = sum(seat_counts.values())
    ids = [new_id() for _ in range(tickets)]
    codes = [secrets.token_urlsafe(_CODE_BYTES) for _ in range(tickets)]
    rows = await database.fetch_all(
        statements.CONFIRM_MANY,
        [key.concert_id for key in seat_counts],
        [key.booking_id for key in seat_counts],
        ids,
        codes,
    )
    by_booking: dict[UUID, list[Record]] = {}
    for row in sorted(rows, key=_place_of):
        by_booking.setdefault(row["booking_id"], []).append(row)
    keys = [key for key in seat_counts if key.booking_id in by_booking]
    await tell_within([BookingConfirmed(key.concert_id, key.booking_id) for key in keys])
    return {key: _confirmed(key, by_booking[key.booking_id], ids, codes) for key in keys}


async def confirm_seats(key: BookingKey, seat_count: int) -> list[Event]:
    """Confirm one booking, as `confirm_bookings` does.

    Raises:
        WrongBookingState: it is not PENDING, or has lost a seat.
    """
    confirmed = (await confirm_bookings({key: seat_count})).get(key)
    if confirmed is None:
        raise WrongBookingState(BookingStatus.EXPIRED)
    return list(confirmed.events)


def _place_of(row: Record) -> int:
    place: int = row["place"]
    return place


def _confirmed(
    key: BookingKey, seats: list[Record], ids: Sequence[UUID], codes: Sequence[str]
) -> Confirmed:
    version = seats[0]["booking_version"]
    changed = BookingChanged(key.concert_id, key.booking_id, version)
    tickets = (
        # As from a row, which it is by now: an instance made by hand costs thirty times as much.
        Ticket._init_from_db(  # noqa: SLF001 - see `lookup.booking_of`
            id=ids[seat["place"] - 1],
            concert_id=key.concert_id,
            booking_id=key.booking_id,
            seat_index=seat["index"],
            status=TicketStatus.ISSUED,
            code=codes[seat["place"] - 1],
            price_minor=seat["price_minor"],
            currency=seat["currency"],
            issued_at=seat["issued_at"],
            checked_in_at=None,
            cancelled_at=None,
            kept_minor=0,
        )
        for seat in seats
    )
    return Confirmed(
        version, tuple(tickets), (SeatsChanged(key.concert_id, changes_of(seats)), changed)
    )
