"""Rivals at the same time, on connections of their own: what happened is asked of the database."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Sequence
from uuid import UUID, uuid4

import pytest

from bigcat_graphql import booking, database
from bigcat_graphql.booking import BestAvailable, BookingKey, invariants
from bigcat_graphql.booking.batch_statements import RESERVE_MANY
from bigcat_graphql.booking.events import Event
from bigcat_graphql.booking.resume import PaidSeats, hold_booking, serve_payment
from bigcat_graphql.errors import Busy
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking, BookingStatus, Concert, Seat, Ticket
from tests.booking.verbs import book, cancel, let_time_pass, pay, places, states
from tests.scenes import make_buyer, make_concert
from tests.waiting import until_waiting

pytestmark = pytest.mark.usefixtures("database")


async def outcomes(calls: Sequence[Awaitable[Booking]]) -> Counter[str]:
    """Run all at once and count what came of them."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    return Counter(
        "booked" if isinstance(result, Booking) else type(result).__name__ for result in results
    )


async def check_invariants(concert: Concert) -> None:
    assert await invariants.violations(concert.id) == {}


async def test_fifty_rivals_one_winner() -> None:
    concert = await make_concert()
    rivals = [await make_buyer() for _ in range(50)]

    seen = await outcomes([book(rival, concert, 3) for rival in rivals])

    assert seen == {"booked": 1, "SeatsUnavailable": 49}
    await check_invariants(concert)


async def test_overlapping_wishes_are_met_or_refused_whole() -> None:
    concert = await make_concert(rows=4, seats_per_row=15)
    rng = random.Random(7)
    rivals = [await make_buyer() for _ in range(120)]

    wishes = [rng.sample(range(60), 3) for _ in rivals]
    seen = await outcomes(
        [book(rival, concert, *wish) for rival, wish in zip(rivals, wishes, strict=True)]
    )

    assert set(seen) == {"booked", "SeatsUnavailable"}
    assert (await states(concert)).count("R") == 3 * seen["booked"]
    await check_invariants(concert)


async def test_whoever_waits_for_seats_waits_in_index_order(
    opened_database: database.DatabaseUrl, rival: database.Connection
) -> None:
    concert = await make_concert(rows=1, seats_per_row=20)
    accounts = [(await make_buyer()).account_id for _ in range(3)]
    rivals = [await database.connect(opened_database) for _ in accounts]

    # While seat 10 is held, each rival locks what it can and waits. Were the order not the same
    # for all, they would hold seats that the others need, and PostgreSQL would end one of them.
    await rival.execute("BEGIN")
    await rival.execute(
        "SELECT FROM seat WHERE concert_id = $1 AND index = 10 FOR UPDATE", concert.id
    )
    waiting = [
        asyncio.create_task(one.fetch(RESERVE_MANY, *_all_seats(concert, account)))
        for one, account in zip(rivals, accounts, strict=True)
    ]
    await until_waiting(rival, len(rivals))
    await rival.execute("COMMIT")
    taken = await asyncio.gather(*waiting)

    assert sorted(len(seats) for seats in taken) == [0, 0, 20]
    for one in rivals:
        await one.close()


def _all_seats(concert: Concert, account_id: UUID) -> list[object]:
    """Ask for twenty seats in an order of one's own."""
    made, indexes = new_id(), random.sample(range(20), 20)
    seats = [[concert.id] * 20, indexes, [made] * 20]
    return [*seats, [made], [concert.id], [account_id], ["R"], ["USD"], [20], 60.0]


async def test_a_rival_that_gives_up_leaves_the_seats_to_the_next() -> None:
    concert = await make_concert()
    first, second = await make_buyer(), await make_buyer()
    await book(await make_buyer(), concert, 9)

    # The first wants seats 0 and 9 and gets none; that must not cost the second seat 0.
    seen = await outcomes([book(first, concert, 0, 9), book(second, concert, 0)])

    assert seen == {"booked": 1, "SeatsUnavailable": 1}
    assert await states(concert) == "RAAAAAAAAR"


async def test_an_accounts_limit_is_exact_under_parallel_requests() -> None:
    concert = await make_concert(rows=6, seats_per_row=10, ticket_limit=5)
    buyer = await make_buyer()

    seen = await outcomes([book(buyer, concert, index) for index in range(50)])

    assert seen == {"booked": 5, "TicketsPerAccountExceeded": 45}


async def test_every_place_is_sold_and_none_twice() -> None:
    concert = await make_concert(rows=0, floor=60)
    rivals = [await make_buyer() for _ in range(40)]

    seen = await outcomes([book(rival, concert, places(2)) for rival in rivals])

    assert seen == {"booked": 30, "NotEnoughSeats": 10}
    await check_invariants(concert)


async def test_best_available_rivals_get_different_seats() -> None:
    concert = await make_concert(rows=10, seats_per_row=10)
    rivals = [await make_buyer() for _ in range(30)]

    seen = await outcomes([book(rival, concert, BestAvailable(2)) for rival in rivals])

    assert set(seen) <= {"booked", "Busy"}
    assert (await states(concert)).count("R") == 2 * seen["booked"]
    await check_invariants(concert)


async def test_ten_repeats_at_once_are_one_booking() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    key = uuid4().hex

    made = await asyncio.gather(*(book(buyer, concert, 0, 1, key=key) for _ in range(10)))

    assert len({one.id for one in made}) == 1
    assert await Booking.filter(concert_id=concert.id).count() == 1


