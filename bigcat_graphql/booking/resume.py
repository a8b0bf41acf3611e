"""A payment that may come late: its booking is confirmed, or takes its seats back if it can."""

from collections.abc import Sequence
from dataclasses import dataclass

from bigcat_graphql import database
from bigcat_graphql.booking import statements
from bigcat_graphql.booking.confirm import confirm_bookings
from bigcat_graphql.booking.events import (
    BookingChanged,
    BookingEnded,
    Event,
    SeatsChanged,
    tell_within,
)
from bigcat_graphql.booking.freeing import hand_out_freed
from bigcat_graphql.booking.locking import LockedBooking, lock_booking
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.booking.sales import read_sales
from bigcat_graphql.booking.selection import BookingKey
from bigcat_graphql.models import Booking, BookingEndReason, BookingStatus, ConcertStatus

_STILL_TO_COME = {
    ConcertStatus.PUBLISHED,
    ConcertStatus.ON_SALE,
    ConcertStatus.PAUSED,
    ConcertStatus.CLOSED,
}


@dataclass(frozen=True, slots=True)
class PaidSeats:
    """The seats that a payment is for, and what each cost when the payment was begun."""

    indexes: Sequence[int]
    prices_minor: Sequence[int]


@dataclass(frozen=True, slots=True)
class Held:
    """A booking and its account, both locked until the caller's transaction ends."""

    key: BookingKey
    booking: LockedBooking
    sale: Sale

    @property
    def other_tickets(self) -> int:
        """How many seats its account holds besides; its own counted unless their time was over."""
        until = self.booking.reserved_until
        own = self.booking.seat_count if until and until > self.sale.now else 0
        return self.sale.tickets_held - own


async def hold_booking(key: BookingKey) -> Held:
    """Lock a booking after its account, as the order of the locks is.

    What the account holds cannot change then, and a late payment may give it more.
    """
    account_id = (await Booking.get(concert_id=key.concert_id, id=key.booking_id)).account_id
    sales = await read_sales([(key.concert_id, account_id)])
    return Held(key, await lock_booking(key), sales.of(key.concert_id, account_id))


async def serve_payment(held: Held, paid: PaidSeats) -> list[Event]:
    """Confirm the booking that a payment is for.

    One whose time is over gets its seats if they are its own still, or if all of them are free;
    and if its account may have them, for in the meantime it may have bought others.

    Returns:
        What to tell, or nothing: it was given up, or its seats are lost. Nothing was changed then.
    """
    is_late = held.booking.status_now is BookingStatus.EXPIRED
    # In its time when it was locked, it may be over that a moment later.
    return (not is_late and await _confirm(held)) or (
        await _confirm(held) if await _resume(held, paid) else []
    )


async def _confirm(held: Held) -> list[Event]:
    confirmed = (await confirm_bookings({held.key: held.booking.seat_count})).get(held.key)
    return list(confirmed.events) if confirmed else []


async def lose_seats(key: BookingKey) -> list[Event]:
    """Say of a booking whose time is over that its payment came too late; the caller holds it."""
    seats = await database.fetch_all(statements.RELEASE_ALL, key.concert_id, key.booking_id)
    lost = await database.fetch_one(statements.LOSE_BOOKING, key.concert_id, key.booking_id)
    if lost is None:
        raise LookupError(key)
    ended = BookingEnded(key.concert_id, key.booking_id, BookingEndReason.SEATS_LOST)
    await tell_within([ended])
    changed = BookingChanged(key.concert_id, key.booking_id, lost["version"])
    if not seats:
        return [changed]
    freed = SeatsChanged(key.concert_id, changes_of(seats))
    return [freed, changed, *await hand_out_freed([key.concert_id])]


async def _resume(held: Held, paid: PaidSeats) -> bool:
    """Make it PENDING again for the moment that confirming takes."""
    key, sale = held.key, held.sale
    if held.other_tickets + held.booking.seat_count > sale.ticket_limit:
        return False
    if sale.status not in _STILL_TO_COME:
        return False
    seats = await database.fetch_all(
        statements.RESUME, key.concert_id, key.booking_id, paid.indexes, paid.prices_minor
    )
    return bool(seats)
