"""What may be booked, kept and cancelled: pure functions, the caller brings time and rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from uuid import UUID
from zoneinfo import ZoneInfo

from bigcat_graphql.booking.errors import (
    CancellationNotAllowed,
    PlanChanged,
    SaleNotOpen,
    SeatsPerBookingExceeded,
    TicketsPerAccountExceeded,
    UnknownSeats,
)
from bigcat_graphql.booking.selection import ChosenSeats, Selection
from bigcat_graphql.errors import DomainError, InvalidInput
from bigcat_graphql.models import ConcertStatus, Ticket, TicketStatus

# Clients make keys, best UUIDs; the column holds 64 characters.
KEY_LENGTH_MAX = 64

_SELECTED_BY = {
    "ChosenSeats": ("seats", "indexes"),
    "BestAvailable": ("bestAvailable", "quantity"),
    "GeneralAdmission": ("generalAdmission", "quantity"),
}


@dataclass(frozen=True, slots=True)
class Sale:
    """What decides whether an account may book seats of a concert, as of `now`."""

    concert_id: UUID
    plan_id: UUID
    status: ConcertStatus
    opens_at: datetime | None
    time_zone: str
    currency: str
    ticket_limit: int
    seats_per_booking: int
    no_single_seats: bool
    tickets_held: int
    pending_bookings: int
    # Until the first of them lapses.
    pending_seconds: int | None
    # Seats times seconds, kept or promised and not bought.
    seat_seconds_kept: float
    # Why the gate in front of the sale does not let the account in.
    turned_away: DomainError | None
    now: datetime

    def without(self, seat_count: int, seat_seconds: float) -> "Sale":
        """See it after the account gave seats back, so long before their time."""
        return replace(
            self,
            tickets_held=self.tickets_held - seat_count,
            seat_seconds_kept=self.seat_seconds_kept - seat_seconds,
        )


def check_key(key: str) -> None:
    """Refuse an idempotency key that is empty, too long, or not plain text.

    Raises:
        InvalidInput: it is.
    """
    if not 1 <= len(key) <= KEY_LENGTH_MAX or not key.isprintable():
        raise InvalidInput(
            f"idempotencyKey has 1 to {KEY_LENGTH_MAX} printable characters; best use a UUID.",
            ("input", "idempotencyKey"),
        )


def check_on_sale(sale: Sale) -> None:
    """Refuse unless the concert is on sale, and the account is let in.

    Raises:
        SaleNotOpen: it is not; says when it will be, where that is known.
        DomainError: the one that the gate in front of the sale gave.
    """
    if sale.status is ConcertStatus.ON_SALE:
        if sale.turned_away is not None:
            raise sale.turned_away
        return
    opens_at = sale.opens_at if sale.status is ConcertStatus.PUBLISHED else None
    if opens_at is None:
        raise SaleNotOpen(sale.status, None)
    local = opens_at.astimezone(ZoneInfo(sale.time_zone))
    raise SaleNotOpen(
        sale.status,
        opens_at,
        f"{local:%A}, {local.day} {local:%B %Y} at {local:%H:%M} ({sale.time_zone})",
        max(1, ceil((opens_at - sale.now).total_seconds())),
    )


def quantity_of(selection: Selection) -> int:
    """Count the seats a selection asks for."""
    if isinstance(selection, ChosenSeats):
        return len(selection.indexes)
    return selection.quantity


def path_of(selection: Selection, root: str) -> tuple[str, ...]:
    """Name the input that says how many, or which, seats; `root` is `selection` or `add`."""
    return ("input", root, *_SELECTED_BY[type(selection).__name__])


def check_quantity(sale: Sale, wanted: int, *, path: tuple[str, ...], had: int = 0) -> None:
    """Refuse nothing, more than a booking may have, and more than the account may have.

    Args:
        sale: Whose limits; its `tickets_held` counts the seats that stay.
        wanted: Seats asked for on top.
        path: The input at fault.
        had: Seats that the booking already has and keeps.

    Raises:
        InvalidInput: no seat is asked for.
        SeatsPerBookingExceeded: the booking would have too many.
        TicketsPerAccountExceeded: the account would have too many.
    """
    if wanted < 1:
        raise InvalidInput("Ask for at least one seat.", path)
    if had + wanted > sale.seats_per_booking:
        left = max(0, sale.seats_per_booking - had)
        raise SeatsPerBookingExceeded(sale.seats_per_booking, left, path)
    if sale.tickets_held + wanted > sale.ticket_limit:
        left = max(0, sale.ticket_limit - sale.tickets_held)
        raise TicketsPerAccountExceeded(sale.ticket_limit, left, path)


def check_chosen(
    chosen: ChosenSeats, *, plan_version: int, seat_count: int, path: tuple[str, ...]
) -> None:
    """Refuse indexes of another plan version, that mean no numbered seat, or that come twice.

    Raises:
        PlanChanged: the version is another.
        UnknownSeats: an index is not of a numbered seat.
        InvalidInput: an index comes twice.
    """
    if chosen.plan_version != plan_version:
        raise PlanChanged(plan_version)
    unknown = {index for index in chosen.indexes if not 0 <= index < seat_count}
    if unknown:
        raise UnknownSeats(tuple(sorted(unknown)), path)
    if len(set(chosen.indexes)) != len(chosen.indexes):
        raise InvalidInput("Name each seat once.", path)


def check_removable(removed: Sequence[int], owned: Collection[int], *, adds: bool) -> None:
    """Refuse to give back seats that the booking does not have, or all that it has.

    Raises:
        UnknownSeats: some are not of this booking.
        InvalidInput: none would be left, or an index comes twice.
    """
    path = ("input", "removeIndexes")
    unknown = set(removed) - set(owned)
    if unknown:
        raise UnknownSeats(tuple(sorted(unknown)), path)
    if len(set(removed)) != len(removed):
        raise InvalidInput("Name each seat once.", path)
    if len(removed) == len(owned) and not adds:
        raise InvalidInput("To give back all seats, cancel the booking.", path)


def check_cancellable(
    tickets: Sequence[Ticket], *, starts_at: datetime, now: datetime, by_organizer: bool
) -> None:
    """Refuse to cancel used tickets, and a buyer's after the start.

    Raises:
        CancellationNotAllowed: names the used tickets, or the deadline that passed.
    """
    used = tuple(ticket.id for ticket in tickets if ticket.status is TicketStatus.CHECKED_IN)
    if used:
        raise CancellationNotAllowed(used, None)
    if now >= starts_at and not by_organizer:
        raise CancellationNotAllowed(tuple(ticket.id for ticket in tickets), starts_at)
