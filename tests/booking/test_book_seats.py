from datetime import timedelta
from uuid import uuid4

import pytest

from bigcat_graphql import booking
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, ChosenSeats
from bigcat_graphql.booking.lookup import get_booking
from bigcat_graphql.clock import utc_now
from bigcat_graphql.errors import InvalidInput, NotFound, Unauthenticated
from bigcat_graphql.models import Booking, BookingStatus, ConcertStatus, Seat, Ticket
from tests.booking.verbs import book, cancel, let_time_pass, pay, places, states
from tests.scenes import make_account as make_guest
from tests.scenes import make_buyer, make_concert, view_as

pytestmark = pytest.mark.usefixtures("database")


async def test_reserves_every_seat_for_ten_minutes_and_sums_the_price() -> None:
    concert = await make_concert(price_minor=6500)

    made = await book(await make_buyer(), concert, 1, 2)

    assert await states(concert) == "ARRAAAAAAA"
    assert made.status_now is BookingStatus.PENDING
    assert made.total_minor == 13_000
    assert made.seconds_left in (599, 600)
    assert made.extendable_until == made.created_at + timedelta(minutes=30)


async def test_what_is_answered_is_what_was_written() -> None:
    made = await book(await make_buyer(), await make_concert(), 1, 2)

    written = await get_booking(BookingKey.of(made))
    for name in sorted(Booking._meta.db_fields - {"refund_steps"}):
        assert getattr(made, name) == getattr(written, name)
    # Nobody asks the answer for what it was not told; whoever does is not told wrong.
    with pytest.raises(AttributeError):
        _ = made.refund_steps


async def test_one_taken_seat_refuses_them_all_and_is_named() -> None:
    concert = await make_concert()
    await book(await make_buyer(), concert, 2)

    with pytest.raises(booking.SeatsUnavailable) as refusal:
        await book(await make_buyer(), concert, 1, 2, 3)

    assert refusal.value.indexes == (2,)
    assert refusal.value.labels == ("Stalls, row A, seat 3",)
    assert refusal.value.retry_after_seconds in (599, 600)
    assert await states(concert) == "AARAAAAAAA"


async def test_waiting_does_not_help_when_a_seat_is_booked() -> None:
    concert = await make_concert()
    owner = await make_buyer()
    await pay(owner, await book(owner, concert, 0))

    with pytest.raises(booking.SeatsUnavailable) as refusal:
        await book(await make_buyer(), concert, 0)

    assert refusal.value.retry_after_seconds is None


async def test_a_lapsed_reservation_can_be_taken_before_any_sweep() -> None:
    concert = await make_concert()
    late = await book(await make_buyer(), concert, 0, 1)
    await let_time_pass(late)

    quick = await book(await make_buyer(), concert, 0)

    owners = {seat.index: seat.booking_id for seat in await Seat.filter(concert_id=concert.id)}
    assert owners[0] == quick.id
    assert owners[1] == late.id


async def test_free_of_charge_is_confirmed_at_once() -> None:
    concert = await make_concert(price_minor=0)

    made = await book(await make_buyer(), concert, 3, 4)

    assert made.status_now is BookingStatus.CONFIRMED
    assert made.seconds_left is None
    assert await states(concert) == "AAABBAAAAA"
    assert await Ticket.filter(booking_id=made.id).count() == 2


async def test_a_price_changed_later_does_not_change_the_booking() -> None:
    concert = await make_concert(price_minor=6500)
    buyer = await make_buyer()
    made = await book(buyer, concert, 0)
    for tier in await concert.price_tiers:
        tier.price_minor = 9900
        await tier.save(update_fields=["price_minor"])

    await pay(buyer, made)

    assert (await Ticket.get(booking_id=made.id)).price_minor == 6500


async def test_places_are_taken_without_row_or_number() -> None:
    concert = await make_concert(rows=1, floor=20)

    made = await book(await make_buyer(), concert, places(4))

    key = booking.BookingKey.of(made)
    taken = (await booking.seats_of([key]))[key]
    assert len(taken) == 4
    assert all(seat.index >= 5 for seat in taken)


async def test_the_last_places_are_found_wherever_they_are() -> None:
    concert = await make_concert(rows=0, floor=6, ticket_limit=6)
    await book(await make_buyer(), concert, places(3))

    await book(await make_buyer(), concert, places(3))

    assert await states(concert) == "RRRRRR"


async def test_lapsed_places_count_as_free() -> None:
    concert = await make_concert(rows=0, floor=4)
    await let_time_pass(await book(await make_buyer(), concert, places(4)))

    await book(await make_buyer(), concert, places(4))


async def test_too_few_places_say_how_many_are_left() -> None:
    concert = await make_concert(rows=0, floor=4)
    await book(await make_buyer(), concert, places(3))

    with pytest.raises(booking.NotEnoughSeats) as refusal:
        await book(await make_buyer(), concert, places(2))

    assert refusal.value.code == "NOT_ENOUGH_SEATS"
    assert refusal.value.remaining == 1
    assert refusal.value.retry_after_seconds in (599, 600)
    assert (await states(concert)).count("R") == 3


