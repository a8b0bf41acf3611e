"""A waiting list: who is first and fits gets what is freed, before anybody else can."""

import asyncio
from uuid import uuid4

import pytest

from bigcat_graphql import database
from bigcat_graphql.booking import (
    BestAvailable,
    BookingKey,
    GeneralAdmission,
    NotEnoughSeats,
    SeatsPerBookingExceeded,
    SeatsUnavailable,
    TicketsPerAccountExceeded,
    book_seats,
    cancel_booking,
    change_seats,
)
from bigcat_graphql.booking.expire import sweep
from bigcat_graphql.catalogue import PageRequest, SeatFeature
from bigcat_graphql.catalogue.availability import forget_counts
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.models import ConcertStatus, SeatType, WaitlistStatus
from bigcat_graphql.money import Money
from bigcat_graphql.waitlist import (
    EmailNotVerified,
    NotSoldOut,
    Wish,
    count_entries,
    entries_of,
    is_open,
    join_waitlist,
    leave_waitlist,
)
from bigcat_graphql.waitlist.offering import let_go_of_gathered
from tests.scenes import make_buyer, make_concert
from tests.waitlist.lists import (
    give_back,
    let_time_pass,
    letters,
    make_fan,
    make_sold_out,
    now,
    seats_of,
    take,
    wait_for,
)

pytestmark = pytest.mark.usefixtures("list_comes_first")

WAITING, OFFERED = WaitlistStatus.WAITING, WaitlistStatus.OFFERED
DECLINED, EXPIRED = WaitlistStatus.DECLINED, WaitlistStatus.EXPIRED
CLAIMED, LEFT = WaitlistStatus.CLAIMED, WaitlistStatus.LEFT


async def test_a_freed_seat_is_offered_to_the_first_who_waits_and_never_shown_free() -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    (_, first), (_, second) = await wait_for(concert), await wait_for(concert)
    assert [(await now(one)).position for one in (first, second)] == [1, 2]

    await give_back(holder, key)
    assert await letters(concert.id) == "R"
    found = await now(first)
    assert (found.status_now, found.position) == (OFFERED, None)
    assert await seats_of(first) == [0]
    assert (await now(second)).position == 1


async def test_seats_whose_time_is_over_are_not_the_publics_while_somebody_waits() -> None:
    concert, [(_, key)] = await make_sold_out(holders=[[0, 1]], rows=1, seats_per_row=2)
    _, entry = await wait_for(concert, 2)
    await let_time_pass(key)
    rival = await make_buyer()
    with pytest.raises(SeatsUnavailable):
        await take(rival, concert, 0)
    with pytest.raises(NotEnoughSeats):
        await book_seats(
            rival, concert_id=concert.id, selection=BestAvailable(1), idempotency_key="k"
        )
    await sweep()
    assert await seats_of(entry) == [0, 1]


async def test_what_a_change_of_seats_gives_back_is_offered_too() -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0, 1, 2]], rows=1, seats_per_row=3)
    _, entry = await wait_for(concert)
    await change_seats(holder, key=key, add=None, remove_indexes=(2,), idempotency_key="k")
    assert await seats_of(entry) == [2]


async def test_an_offer_that_is_declined_or_not_paid_in_time_goes_to_the_next() -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    (ada, first), (_, second), (_, third) = [await wait_for(concert) for _ in range(3)]
    await give_back(holder, key)
    offer = (await now(first)).booking_id
    assert offer
    await cancel_booking(
        ada, name=BookingKey(concert.id, offer), ticket_ids=None, idempotency_key="k"
    )
    assert (await now(first)).status_now is DECLINED
    assert (await now(second)).status_now is OFFERED

    offer = (await now(second)).booking_id
    assert offer
    await let_time_pass(BookingKey(concert.id, offer))
    assert (await now(second)).status_now is EXPIRED
    await sweep()
    assert (await now(third)).status_now is OFFERED


async def test_who_leaves_gives_the_offer_up_with_the_place() -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    (ada, first), (ben, second) = await wait_for(concert), await wait_for(concert)
    await give_back(holder, key)
    left = await leave_waitlist(ada, concert_id=concert.id, entry_id=first.id)
    assert left.status_now is LEFT
    assert (await now(second)).status_now is OFFERED
    again = await leave_waitlist(ada, concert_id=concert.id, entry_id=first.id)
    assert again.status_now is LEFT
    with pytest.raises(NotFound):
        await leave_waitlist(ada, concert_id=concert.id, entry_id=second.id)
    await leave_waitlist(ben, concert_id=concert.id, entry_id=second.id)
    assert await letters(concert.id) == "A"


async def test_an_offer_that_costs_nothing_is_a_ticket_at_once() -> None:
    concert, held = await make_sold_out(holders=[[0], [1]], rows=1, seats_per_row=2, price_minor=0)
    _, entry = await wait_for(concert)
    await give_back(*held[0])
    assert (await now(entry)).status_now is CLAIMED
    assert await letters(concert.id) == "BB"


