"""Bookings that are paid, or free of charge: their seats BOOKED, their tickets ISSUED."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
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

# Bookings whose rows the caller holds become CONFIRMED, their seats BOOKED, their tickets ISSUED:
# each that is PENDING, in its time, and owns all the seats it needs. The time is that of this
# statement, for locks were waited for before it: what lapsed meanwhile is not counted any more
# among what its account has. $1 and $2 have an element a booking (concert, id), $3 and $4 one a
# ticket (id, code), dealt out in the order of the seats. Others get no row back.
_CONFIRM = """
WITH wish AS (
  SELECT b.concert_id, b.id, b.version, b.seat_count, b.currency
  FROM unnest($1::uuid[], $2::uuid[]) AS w (concert_id, id)
  JOIN booking b ON b.concert_id = w.concert_id AND b.id = w.id
  -- As PENDING ones have, and RESERVED seats below, and no others. Said by their status, or
  -- plainly, the indexes on those would be tempting, and be read whole for each.
  WHERE coalesce(b.reserved_until, '-infinity') > statement_timestamp()
), own AS (
  SELECT s.concert_id, s.index, s.booking_id, s.price_minor,
         wish.version AS booking_version, wish.seat_count, wish.currency
  FROM wish JOIN seat s ON s.concert_id = wish.concert_id AND s.booking_id = wish.id
  WHERE s.reserved_until IS NOT NULL
  ORDER BY s.concert_id, s.index
  FOR NO KEY UPDATE OF s
), whole AS (
  SELECT counted.*, row_number() OVER (ORDER BY concert_id, index) AS place
  FROM (SELECT own.*, count(*) OVER (PARTITION BY booking_id) AS owned FROM own) counted
  WHERE owned = seat_count
), confirmed AS (
  UPDATE booking b SET status = 'CONFIRMED', reserved_until = NULL, version = b.version + 1
  FROM (SELECT DISTINCT concert_id, booking_id FROM whole) done
  WHERE b.concert_id = done.concert_id AND b.id = done.booking_id
), issued AS (
  INSERT INTO ticket (id, concert_id, booking_id, seat_index, status, code, price_minor, currency,
                      issued_at)
  SELECT ($3::uuid[])[place], concert_id, booking_id, index, 'ISSUED', ($4::text[])[place],
         price_minor, currency, now()
  FROM whole
)
-- Not joined with `confirmed`: PostgreSQL thinks of one row there, and would go through all of them
-- for each seat. The booking's version is known, since the caller holds its row.
UPDATE seat s SET status = 'B', reserved_until = NULL, version = s.version + 1
FROM whole
WHERE s.concert_id = whole.concert_id AND s.index = whole.index
RETURNING whole.booking_id, whole.booking_version + 1 AS booking_version, whole.currency,
          whole.place, now() AS issued_at,
          s.index, s.status, s.version, s.reserved_until, s.price_minor
"""

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

    One whose time is over is not, for its account may have taken others since; a late payment
    takes its seats back first, see `resume`. A part of the seats is never confirmed.

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
        _CONFIRM,
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
        WrongBookingState: it is not PENDING, its time is over, or it has lost a seat.
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
        database.make_written(
            Ticket,
            id=ids[seat["place"] - 1],
            concert_id=key.concert_id,
            booking_id=key.booking_id,
            seat_index=seat["index"],
            status=TicketStatus.ISSUED,
            code=codes[seat["place"] - 1],
            price_minor=seat["price_minor"],
            currency=seat["currency"],
            issued_at=seat["issued_at"],
        )
        for seat in seats
    )
    return Confirmed(
        version, tuple(tickets), (SeatsChanged(key.concert_id, changes_of(seats)), changed)
    )
