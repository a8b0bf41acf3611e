"""cancelBooking: give a booking up, whole or some of its tickets; the seats are free at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import rules, statements
from bigcat_graphql.booking.errors import WrongBookingState
from bigcat_graphql.booking.events import (
    BookingChanged,
    BookingEnded,
    Event,
    SeatsChanged,
    TicketsCancelled,
    tell_within,
)
from bigcat_graphql.booking.freeing import hand_out_freed
from bigcat_graphql.booking.idempotency import Answer, Intent, answer_once
from bigcat_graphql.booking.locking import check_cancellable_now, lock_booking
from bigcat_graphql.booking.lookup import find_booking, get_booking, may_manage
from bigcat_graphql.booking.refunding import Refundable, read_refundable
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.selection import BookingKey, BookingName, GuestReference
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking, BookingEndReason, BookingStatus

_TICKETS_PATH = ("input", "ticketIds")


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The booking as it is now, and the id of what was cancelled of it by this request."""

    booking: Booking
    id: UUID


async def cancel_booking(
    viewer: Viewer | None,
    *,
    name: BookingName,
    ticket_ids: Sequence[UUID] | None,
    idempotency_key: str,
) -> Cancellation:
    """Cancel a PENDING or CONFIRMED booking, or some tickets of a CONFIRMED one.

    Its account may, whoever organizes the concert, and a guest who knows reference and e-mail.
    What goes back of the price is given back by whoever joined `TicketsCancelled`: all of it if an
    organizer cancels, else by the policy that the booking was made under.

    Raises:
        NotFound: there is no such booking for this viewer, or a ticket is not of it.
        WrongBookingState: it is over already, or a payment of it is under way.
        CancellationNotAllowed: a ticket was used, or the concert has begun.
        InvalidInput: the list of tickets is empty, or the booking has none yet.
    """
    booking = await find_booking(viewer, name)
    if booking is None:
        by = "reference" if isinstance(name, GuestReference) else "id"
        raise NotFound(("input", "by", by))
    key = BookingKey.of(booking)
    is_own = viewer is None or booking.account_id == viewer.account_id
    manages = viewer is not None and await may_manage(viewer, key.concert_id)
    reason = BookingEndReason.BUYER if is_own else BookingEndReason.ORGANIZER
    chosen = None if ticket_ids is None else tuple(sorted(set(ticket_ids)))
    cancellation_id = new_id()

    async def work() -> list[Event]:
        locked = await lock_booking(key)
        await check_cancellable_now(key, locked)
        if locked.status_now is BookingStatus.CONFIRMED:
            refundable = await read_refundable(key, in_full=manages)
            return await _cancel_tickets(refundable, chosen, cancellation_id, reason)
        if locked.status_now is not BookingStatus.PENDING:
            raise WrongBookingState(locked.status_now)
        if chosen is not None:
            raise InvalidInput("A booking has tickets once it is confirmed.", _TICKETS_PATH)
        return await _cancel_whole(key, reason)

    account_id = booking.account_id if viewer is None else viewer.account_id
    intent = Intent(account_id, "cancelBooking", idempotency_key, (key, chosen))
    answer = await answer_once(intent, Answer(key, made=cancellation_id), work)
    # None: the key is of an older release, which did not name what went back.
    return Cancellation(await get_booking(answer.booking), answer.made or cancellation_id)


async def end_unpaid(key: BookingKey) -> list[Event]:
    """Take a CONFIRMED booking back that could not be charged, inside the caller's transaction.

    The caller holds its row. Nothing goes back, for nothing was paid; used tickets go as well.
    """
    refundable = await read_refundable(key, in_full=True)
    ids = tuple(ticket.id for ticket in refundable.tickets)
    await database.execute(statements.VOID_TICKETS, key.concert_id, key.booking_id)
    await tell_within([TicketsCancelled(key.concert_id, key.booking_id, new_id(), ids, 0)])
    return await _cancel_whole(key, BookingEndReason.PAYMENT_FAILED)


async def _cancel_tickets(
    refundable: Refundable,
    chosen: tuple[UUID, ...] | None,
    cancellation_id: UUID,
    reason: BookingEndReason,
) -> list[Event]:
    key = refundable.key
    tickets = refundable.choose(chosen, _TICKETS_PATH)
    rules.check_cancellable(
        tickets,
        starts_at=refundable.starts_at,
        now=refundable.now,
        by_organizer=refundable.in_full,
    )
    back = refundable.split(tickets)
    cancelled = await database.fetch_all(
        statements.CANCEL_TICKETS,
        key.concert_id,
        key.booking_id,
        [ticket.id for ticket in tickets],
        [ticket.price_minor - share for ticket, share in zip(tickets, back, strict=True)],
    )
    # Money goes the way of the tickets in this same transaction: both, or neither.
    ids = tuple(ticket.id for ticket in tickets)
    gone = TicketsCancelled(key.concert_id, key.booking_id, cancellation_id, ids, sum(back))
    await tell_within([gone])
    if len(tickets) == len(refundable.tickets):
        return await _cancel_whole(key, reason)
    return await _release_some(key, [row["seat_index"] for row in cancelled])


async def _cancel_whole(key: BookingKey, reason: BookingEndReason) -> list[Event]:
    seats = await database.fetch_all(statements.RELEASE_ALL, key.concert_id, key.booking_id)
    booking = await database.fetch_one(
        statements.CANCEL_BOOKING, key.concert_id, key.booking_id, reason.value
    )
    await tell_within([BookingEnded(key.concert_id, key.booking_id, reason)])
    return [*_events(key, seats, booking), *await hand_out_freed([key.concert_id])]


async def _release_some(key: BookingKey, indexes: list[int]) -> list[Event]:
    seats = await database.fetch_all(
        statements.RELEASE_SOME, key.concert_id, key.booking_id, indexes
    )
    booking = await database.fetch_one(statements.TOUCH_BOOKING, key.concert_id, key.booking_id)
    return [*_events(key, seats, booking), *await hand_out_freed([key.concert_id])]


def _events(key: BookingKey, seats: list[Record], booking: Record | None) -> list[Event]:
    if booking is None:
        raise LookupError(key)
    return [
        SeatsChanged(key.concert_id, changes_of(seats)),
        BookingChanged(key.concert_id, key.booking_id, booking["version"]),
    ]
