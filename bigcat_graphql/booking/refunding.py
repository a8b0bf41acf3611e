"""What of a CONFIRMED booking could be given back now, and quoteCancellation, which says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import statements
from bigcat_graphql.booking.lookup import find_booking, may_manage
from bigcat_graphql.booking.refund_policy import Share, share_at, split_refund
from bigcat_graphql.booking.selection import BookingKey, BookingName
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.models import BookingStatus, Ticket, TicketStatus
from bigcat_graphql.money import Money

_ALL = 100


@dataclass(frozen=True, slots=True)
class Refundable:
    """A booking's active tickets, and what decides how much of their prices goes back."""

    key: BookingKey
    tickets: tuple[Ticket, ...]
    share: Share
    in_full: bool
    starts_at: datetime
    now: datetime

    def choose(self, ids: Sequence[UUID] | None, path: tuple[str, ...]) -> tuple[Ticket, ...]:
        """Choose tickets by their ids; None means all.

        Raises:
            InvalidInput: no ticket is named.
            NotFound: one is not of this booking, or not active any more.
        """
        if ids is None:
            return self.tickets
        if not ids:
            raise InvalidInput("Say which tickets, or leave the list out.", path)
        by_id = {ticket.id: ticket for ticket in self.tickets}
        if not by_id.keys() >= set(ids):
            raise NotFound(path)
        return tuple(by_id[ticket_id] for ticket_id in ids)

    def split(self, tickets: Sequence[Ticket]) -> list[int]:
        """Say what goes back of the price of each."""
        percent = _ALL if self.in_full else self.share.percent
        return split_refund([ticket.price_minor for ticket in tickets], percent)


async def read_refundable(key: BookingKey, *, in_full: bool) -> Refundable:
    """Read what could be given back now; `in_full` where the policy does not matter.

    Raises:
        LookupError: there is no such booking.
    """
    row = await database.fetch_one(statements.READ_POLICY, key.concert_id, key.booking_id)
    if row is None:
        raise LookupError(key)
    tickets = Ticket.filter(concert_id=key.concert_id, booking_id=key.booking_id)
    active = await tickets.exclude(status=TicketStatus.CANCELLED).order_by("seat_index")
    steps = orjson.loads(row["refund_steps"])
    share = share_at(steps, starts_at=row["starts_at"], now=row["now"])
    return Refundable(key, tuple(active), share, in_full, row["starts_at"], row["now"])


@dataclass(frozen=True, slots=True)
class Quote:
    """What cancelling would give back, and what not; until when, if anything can be cancelled."""

    refund: Money
    kept: Money
    valid_until: datetime | None


async def quote_cancellation(
    viewer: Viewer | None, *, name: BookingName, ticket_ids: Sequence[UUID] | None
) -> Quote | None:
    """Say what `cancel_booking` would give back now; None if the viewer may not see the booking.

    Raises:
        InvalidInput: the list of tickets is empty.
        NotFound: a ticket is not of this booking, or was cancelled.
    """
    booking = await find_booking(viewer, name)
    if booking is None:
        return None
    nothing = Money(0, booking.currency)
    if booking.status_now is not BookingStatus.CONFIRMED:
        return Quote(nothing, nothing, booking.cancellable_until)
    key = BookingKey.of(booking)
    manages = viewer is not None and await may_manage(viewer, key.concert_id)
    refundable = await read_refundable(key, in_full=manages)
    tickets = refundable.choose(ticket_ids, ("ticketIds",))
    is_over = refundable.now >= refundable.starts_at and not manages
    if is_over or any(ticket.status is TicketStatus.CHECKED_IN for ticket in tickets):
        return Quote(nothing, Money(_worth(tickets), booking.currency), None)
    back = sum(refundable.split(tickets))
    until = refundable.starts_at if manages else refundable.share.until
    return Quote(
        Money(back, booking.currency), Money(_worth(tickets) - back, booking.currency), until
    )


def _worth(tickets: Sequence[Ticket]) -> int:
    return sum(ticket.price_minor for ticket in tickets)
