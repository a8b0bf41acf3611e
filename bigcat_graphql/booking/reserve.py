"""bookSeats: take seats of one concert, all of them or none."""

from uuid import UUID

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.accounts.pace import Subject
from bigcat_graphql.booking import hurry, lane, rules
from bigcat_graphql.booking.idempotency import Intent
from bigcat_graphql.booking.lookup import get_booking
from bigcat_graphql.booking.selection import Selection
from bigcat_graphql.booking.wish import MUTATION, Repeated, Reserved, Wish
from bigcat_graphql.errors import DomainError
from bigcat_graphql.models import Booking


async def book_seats(
    viewer: Viewer, *, concert_id: UUID, selection: Selection, idempotency_key: str
) -> Booking:
    """Take seats: a PENDING booking, or a CONFIRMED one when they are free of charge.

    Requests that come at the same time share a transaction, see `lane`.

    Raises:
        NotFound: there is no such concert with seats.
        SaleNotOpen: it is not on sale now.
        InvalidInput: no seats, a seat twice, an unknown area, section or tier, a bad key.
        SeatsPerBookingExceeded: more than one booking may have.
        TicketsPerAccountExceeded: more than the account may have of this concert.
        PlanChanged: the indexes are of another version of the plan.
        UnknownSeats: the plan has no such numbered seats.
        SeatsUnavailable: some of the chosen seats are taken.
        SeatRuleBroken: the choice leaves a single seat, or splits companions from theirs.
        PendingBookingsExceeded: the account has as many open bookings as it may.
        SeatMinutesExceeded: the account has kept too much for too long without buying.
        NotEnoughSeats: too few seats fit the wish.
        IdempotencyConflict: the key came before with another request.
        Unauthenticated: the account is gone.
        RateLimited: the account tries again and again in a moment.
        Busy: locks or connections were not to be had in time, or rivals were always quicker.
        OutcomeUnknown: the connection was lost at commit; the same key tells.
    """
    rules.check_key(idempotency_key)
    intent = Intent(viewer.account_id, MUTATION, idempotency_key, (concert_id, selection))
    is_hasty = hurry.pace.spend(Subject(viewer.account_id, concert_id), idempotency_key)
    outcome = await lane.submit(Wish(concert_id, selection, intent, is_hasty))
    if isinstance(outcome, DomainError):
        raise outcome
    if isinstance(outcome, Reserved):
        return outcome.booking
    if isinstance(outcome, Repeated):
        return await get_booking(outcome.key)
    raise AssertionError(outcome)
