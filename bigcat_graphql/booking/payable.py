"""Bookings that somebody wants to pay: locked, read, and shown as they are once confirmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking.lookup import LAPSED_NOW, booking_of
from bigcat_graphql.booking.selection import BookingKey
from bigcat_graphql.models import Booking, BookingStatus

# Bookings' rows, locked in the order of their keys: $1 and $2 have an element a booking. The other
# columns are those that `booking_of` wants.
_LOCK = f"""
SELECT b.*, CASE WHEN {LAPSED_NOW} THEN 'EXPIRED' ELSE b.status END AS status_now,
       NULL::int AS seconds_left, NULL::timestamptz AS extendable_until,
       CASE WHEN c.starts_at > now() THEN c.starts_at END AS cancellable_until, now() AS now
FROM unnest($1::uuid[], $2::uuid[]) AS w (concert_id, id)
JOIN booking b ON b.concert_id = w.concert_id AND b.id = w.id
JOIN concert c ON c.id = b.concert_id
ORDER BY b.concert_id, b.id
FOR NO KEY UPDATE OF b
"""


@dataclass(frozen=True, slots=True)
class Payable:
    """A booking as it is under the lock, at the database's `now`."""

    booking: Booking
    now: datetime

    def as_confirmed(self, version: int) -> Booking:
        """Show it as it is once it is confirmed, so that nobody has to read it again."""
        booking = self.booking
        booking.status = booking.status_now = BookingStatus.CONFIRMED
        booking.version = version
        booking.reserved_until = None
        return booking


async def lock_payable(keys: Sequence[BookingKey]) -> dict[BookingKey, Payable]:
    """Lock bookings inside the caller's transaction; those that do not exist are left out."""
    if not keys:
        return {}
    rows = await database.fetch_all(
        _LOCK, [key.concert_id for key in keys], [key.booking_id for key in keys]
    )
    return {BookingKey(row["concert_id"], row["id"]): _read(row) for row in rows}


def _read(row: Record) -> Payable:
    columns = dict(row)
    now = columns.pop("now")
    return Payable(booking_of(columns), now)