async def test_wishes_are_heeded_and_who_does_not_fit_is_passed_over() -> None:
    concert, held = await make_sold_out(
        holders=[[0], [5], [1, 2, 3, 4], [6, 7, 8, 9]],
        rows=2,
        seats_per_row=5,
        premium_rows=1,
        marks=[(SeatFeature.ACCESSIBLE, [9])],
    )
    _, cheap = await wait_for(concert, max_price=Money(6500, "USD"))
    _, premium = await wait_for(concert, seat_types=(SeatType.PREMIUM,))
    _, wheels = await wait_for(concert, accessible=True)
    await give_back(*held[0])
    assert await seats_of(premium) == [0]
    assert (await now(cheap)).times_passed_over == 1
    await give_back(*held[1])
    assert await seats_of(cheap) == [5]
    await give_back(*held[3])
    assert await seats_of(wheels) == [9]
    assert await letters(concert.id) == "RRRRRRAAAR"


async def test_a_group_that_wants_to_sit_together_does() -> None:
    concert, held = await make_sold_out(holders=[[0], [1], [2], [3], [4]], rows=1, seats_per_row=5)
    _, pair = await wait_for(concert, 2, together=True)
    await give_back(*held[0])
    await give_back(*held[2])
    assert (await now(pair)).status_now is WAITING
    assert await letters(concert.id) == "ARARR"  # nobody else waits for them
    await give_back(*held[1])
    seats = await seats_of(pair)
    assert seats in ([0, 1], [1, 2])


async def test_a_group_that_need_not_sit_together_takes_what_there_is() -> None:
    concert, held = await make_sold_out(holders=[[0, 2, 4], [1, 3]], rows=1, seats_per_row=5)
    _, three = await wait_for(concert, 3)
    await give_back(*held[0])
    assert await seats_of(three) == [0, 2, 4]


async def test_places_of_an_area_are_offered_as_well() -> None:
    concert = await make_concert(rows=0, floor=3)
    holder = await make_buyer()
    booking = await book_seats(
        holder,
        concert_id=concert.id,
        selection=GeneralAdmission("floor", 3),
        idempotency_key="k",
    )
    forget_counts()
    _, entry = await wait_for(concert, 2, section_keys=("floor",))
    await give_back(holder, BookingKey.of(booking))
    assert len(await seats_of(entry)) == 2


async def test_after_five_times_seats_are_gathered_for_a_group_until_it_fits() -> None:
    concert, held = await make_sold_out(
        holders=[[0], [2], [4], [6], [8], [1], [3], [5, 7, 9]], rows=1, seats_per_row=10
    )
    _, pair = await wait_for(concert, 2, together=True)
    singles = [(await wait_for(concert))[1] for _ in range(6)]
    for number in range(5):
        await give_back(*held[number])
    assert (await now(pair)).times_passed_over == 5
    assert [(await now(one)).status_now for one in singles[:5]] == [OFFERED] * 5

    await give_back(*held[5])  # seat 1: kept for the pair now, not the sixth single's
    assert (await now(singles[5])).status_now is WAITING
    assert (await letters(concert.id))[1] == "X"
    with pytest.raises(SeatsUnavailable):
        await take(await make_buyer(), concert, 1)

    first = (await now(singles[0])).booking_id
    assert first
    await let_time_pass(BookingKey(concert.id, first))
    await sweep()  # seat 0, beside it
    assert await seats_of(pair) == [0, 1]


async def test_what_was_gathered_in_vain_goes_on_after_half_an_hour() -> None:
    concert, held = await make_sold_out(holders=[[0], [1, 2]], rows=1, seats_per_row=3)
    _, pair = await wait_for(concert, 2, together=True)
    _, single = await wait_for(concert)
    await database.execute("UPDATE waitlist_entry SET times_passed_over = 5 WHERE id = $1", pair.id)
    await give_back(*held[0])
    assert (await letters(concert.id))[0] == "X"
    assert await let_go_of_gathered() == 0
    await database.execute("UPDATE gathered_seat SET gathered_until = now()")
    assert await let_go_of_gathered() == 1
    assert await seats_of(single) == [0]
    assert (await now(pair)).times_passed_over == 1


async def test_what_was_gathered_for_a_group_that_leaves_is_for_the_others() -> None:
    concert, held = await make_sold_out(holders=[[0], [1, 2]], rows=1, seats_per_row=3)
    (ada, pair), (_, single) = await wait_for(concert, 2, together=True), await wait_for(concert)
    await database.execute("UPDATE waitlist_entry SET times_passed_over = 5 WHERE id = $1", pair.id)
    await give_back(*held[0])
    await leave_waitlist(ada, concert_id=concert.id, entry_id=pair.id)
    assert await seats_of(single) == [0]


