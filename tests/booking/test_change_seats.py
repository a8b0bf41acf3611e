import asyncio
from datetime import timedelta

import pytest

from bigcat_graphql import booking, database
from bigcat_graphql.booking import BookingKey, ChosenSeats
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.models import BookingStatus, Payment, PaymentStatus
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, change, extend, let_time_pass, pay, places, states
from tests.scenes import make_buyer, make_concert, make_organizer
from tests.waiting import until_waiting

pytestmark = pytest.mark.usefixtures("database")


async def test_one_more_and_one_less_in_one_step() -> None:
    concert, buyer = await make_concert(premium_rows=1, premium_minor=9000), await make_buyer()
    made = await book(buyer, concert, 0, 1)

    changed = await change(buyer, made, add=ChosenSeats(1, (5,)), remove=[0])

    assert await states(concert) == "ARAAARAAAA"
    assert changed.total_minor == 9000 + 6500
    assert changed.reserved_until == made.reserved_until
    assert changed.version > made.version


async def test_a_seat_that_is_taken_leaves_everything_as_it_was() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await book(await make_buyer(), concert, 2)

    with pytest.raises(booking.SeatsUnavailable) as refusal:
        await change(buyer, made, add=ChosenSeats(1, (2, 3)), remove=[0])

    assert refusal.value.indexes == (2,)
    assert await states(concert) == "RRRAAAAAAA"


async def test_what_is_given_back_can_be_taken_again() -> None:
    concert, buyer = await make_concert(ticket_limit=2), await make_buyer()
    made = await book(buyer, concert, 0, 1)

    changed = await change(buyer, made, add=ChosenSeats(1, (0, 1)), remove=[0, 1])

    assert changed.total_minor == made.total_minor
    assert changed.seat_count == 2


async def test_the_ticket_limit_counts_what_stays_and_what_comes() -> None:
    concert, buyer = await make_concert(ticket_limit=3), await make_buyer()
    made = await book(buyer, concert, 0, 1)

    await change(buyer, made, add=ChosenSeats(1, (2, 3)), remove=[0])
    with pytest.raises(booking.SeatsPerBookingExceeded):
        await change(buyer, made, add=ChosenSeats(1, (4,)))


async def test_other_bookings_of_the_account_count_as_well() -> None:
    concert = await make_concert(ticket_limit=3, seats_per_booking=3)
    buyer = await make_buyer()
    made = await book(buyer, concert, 0)
    await book(buyer, concert, 1, 2)

    with pytest.raises(booking.TicketsPerAccountExceeded) as refusal:
        await change(buyer, made, add=ChosenSeats(1, (3,)))

    assert refusal.value.path == ("input", "add", "seats", "indexes")


async def test_places_can_be_added_to_seats() -> None:
    concert, buyer = await make_concert(floor=5), await make_buyer()

    changed = await change(buyer, await book(buyer, concert, 0), add=places(2))

    assert changed.seat_count == 3
    assert (await states(concert)).count("R") == 3


async def test_all_seats_are_given_back_by_cancelling() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)

    with pytest.raises(InvalidInput, match="cancel"):
        await change(buyer, made, remove=[0, 1])


async def test_nothing_to_do_twice_the_same_and_foreign_seats_are_refused() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)

    with pytest.raises(InvalidInput):
        await change(buyer, made)
    with pytest.raises(InvalidInput):
        await change(buyer, made, remove=[0, 0])
    with pytest.raises(booking.UnknownSeats) as refusal:
        await change(buyer, made, remove=[0, 7])
    assert refusal.value.indexes == (7,)


async def test_giving_back_all_that_costs_confirms_the_rest() -> None:
    concert = await make_concert(rows=1, floor=2, floor_minor=0)
    buyer = await make_buyer()
    made = await book(buyer, concert, 0)

    changed = await change(buyer, made, add=places(1), remove=[0])

    assert changed.status_now is BookingStatus.CONFIRMED
    assert changed.total_minor == 0


