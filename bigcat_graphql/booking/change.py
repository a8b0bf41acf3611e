"""changeSeats: other seats for a PENDING booking, before it is paid."""

from collections.abc import Sequence

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import hoarding, rules, statements
from bigcat_graphql.booking.choosing import Chooser
from bigcat_graphql.booking.confirm import confirm_seats
from bigcat_graphql.booking.events import BookingChanged, Event, SeatsChanged
from bigcat_graphql.booking.freeing import hand_out_freed
from bigcat_graphql.booking.idempotency import Answer, Intent, answer_once
from bigcat_graphql.booking.locking import (
    change_booking,
    check_owner,
    check_whole,
    lock_booking,
    lock_pending,
    read_own_sale,
)
from bigcat_graphql.booking.lookup import get_booking
from bigcat_graphql.booking.refusing import why_not
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.selection import BookingKey, ChosenSeats, Selection
from bigcat_graphql.booking.turn import Turn, check_turn, lock_gaps
from bigcat_graphql.catalogue import plan_by_id
from bigcat_graphql.errors import Busy, InvalidInput
from bigcat_graphql.models import Booking, Seat

# Seats that rivals took each time: the buyer is told to try again, not that there are none.
_TRIES_MAX = 5


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
    await check_owner(viewer, key)
    removed = tuple(remove_indexes)
    if add is None and not removed:
        raise InvalidInput("Say which seats to add or to remove.", ("input",))

    async def work() -> list[Event]:
        sale = await read_own_sale(viewer, key)
        booking = await lock_pending(key)
        owned = await _own_indexes(key)
        check_whole(booking, len(owned))
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


async def _own_indexes(key: BookingKey) -> list[int]:
    seats = Seat.filter(concert_id=key.concert_id, booking_id=key.booking_id)
    return [index for (index,) in await seats.order_by("index").values_list("index")]


async def _give_back(key: BookingKey, removed: tuple[int, ...]) -> list[Event]:
    seats = await database.fetch_all(
        statements.RELEASE_SOME, key.concert_id, key.booking_id, list(removed)
    )
    worth = sum(seat["price_minor"] for seat in seats)
    await change_booking(statements.SHRINK_BOOKING, key, worth, len(seats))
    return [SeatsChanged(key.concert_id, changes_of(seats))]


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


async def _settle(key: BookingKey) -> list[Event]:
    """Confirm a booking that has become free of charge, and tell its version."""
    booking = await lock_booking(key)
    if booking.total_minor == 0:
        return await confirm_seats(key, booking.seat_count)
    return [BookingChanged(key.concert_id, key.booking_id, booking.version)]