async def test_joining_again_changes_the_wishes_and_keeps_the_place() -> None:
    concert, _ = await make_sold_out(holders=[[0, 1]], rows=1, seats_per_row=2)
    ada, first = await wait_for(concert, 2)
    await wait_for(concert)
    again = await join_waitlist(ada, concert_id=concert.id, wish=Wish(1))
    assert (again.id, again.quantity, again.position) == (first.id, 1, 1)
    page = await entries_of(ada.account_id, PageRequest())
    assert [one.id for one in page.items] == [first.id]
    assert await count_entries(ada.account_id) == 1


async def test_joining_while_an_offer_is_good_gives_the_offer() -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    ada, entry = await wait_for(concert)
    await give_back(holder, key)
    again = await join_waitlist(ada, concert_id=concert.id, wish=Wish(1))
    assert (again.id, again.status_now) == (entry.id, OFFERED)


async def test_one_waits_only_for_what_is_sold_out_with_a_verified_mail_and_sense() -> None:
    concert, _ = await make_sold_out(
        holders=[[0, 1]], rows=1, seats_per_row=2, ticket_limit=2, seats_per_booking=2
    )
    free = await make_concert()
    fan = await make_fan()
    with pytest.raises(EmailNotVerified):
        await join_waitlist(await make_buyer(), concert_id=concert.id, wish=Wish(1))
    with pytest.raises(NotSoldOut) as refused:
        await join_waitlist(fan, concert_id=free.id, wish=Wish(1))
    assert refused.value.status is ConcertStatus.ON_SALE
    with pytest.raises(NotFound):
        await join_waitlist(fan, concert_id=uuid4(), wish=Wish(1))
    with pytest.raises(SeatsPerBookingExceeded):
        await join_waitlist(fan, concert_id=concert.id, wish=Wish(3))
    for wish in (
        Wish(0),
        Wish(9),
        Wish(1, section_keys=("x",)),
        Wish(1, max_price=Money(1, "JPY")),
    ):
        with pytest.raises(InvalidInput):
            await join_waitlist(fan, concert_id=concert.id, wish=wish)
    assert await is_open([concert.id, free.id]) == {concert.id: True, free.id: False}


async def test_who_has_as_many_tickets_as_they_may_is_not_offered_more() -> None:
    concert, held = await make_sold_out(
        holders=[[0], [1, 2]], rows=1, seats_per_row=3, ticket_limit=2, seats_per_booking=2
    )
    holder = held[1][0]
    await database.execute(
        "UPDATE account SET email_verified_at = now() WHERE id = $1", holder.account_id
    )
    with pytest.raises(TicketsPerAccountExceeded):
        await join_waitlist(holder, concert_id=concert.id, wish=Wish(1))
    _, entry = await wait_for(concert, 2)
    await database.execute("UPDATE concert SET ticket_limit = 1, seats_per_booking = 1")
    _, other = await wait_for(concert)
    await give_back(*held[0])
    assert (await now(entry)).status_now is WAITING
    assert (await now(other)).status_now is OFFERED


async def test_offers_neither_count_as_hoarding_nor_as_open_bookings() -> None:
    concert, held = await make_sold_out(
        holders=[[n] for n in range(6)], rows=1, seats_per_row=6, ticket_limit=8
    )
    ada, _ = await wait_for(concert, 6)
    for holder, key in held:
        await give_back(holder, key)
    others = [await make_concert() for _ in range(5)]
    for other in others:
        await take(ada, other, 0)


async def test_freed_seats_are_given_out_one_transaction_at_a_time() -> None:
    # Two halves of a pair, freed at the same moment by two buyers: the second sees the first's.
    for _ in range(5):
        concert, held = await make_sold_out(holders=[[0], [1]], rows=1, seats_per_row=2)
        _, pair = await wait_for(concert, 2, together=True)
        await asyncio.gather(*(give_back(holder, key) for holder, key in held))
        assert await seats_of(pair) == [0, 1]


async def test_a_rival_cannot_slip_in_between_release_and_offer() -> None:
    for _ in range(5):
        concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
        _, entry = await wait_for(concert)
        rivals = [await make_buyer() for _ in range(8)]
        outcomes = await asyncio.gather(
            give_back(holder, key),
            *(take(rival, concert, 0) for rival in rivals),
            return_exceptions=True,
        )
        assert all(isinstance(one, SeatsUnavailable) for one in outcomes[1:])
        assert await seats_of(entry) == [0]


async def test_a_seat_that_somebody_has_locked_is_left_out_not_waited_for(
    rival: Connection,
) -> None:
    concert, held = await make_sold_out(holders=[[0], [1]], rows=1, seats_per_row=2)
    await give_back(*held[0])
    forget_counts()
    await database.execute(
        "UPDATE seat SET status = 'X' WHERE concert_id = $1 AND index = 0", concert.id
    )
    _, entry = await wait_for(concert)
    await database.execute(
        "UPDATE seat SET status = 'A' WHERE concert_id = $1 AND index = 0", concert.id
    )
    async with rival.transaction():
        await rival.execute(
            "SELECT FROM seat WHERE concert_id = $1 AND index = 0 FOR UPDATE", concert.id
        )
        await give_back(*held[1])
        assert await seats_of(entry) == [1]
