"""cancelBooking: give a booking up, whole or some of its tickets; the seats are free at once."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import rules, statements
from bigcat_graphql.booking.change import check_not_being_paid, lock_booking
from bigcat_graphql.booking.errors import WrongBookingState
from bigcat_graphql.booking.events import (
    BookingChanged,
    Event,
    SeatsChanged,
    TicketsCancelled,
    tell_within,
)
from bigcat_graphql.booking.idempotency import Answer, Intent, answer_once
from bigcat_graphql.booking.lookup import find_booking, get_booking, may_manage
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.selection import BookingKey, BookingName, GuestReference
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.models import Booking, BookingStatus, Concert, Ticket, TicketStatus

_TICKETS_PATH = ("input", "ticketIds")


async def cancel_booking(
    viewer: Viewer | None,
    *,
    name: BookingName,
    ticket_ids: Sequence[UUID] | None,
    idempotency_key: str,
) -> Booking:
    """Cancel a PENDING or CONFIRMED booking, or some tickets of a CONFIRMED one.

    Its account may, whoever organizes the concert, and a guest who knows reference and e-mail.
    What was paid for the tickets is given back by whoever listens to `TicketsCancelled`.

    Raises:
        NotFound: there is no such booking for this viewer, or a ticket is not of it.
        WrongBookingState: it is over already, or a payment of it is open.
        CancellationNotAllowed: a ticket was used, or the concert has begun.
        InvalidInput: the list of tickets is empty, or the booking has none yet.
    """
    booking = await find_booking(viewer, name)
    if booking is None:
        by = "reference" if isinstance(name, GuestReference) else "id"
        raise NotFound(("input", "by", by))
    key = BookingKey.of(booking)
    manages = viewer is not None and await may_manage(viewer, key.concert_id)
    chosen = None if ticket_ids is None else tuple(sorted(set(ticket_ids)))

    async def work() -> list[Event]:
        locked = await lock_booking(key)
        await check_not_being_paid(key, locked)
        if locked.status_now is BookingStatus.CONFIRMED:
            return await _cancel_tickets(key, chosen, by_organizer=manages)
        if locked.status_now is not BookingStatus.PENDING:
            raise WrongBookingState(locked.status_now)
        if chosen is not None:
            raise InvalidInput("A booking has tickets once it is confirmed.", _TICKETS_PATH)
        return await _cancel_whole(key)

    account_id = booking.account_id if viewer is None else viewer.account_id
    intent = Intent(account_id, "cancelBooking", idempotency_key, (key, chosen))
    answer = await answer_once(intent, Answer(key), work)
    return await get_booking(answer.booking)


async def _cancel_tickets(
    key: BookingKey, chosen: tuple[UUID, ...] | None, *, by_organizer: bool
) -> list[Event]:
    active = await _active_tickets(key)
    tickets = active if chosen is None else _choose(active, chosen)
    concert = await Concert.get(id=key.concert_id)
    now = await database.fetch_one("SELECT now() AS now")
    rules.check_cancellable(
        tickets,
        starts_at=concert.starts_at,
        now=now["now"] if now else concert.starts_at,
        by_organizer=by_organizer,
    )
    cancelled = await database.fetch_all(
        statements.CANCEL_TICKETS,
        key.concert_id,
        key.booking_id,
        [ticket.id for ticket in tickets],
    )
    # Money first goes the way of the tickets in this same transaction: both, or neither.
    worth = sum(row["price_minor"] for row in cancelled)
    ids = tuple(ticket.id for ticket in tickets)
    await tell_within([TicketsCancelled(key.concert_id, key.booking_id, ids, worth)])
    if len(tickets) == len(active):
        return await _cancel_whole(key)
    return await _release_some(key, [row["seat_index"] for row in cancelled])


def _choose(active: list[Ticket], chosen: tuple[UUID, ...]) -> list[Ticket]:
    if not chosen:
        raise InvalidInput("Say which tickets, or leave the list out.", _TICKETS_PATH)
    by_id = {ticket.id: ticket for ticket in active}
    if not by_id.keys() >= set(chosen):
        raise NotFound(_TICKETS_PATH)
    return [by_id[ticket_id] for ticket_id in chosen]


async def _active_tickets(key: BookingKey) -> list[Ticket]:
    tickets = Ticket.filter(concert_id=key.concert_id, booking_id=key.booking_id)
    return await tickets.exclude(status=TicketStatus.CANCELLED).order_by("seat_index")


async def _cancel_whole(key: BookingKey) -> list[Event]:
    seats = await database.fetch_all(statements.RELEASE_ALL, key.concert_id, key.booking_id)
    booking = await database.fetch_one(statements.CANCEL_BOOKING, key.concert_id, key.booking_id)
    return _events(key, seats, booking)


async def _release_some(key: BookingKey, indexes: list[int]) -> list[Event]:
    seats = await database.fetch_all(
        statements.RELEASE_SOME, key.concert_id, key.booking_id, indexes
    )
    booking = await database.fetch_one(statements.TOUCH_BOOKING, key.concert_id, key.booking_id)
    return _events(key, seats, booking)


def _events(key: BookingKey, seats: list[Record], booking: Record | None) -> list[Event]:
    if booking is None:
        raise LookupError(key)
    return [
        SeatsChanged(key.concert_id, changes_of(seats)),
        BookingChanged(key.concert_id, key.booking_id, booking["version"]),
    ]
