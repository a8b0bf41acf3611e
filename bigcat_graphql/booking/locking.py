"""A PENDING booking under its lock: what it is, and whether it may be changed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tortoise.queryset import QuerySet

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import statements
from bigcat_graphql.booking.errors import WrongBookingState
from bigcat_graphql.booking.lookup import find_booking
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.booking.sales import read_sales
from bigcat_graphql.booking.selection import BookingKey
from bigcat_graphql.errors import NotFound
from bigcat_graphql.models import BookingStatus, Payment, PaymentStatus
from bigcat_graphql.models.payment import LIVE_STATUSES

BOOKING_PATH = ("input", "bookingId")


@dataclass(frozen=True, slots=True)
class LockedBooking:
    """A booking's row, which nobody else can change before we commit."""

    status: BookingStatus
    version: int
    total_minor: int
    seat_count: int
    created_at: datetime
    reserved_until: datetime | None
    now: datetime

    @property
    def status_now(self) -> BookingStatus:
        """What its status is by the database's clock."""
        lapsed = self.reserved_until is not None and self.reserved_until <= self.now
        return BookingStatus.EXPIRED if lapsed else self.status

    @property
    def kept_until(self) -> datetime:
        """When its seats go back, of a PENDING one; of any other, now."""
        return self.reserved_until or self.now

    @property
    def seconds_left(self) -> float:
        """How long that is."""
        return (self.kept_until - self.now).total_seconds()


async def check_owner(viewer: Viewer, key: BookingKey) -> None:
    """Refuse whoever has not made the booking.

    Raises:
        NotFound: it is not the viewer's.
    """
    booking = await find_booking(viewer, key)
    if booking is None or booking.account_id != viewer.account_id:
        raise NotFound(BOOKING_PATH)


async def read_own_sale(viewer: Viewer, key: BookingKey) -> Sale:
    """Read the sale of a booking's concert, its account locked; that comes before the booking."""
    found = await read_sales([(key.concert_id, viewer.account_id)])
    return found.of(key.concert_id, viewer.account_id)


async def lock_booking(key: BookingKey) -> LockedBooking:
    """Lock a booking that exists, inside the caller's transaction.

    In the lock order it comes after the account and before the seats.
    """
    row = await database.fetch_one(statements.LOCK_BOOKING, key.concert_id, key.booking_id)
    if row is None:
        raise NotFound(BOOKING_PATH)
    return LockedBooking(
        BookingStatus(row["status"]),
        row["version"],
        row["total_minor"],
        row["seat_count"],
        row["created_at"],
        row["reserved_until"],
        row["now"],
    )


async def lock_pending(key: BookingKey) -> LockedBooking:
    """Lock a booking that is PENDING, in its time, and not being paid.

    Raises:
        WrongBookingState: it is not.
    """
    booking = await lock_booking(key)
    if booking.status_now is not BookingStatus.PENDING:
        raise WrongBookingState(booking.status_now)
    await check_not_being_paid(key, booking)
    return booking


async def check_not_being_paid(key: BookingKey, booking: LockedBooking) -> None:
    """Refuse while the provider may still answer for the booking as it is.

    Raises:
        WrongBookingState: an attempt to pay is open.
    """
    if await _payments(key, LIVE_STATUSES).exists():
        raise WrongBookingState(booking.status_now, payment_in_progress=True)


async def check_cancellable_now(key: BookingKey, booking: LockedBooking) -> None:
    """Refuse to cancel what the provider is being asked about; the buyer's own turn can be ended.

    Raises:
        WrongBookingState: an attempt to pay is under way.
    """
    asked = {PaymentStatus.CREATED, PaymentStatus.AUTHORIZED}
    if await _payments(key, asked).exists():
        raise WrongBookingState(booking.status_now, payment_in_progress=True)


def check_whole(booking: LockedBooking, seat_count: int) -> None:
    """Refuse a booking that has lost a seat.

    Its time may have run out while we waited for its row, and somebody taken a seat since: our
    `now()` is from before that, so the count is what tells.

    Raises:
        WrongBookingState: it has.
    """
    if seat_count != booking.seat_count:
        raise WrongBookingState(BookingStatus.EXPIRED)


async def change_booking(statement: str, key: BookingKey, *values: object) -> int:
    """Run a statement that changes a PENDING booking, and give its new version.

    Raises:
        WrongBookingState: it is not PENDING any more.
    """
    row = await database.fetch_one(statement, key.concert_id, key.booking_id, *values)
    if row is None:
        raise WrongBookingState(BookingStatus.EXPIRED)
    version: int = row["version"]
    return version


def _payments(key: BookingKey, statuses: Collection[PaymentStatus]) -> QuerySet[Payment]:
    return Payment.filter(
        concert_id=key.concert_id, booking_id=key.booking_id, status__in=tuple(statuses)
    )