async def test_only_the_owner_changes_a_booking() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)

    for stranger in (await make_buyer(), await make_organizer(concert)):
        with pytest.raises(NotFound):
            await change(stranger, made, remove=[0])
        with pytest.raises(NotFound):
            await extend(stranger, made)


async def test_only_a_pending_booking_in_its_time_can_change() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    paid = await pay(buyer, await book(buyer, concert, 0, 1))
    lapsed = await book(buyer, concert, 2, 3)
    await let_time_pass(lapsed)

    for made, status in ((paid, BookingStatus.CONFIRMED), (lapsed, BookingStatus.EXPIRED)):
        with pytest.raises(booking.WrongBookingState) as refusal:
            await change(buyer, made, remove=[made.seat_count])
        assert refusal.value.status is status
        with pytest.raises(booking.WrongBookingState):
            await extend(buyer, made)


async def test_nothing_changes_while_a_payment_is_open() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await Payment.create(
        concert_id=concert.id,
        booking_id=made.id,
        status=PaymentStatus.CREATED,
        amount_minor=made.total_minor,
        currency="USD",
        provider="test",
        created_at=made.created_at,
    )

    with pytest.raises(booking.WrongBookingState) as refusal:
        await change(buyer, made, remove=[0])

    assert refusal.value.code == "PAYMENT_IN_PROGRESS"


async def test_extending_keeps_the_seats_ten_minutes_from_now() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    with override_settings(reservation_seconds=60):
        made = await book(buyer, concert, 0)

    longer = await extend(buyer, made)

    assert longer.seconds_left is not None
    assert 590 <= longer.seconds_left <= 600
    seats = await database.fetch_all(
        "SELECT reserved_until FROM seat WHERE booking_id = $1", made.id
    )
    assert [seat["reserved_until"] for seat in seats] == [longer.reserved_until]


async def test_a_booking_that_lost_a_seat_while_it_waited_is_not_extended(
    rival: database.Connection,
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await rival.execute("BEGIN")
    await rival.execute("SELECT FROM booking WHERE id = $1 FOR UPDATE", made.id)
    calls = [
        asyncio.create_task(extend(buyer, made)),
        asyncio.create_task(change(buyer, made, remove=[1])),
    ]
    await until_waiting(rival, len(calls))
    # What happens when its time runs out meanwhile: somebody takes one of its seats.
    await rival.execute(
        "UPDATE seat SET status = 'A', booking_id = NULL, price_minor = NULL,"
        " reserved_until = NULL WHERE concert_id = $1 AND index = 0",
        concert.id,
    )
    await rival.execute("COMMIT")

    results = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(one) for one in results] == [booking.WrongBookingState] * 2


async def test_who_asks_for_too_much_locks_no_seat(rival: database.Connection) -> None:
    concert, buyer = await make_concert(rows=2, seats_per_row=20), await make_buyer()
    await database.execute("UPDATE concert SET no_single_seats = true")
    made = await book(buyer, concert, 0)
    await rival.execute("BEGIN")
    await rival.execute("SELECT FROM seat WHERE index > 1 FOR UPDATE")

    with pytest.raises(booking.SeatsPerBookingExceeded):
        await change(buyer, made, add=ChosenSeats(1, tuple(range(2, 40))))
    await rival.execute("ROLLBACK")


async def test_extending_stops_thirty_minutes_after_the_booking() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await database.execute(
        "UPDATE booking SET created_at = created_at - interval '25 minutes' WHERE id = $1", made.id
    )

    with pytest.raises(booking.ReservationTimeExceeded) as refusal:
        await extend(buyer, made)

    assert (refusal.value.limit, refusal.value.remaining) == (30, 0)
    again = await booking.find_booking(buyer, BookingKey.of(made))
    assert again is not None
    assert again.extendable_until == made.created_at + timedelta(minutes=5)
