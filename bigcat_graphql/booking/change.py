"""changeSeats and extendBooking: what a buyer can do with a PENDING booking before paying."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.queryset import QuerySet

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import hoarding, rules, statements
from bigcat_graphql.booking.choosing import Chooser
from bigcat_graphql.booking.confirm import confirm_seats
from bigcat_graphql.booking.errors import ReservationTimeExceeded, WrongBookingState
from bigcat_graphql.booking.events import BookingChanged, Event, SeatsChanged
from bigcat_graphql.booking.freeing import hand_out_freed
from bigcat_graphql.booking.idempotency import Answer, Intent, answer_once
from bigcat_graphql.booking.lookup import find_booking, get_booking
from bigcat_graphql.booking.refusing import why_not
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.booking.sales import read_sales
from bigcat_graphql.booking.selection import BookingKey, ChosenSeats, Selection
from bigcat_graphql.booking.turn import Turn, check_turn, lock_gaps
from bigcat_graphql.catalogue import plan_by_id
from bigcat_graphql.errors import Busy, InvalidInput, NotFound
from bigcat_graphql.models import Booking, BookingStatus, Payment, PaymentStatus, Seat
from bigcat_graphql.models.payment import LIVE_STATUSES
from bigcat_graphql.settings import get_settings

# Seats that rivals took each time: the buyer is told to try again, not that there are none.
_TRIES_MAX = 5
_BOOKING_PATH = ("input", "bookingId")


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


async def change_seats(
    viewer: Viewer,
    *,
    key: BookingKey,
    add: Selection | None,
    remove_indexes: Sequence[int],
    idempotency_key: str,
) -> Booking:
    """Give seats of a PENDING booking back and take others, in one all-or-nothing step.

    Its time does not change. What is given back can be taken again in the same step.

    Raises:
        NotFound: it is not the viewer's booking.
        WrongBookingState: it is not PENDING, or a payment of it is open.
        InvalidInput: nothing is asked for, or no seat would be left.
        UnknownSeats: seats to give back are not of this booking.
        DomainError: what `book_seats` raises about the seats to take.
    """
    await _check_owner(viewer, key)
    removed = tuple(remove_indexes)
    if add is None and not removed:
        raise InvalidInput("Say which seats to add or to remove.", ("input",))

    async def work() -> list[Event]:
        sale = await _read_sale(viewer, key)
        booking = await lock_pending(key)
        owned = await _own_indexes(key)
        _check_whole(booking, len(owned))
        rules.check_removable(removed, owned, adds=add is not None)
        turn = Turn(sale, frozenset(owned), frozenset(removed), add)
        if add is not None:
            # Before any seat is locked: who asks for too much holds nobody up.
            await _check_addition(turn, add, booking.seconds_left)
        free = await lock_gaps(turn)
        events = await _give_back(key, removed) if removed else []
        if add is not None:
            events += await _add(key, turn, add)
        await check_turn(turn, await _own_indexes(key), free)
        events += await _settle(key)
        return events + (await hand_out_freed([key.concert_id]) if removed else [])

    intent = Intent(viewer.account_id, "changeSeats", idempotency_key, (key, add, removed))
    answer = await answer_once(intent, Answer(key), work)
    return await get_booking(answer.booking)


async def extend_booking(viewer: Viewer, *, key: BookingKey, idempotency_key: str) -> Booking:
    """Keep a PENDING booking's seats as long from now as a new one would have them.

    Never longer than `reservation_max_seconds` from when it was made.

    Raises:
        NotFound: it is not the viewer's booking.
        WrongBookingState: it is not PENDING.
        ReservationTimeExceeded: it is kept as long as can be already.
        SeatMinutesExceeded: the account has kept too much for too long without buying.
    """
    await _check_owner(viewer, key)

    async def work() -> list[Event]:
        sale = await _read_sale(viewer, key)
        booking = await lock_pending(key)
        until = _extended_until(booking)
        more = booking.seat_count * (until - booking.kept_until).total_seconds()
        hoarding.check_seat_minutes(sale, more, path=_BOOKING_PATH)
        seats = await database.fetch_all(
            statements.EXTEND_SEATS, key.concert_id, key.booking_id, until
        )
        _check_whole(booking, len(seats))
        version = await _bump(statements.EXTEND_BOOKING, key, until)
        return [
            SeatsChanged(key.concert_id, changes_of(seats)),
            BookingChanged(key.concert_id, key.booking_id, version),
        ]

    intent = Intent(viewer.account_id, "extendBooking", idempotency_key, (key,))
    answer = await answer_once(intent, Answer(key), work)
    return await get_booking(answer.booking)


async def lock_booking(key: BookingKey) -> LockedBooking:
    """Lock a booking that exists, inside the caller's transaction.

    In the lock order it comes after the account and before the seats.
    """
    row = await database.fetch_one(statements.LOCK_BOOKING, key.concert_id, key.booking_id)
    if row is None:
        raise NotFound(_BOOKING_PATH)
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


def _payments(key: BookingKey, statuses: Collection[PaymentStatus]) -> QuerySet[Payment]:
    return Payment.filter(
        concert_id=key.concert_id, booking_id=key.booking_id, status__in=tuple(statuses)
    )


async def _check_owner(viewer: Viewer, key: BookingKey) -> None:
    booking = await find_booking(viewer, key)
    if booking is None or booking.account_id != viewer.account_id:
        raise NotFound(_BOOKING_PATH)


async def _own_indexes(key: BookingKey) -> list[int]:
    seats = Seat.filter(concert_id=key.concert_id, booking_id=key.booking_id)
    return [index for (index,) in await seats.order_by("index").values_list("index")]


async def _give_back(key: BookingKey, removed: tuple[int, ...]) -> list[Event]:
    seats = await database.fetch_all(
        statements.RELEASE_SOME, key.concert_id, key.booking_id, list(removed)
    )
    worth = sum(seat["price_minor"] for seat in seats)
    await _bump(statements.SHRINK_BOOKING, key, worth, len(seats))
    return [SeatsChanged(key.concert_id, changes_of(seats))]


def _check_whole(booking: LockedBooking, seat_count: int) -> None:
    """Refuse a booking that has lost a seat.

    Its time may have run out while we waited for its row, and somebody taken a seat since: our
    `now()` is from before that, so the count is what tells.

    Raises:
        WrongBookingState: it has.
    """
    if seat_count != booking.seat_count:
        raise WrongBookingState(BookingStatus.EXPIRED)


async def _check_addition(turn: Turn, add: Selection, seconds_left: float) -> None:
    path, quantity = rules.path_of(add, "add"), rules.quantity_of(add)
    gone = len(turn.removed)
    sale = turn.sale.without(gone, gone * seconds_left)
    rules.check_on_sale(sale)
    rules.check_quantity(sale, quantity, path=path, had=len(turn.owned) - gone)
    hoarding.check_seat_minutes(sale, quantity * seconds_left, path=path)
    if isinstance(add, ChosenSeats):
        plan = await plan_by_id(sale.plan_id)
        rules.check_chosen(add, plan_version=plan.version, seat_count=plan.seat_count, path=path)


async def _add(key: BookingKey, turn: Turn, add: Selection) -> list[Event]:
    sale = turn.sale
    for _ in range(_TRIES_MAX):
        picked = await Chooser().choose(sale, add, root="add")
        seats = await database.fetch_all(
            statements.ADD_SEATS, key.concert_id, key.booking_id, list(picked or ())
        )
        if seats:
            return [SeatsChanged(key.concert_id, changes_of(seats))]
        if isinstance(add, ChosenSeats):
            raise await why_not(sale, turn.wanted)
    raise Busy


async def _read_sale(viewer: Viewer, key: BookingKey) -> Sale:
    found = await read_sales([(key.concert_id, viewer.account_id)])
    return found.of(key.concert_id, viewer.account_id)


async def _settle(key: BookingKey) -> list[Event]:
    """Confirm a booking that has become free of charge, and tell its version."""
    booking = await lock_booking(key)
    if booking.total_minor == 0:
        return await confirm_seats(key, booking.seat_count)
    return [BookingChanged(key.concert_id, key.booking_id, booking.version)]


async def _bump(statement: str, key: BookingKey, *values: object) -> int:
    row = await database.fetch_one(statement, key.concert_id, key.booking_id, *values)
    if row is None:
        raise WrongBookingState(BookingStatus.EXPIRED)
    version: int = row["version"]
    return version


def _extended_until(booking: LockedBooking) -> datetime:
    settings = get_settings()
    latest = booking.created_at + timedelta(seconds=settings.reservation_max_seconds)
    until = min(booking.now + timedelta(seconds=settings.reservation_seconds), latest)
    if booking.reserved_until is not None and until <= booking.reserved_until:
        raise ReservationTimeExceeded(settings.reservation_max_seconds // 60, 0, _BOOKING_PATH)
    return until