async def test_sold_out_is_said_only_when_nothing_is_left() -> None:
    concert = await make_concert(rows=0, floor=2, price_minor=0)
    await book(await make_buyer(), concert, places(2))

    with pytest.raises(booking.NotEnoughSeats) as refusal:
        await book(await make_buyer(), concert, places(1))

    assert refusal.value.code == "SOLD_OUT"
    assert refusal.value.retry_after_seconds is None


async def test_an_unknown_area_is_named() -> None:
    concert = await make_concert(rows=0, floor=2)

    with pytest.raises(InvalidInput) as refusal:
        await book(await make_buyer(), concert, places(1, "balcony"))

    assert refusal.value.path == ("input", "selection", "generalAdmission", "areaKey")


async def test_a_booking_has_so_many_seats_at_most() -> None:
    concert = await make_concert(ticket_limit=8, seats_per_booking=3)

    with pytest.raises(booking.LimitExceeded) as refusal:
        await book(await make_buyer(), concert, 0, 1, 2, 3)

    assert (refusal.value.code, refusal.value.limit) == ("SEATS_PER_BOOKING_EXCEEDED", 3)


async def test_an_account_has_so_many_tickets_at_most() -> None:
    concert = await make_concert(ticket_limit=3)
    buyer = await make_buyer()
    await book(buyer, concert, 0, 1)

    with pytest.raises(booking.LimitExceeded) as refusal:
        await book(buyer, concert, 2, 3)

    assert refusal.value.code == "TICKETS_PER_ACCOUNT_EXCEEDED"
    assert (refusal.value.limit, refusal.value.remaining) == (3, 1)


async def test_what_lapsed_and_what_was_cancelled_does_not_count() -> None:
    concert = await make_concert(ticket_limit=2)
    buyer = await make_buyer()
    await let_time_pass(await book(buyer, concert, 0, 1))
    await cancel(buyer, await book(buyer, concert, 2, 3))

    await book(buyer, concert, 4, 5)


async def test_no_seats_and_a_seat_twice_are_refused() -> None:
    concert, buyer = await make_concert(), await make_buyer()

    for indexes in ((), (1, 1)):
        with pytest.raises(InvalidInput) as refusal:
            await book(buyer, concert, ChosenSeats(1, indexes))
        assert refusal.value.path == ("input", "selection", "seats", "indexes")


async def test_seats_the_plan_does_not_have_are_named() -> None:
    concert = await make_concert(floor=5)

    with pytest.raises(booking.UnknownSeats) as refusal:
        await book(await make_buyer(), concert, -1, 3, 10, 99)

    assert refusal.value.indexes == (-1, 10, 99)


async def test_indexes_of_another_plan_version_are_refused() -> None:
    concert = await make_concert()

    with pytest.raises(booking.PlanChanged) as refusal:
        await book(await make_buyer(), concert, ChosenSeats(2, (0,)))

    assert refusal.value.plan_version == 1


async def test_before_the_sale_it_says_when_in_the_venues_zone() -> None:
    opens_at = utc_now() + timedelta(hours=2)
    concert = await make_concert(opens_at=opens_at)

    with pytest.raises(booking.SaleNotOpen) as refusal:
        await book(await make_buyer(), concert, 0)

    assert refusal.value.code == "SALE_NOT_OPEN"
    assert refusal.value.opens_at == opens_at
    assert "(America/Chicago)" in refusal.value.message
    assert 7195 <= (refusal.value.retry_after_seconds or 0) <= 7200


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (ConcertStatus.PAUSED, "SALE_PAUSED"),
        (ConcertStatus.CANCELLED, "SALE_CLOSED"),
        (ConcertStatus.POSTPONED, "SALE_CLOSED"),
    ],
)
async def test_not_on_sale_has_its_reason(status: ConcertStatus, code: str) -> None:
    concert = await make_concert(status=status)

    with pytest.raises(booking.SaleNotOpen) as refusal:
        await book(await make_buyer(), concert, 0)

    assert refusal.value.code == code
    assert refusal.value.opens_at is None
    assert refusal.value.message.startswith("The sale is")


async def test_a_sale_that_is_not_announced_has_no_date() -> None:
    concert = await make_concert(on_sale=False)

    with pytest.raises(booking.SaleNotOpen) as refusal:
        await book(await make_buyer(), concert, 0)

    assert refusal.value.code == "SALE_NOT_OPEN"
    assert refusal.value.opens_at is None
    assert "not announced" in refusal.value.message


async def test_unknown_draft_and_seatless_concerts_are_not_found() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    draft = await make_concert(status=ConcertStatus.DRAFT)
    seatless = await make_concert(rows=0)
    concert.id = uuid4()

    for missing in (concert, draft, seatless):
        with pytest.raises(NotFound):
            await book(buyer, missing, 0)


async def test_an_account_that_is_gone_must_sign_in_again() -> None:
    concert = await make_concert()
    ghost = Viewer(uuid4(), (await make_buyer()).role, utc_now())

    with pytest.raises(Unauthenticated):
        await book(ghost, concert, 0)


async def test_a_guest_books_as_a_buyer_does() -> None:
    concert = await make_concert()

    made = await book(view_as(await make_guest()), concert, 0)

    assert made.status_now is BookingStatus.PENDING
