"""extendBooking: keep the seats of a PENDING booking for longer, within bounds."""

from datetime import datetime, timedelta

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import hoarding, statements
from bigcat_graphql.booking.errors import ReservationTimeExceeded
from bigcat_graphql.booking.events import BookingChanged, Event, SeatsChanged
from bigcat_graphql.booking.idempotency import Answer, Intent, answer_once
from bigcat_graphql.booking.locking import (
    BOOKING_PATH,
    LockedBooking,
    change_booking,
    check_owner,
    check_whole,
    lock_pending,
    read_own_sale,
)
from bigcat_graphql.booking.lookup import get_booking
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.selection import BookingKey
from bigcat_graphql.models import Booking
from bigcat_graphql.settings import get_settings


async def extend_booking(viewer: Viewer, *, key: BookingKey, idempotency_key: str) -> Booking:
    """Keep a PENDING booking's seats as long from now as a new one would have them.

    Never longer than `reservation_max_seconds` from when it was made.

    Raises:
        NotFound: it is not the viewer's booking.
        WrongBookingState: it is not PENDING.
        ReservationTimeExceeded: it is kept as long as can be already.
        SeatMinutesExceeded: the account has kept too much for too long without buying.
    """
    await check_owner(viewer, key)

    async def work() -> list[Event]:
        sale = await read_own_sale(viewer, key)
        booking = await lock_pending(key)
        until = _extended_until(booking)
        more = booking.seat_count * (until - booking.kept_until).total_seconds()
        hoarding.check_seat_minutes(sale, more, path=BOOKING_PATH)
        seats = await database.fetch_all(
            statements.EXTEND_SEATS, key.concert_id, key.booking_id, until
        )
        check_whole(booking, len(seats))
        version = await change_booking(statements.EXTEND_BOOKING, key, until)
        return [
            SeatsChanged(key.concert_id, changes_of(seats)),
            BookingChanged(key.concert_id, key.booking_id, version),
        ]

    intent = Intent(viewer.account_id, "extendBooking", idempotency_key, (key,))
    answer = await answer_once(intent, Answer(key), work)
    return await get_booking(answer.booking)


def _extended_until(booking: LockedBooking) -> datetime:
    settings = get_settings()
    latest = booking.created_at + timedelta(seconds=settings.reservation_max_seconds)
    until = min(booking.now + timedelta(seconds=settings.reservation_seconds), latest)
    if booking.reserved_until is not None and until <= booking.reserved_until:
        raise ReservationTimeExceeded(settings.reservation_max_seconds // 60, 0, BOOKING_PATH)
    return until