async def test_paying_and_cancelling_at_once_has_one_outcome() -> None:
    concert = await make_concert(rows=8, seats_per_row=10, ticket_limit=8)
    for index in range(0, 40, 2):
        buyer = await make_buyer()
        made = await book(buyer, concert, index, index + 1)

        results = await asyncio.gather(
            pay(buyer, made), cancel(buyer, made), return_exceptions=True
        )

        assert all(isinstance(one, Booking | booking.WrongBookingState) for one in results)
    await check_invariants(concert)


async def test_paying_too_late_against_a_taker_leaves_one_owner() -> None:
    concert = await make_concert(rows=8, seats_per_row=10)
    for index in range(0, 30, 3):
        slow, quick = await make_buyer(), await make_buyer()
        made = await book(slow, concert, index, index + 1)
        await let_time_pass(made)

        await asyncio.gather(
            pay(slow, made),
            book(quick, concert, index + 1, index + 2),
            booking.sweep(),
            return_exceptions=True,
        )

        owner = await Booking.get(concert_id=concert.id, id=made.id)
        assert owner.status is not BookingStatus.CONFIRMED
    assert await Ticket.filter(concert_id=concert.id).count() == 0


async def test_sweepers_on_many_nodes_free_each_seat_once() -> None:
    concert = await make_concert(rows=5, seats_per_row=10)
    for index in range(0, 50, 2):
        await let_time_pass(await book(await make_buyer(), concert, index, index + 1))
    versions = {seat.index: seat.version for seat in await Seat.filter(concert_id=concert.id)}

    changed = sum(await asyncio.gather(*(booking.sweep(limit=7) for _ in range(30))))
    while more := await booking.sweep():
        changed += more

    assert changed == 25 + 50
    for seat in await Seat.filter(concert_id=concert.id):
        assert (seat.status, seat.version) == ("A", versions[seat.index] + 1)


async def test_a_seat_somebody_holds_locked_makes_others_busy_not_stuck(
    rival: database.Connection,
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    async with rival.transaction():
        await rival.execute("SELECT 1 FROM seat WHERE concert_id = $1 FOR UPDATE", concert.id)

        with pytest.raises(Busy):
            await book(buyer, concert, 0)

    assert (await book(buyer, concert, 0)).status_now is BookingStatus.PENDING


async def let_end_soon(made: Booking) -> None:
    """Let a PENDING booking's time be over in a second."""
    for table, column in (("booking", "id"), ("seat", "booking_id")):
        await database.execute(
            f"UPDATE {table} SET reserved_until = now() + interval '1 second'"
            f" WHERE concert_id = $1 AND {column} = $2",
            made.concert_id,
            made.id,
        )


async def until_over(made: Booking) -> None:
    while (await booking.get_booking(BookingKey.of(made))).status_now is BookingStatus.PENDING:
        await asyncio.sleep(0.05)


async def test_what_is_paid_as_its_time_ends_counts_among_what_its_account_has(
    rival: database.Connection,
) -> None:
    concert, buyer = await make_concert(ticket_limit=2), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await let_end_soon(made)
    await rival.execute("BEGIN")
    await rival.execute(
        "SELECT FROM seat WHERE concert_id = $1 AND index = 0 FOR SHARE", concert.id
    )
    paying = asyncio.create_task(pay(buyer, made))
    await until_waiting(rival)
    await until_over(made)

    more = asyncio.create_task(book(buyer, concert, 5, 6))
    await until_waiting(rival, 2)
    await rival.execute("COMMIT")

    assert (await paying).status_now is BookingStatus.CONFIRMED
    with pytest.raises(booking.TicketsPerAccountExceeded):
        await more
    assert await states(concert) == "BBAAAAAAAA"


async def test_whoever_took_others_meanwhile_cannot_pay_for_what_lapsed(
    rival: database.Connection,
) -> None:
    concert, buyer = await make_concert(ticket_limit=2), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await let_end_soon(made)
    await rival.execute("BEGIN")
    await rival.execute(
        "INSERT INTO idempotency_key (id, account_id, mutation, key, request_hash, created_at)"
        " VALUES ($1, $2, 'payBooking', 'k', '', now())",
        new_id(),
        buyer.account_id,
    )
    paying = asyncio.create_task(pay(buyer, made, key="k"))
    await until_waiting(rival)
    await until_over(made)

    await book(buyer, concert, 5, 6)
    await rival.execute("ROLLBACK")

    with pytest.raises(booking.WrongBookingState):
        await paying
    assert await Ticket.all().count() == 0


async def test_a_payment_whose_time_ends_while_it_waits_takes_its_seats_back(
    rival: database.Connection,
) -> None:
    concert, buyer = await make_concert(ticket_limit=2), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await let_end_soon(made)
    await rival.execute("BEGIN")
    await rival.execute("SELECT FROM account WHERE id = $1 FOR UPDATE", buyer.account_id)

    async def serve() -> list[Event]:
        held = await hold_booking(BookingKey.of(made))
        return await serve_payment(held, PaidSeats((0, 1), (6500, 6500)))

    serving = asyncio.create_task(database.run_transaction(serve))
    await until_waiting(rival)
    await until_over(made)
    await rival.execute("COMMIT")

    assert await serving
    assert await states(concert) == "BBAAAAAAAA"
