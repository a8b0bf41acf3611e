"""Time that a payment gives its booking: while it is under way, and after it was declined."""

from bigcat_graphql import database
from bigcat_graphql.booking import statements
from bigcat_graphql.booking.events import BookingChanged, Event, SeatsChanged
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.selection import BookingKey
from bigcat_graphql.settings import get_settings

_GRACE_SECONDS = 300.0


async def give_grace(key: BookingKey) -> list[Event]:
    """Keep a PENDING booking 5 minutes longer after a declined payment, once.

    Inside the caller's transaction, which holds its row; never longer than it could be extended.

    Returns:
        What to tell, or nothing: it had its grace, or cannot be kept any longer.
    """
    longest = float(get_settings().reservation_max_seconds)
    return await _keep(statements.GIVE_GRACE, key, _GRACE_SECONDS, longest)


async def keep_while_paying(key: BookingKey) -> list[Event]:
    """Keep a PENDING booking's seats long enough for a payment that was just begun."""
    return await _keep(statements.KEEP_FOR, key, float(get_settings().payment_seconds))


async def _keep(statement: str, key: BookingKey, *seconds: float) -> list[Event]:
    seats = await database.fetch_all(statement, key.concert_id, key.booking_id, *seconds)
    if not seats:
        return []
    return [
        SeatsChanged(key.concert_id, changes_of(seats)),
        BookingChanged(key.concert_id, key.booking_id, seats[0]["booking_version"]),
    ]
