"""Limits against keeping seats from others: how many bookings are open, how long seats are kept."""

from bigcat_graphql.booking.errors import PendingBookingsExceeded, SeatMinutesExceeded
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.settings import get_settings

# One seat given back for another must not fail for a fraction of a second.
_ROUNDING_SECONDS = 1


def check_pending(sale: Sale) -> None:
    """Refuse another booking to an account that has many to pay for.

    Raises:
        PendingBookingsExceeded: it has.
    """
    limit = get_settings().pending_bookings_max
    if sale.pending_bookings >= limit:
        raise PendingBookingsExceeded(limit, 0, (), sale.pending_seconds)


def check_seat_minutes(sale: Sale, seat_seconds: float, *, path: tuple[str, ...]) -> None:
    """Refuse to keep seats for longer than the account may without buying.

    What is reserved counts to its end: so the account never exceeds its budget, and gets back
    what it gives back early, or buys.

    Args:
        sale: Whose budget, and what of it is kept or promised.
        seat_seconds: What is asked for: seats times seconds.
        path: The input at fault.

    Raises:
        SeatMinutesExceeded: it would be longer.
    """
    limit = sale.ticket_limit * get_settings().seat_minutes_per_ticket
    left = limit * 60 - sale.seat_seconds_kept
    if seat_seconds > left + _ROUNDING_SECONDS:
        raise SeatMinutesExceeded(limit, max(0, int(left // 60)), path)
