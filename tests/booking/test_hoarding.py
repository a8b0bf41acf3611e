"""Nobody keeps seats from others: open bookings are counted, and so are minutes times seats."""

import asyncio
from uuid import uuid4

import pytest

from bigcat_graphql import booking, database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import (
    ChosenSeats,
    PendingBookingsExceeded,
    SeatMinutesExceeded,
)
from bigcat_graphql.booking.idempotency import Intent
from bigcat_graphql.booking.lane import Lane
from bigcat_graphql.booking.sales import read_sales
from bigcat_graphql.booking.wish import MUTATION, Outcome, Reserved, Wish
from bigcat_graphql.models import Booking, Concert
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel, change, extend, let_time_pass, make_older, pay
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")


async def kept_minutes(viewer: Viewer, concert: Concert) -> float:
    """Read how many minutes times seats count against an account."""

    async def read() -> float:
        found = await read_sales([(concert.id, viewer.account_id)])
        return found.of(concert.id, viewer.account_id).seat_seconds_kept / 60

    return await database.run_transaction(read)


async def submit_at_once(viewer: Viewer, wanted: list[tuple[Concert, int]]) -> list[Outcome]:
    """Wish for seats in five lanes, as of five processes."""
    lanes = [Lane() for _ in range(5)]
    wishes = [
        Wish(concert.id, chosen, Intent(viewer.account_id, MUTATION, uuid4().hex, (chosen,)))
        for concert, index in wanted
        for chosen in [ChosenSeats(1, (index,))]
    ]
    return await asyncio.gather(*(lanes[n % 5].submit(one) for n, one in enumerate(wishes)))


async def lapse(viewer: Viewer, concert: Concert, *indexes: int) -> Booking:
    """Keep seats for ten minutes without buying them."""
    made = await book(viewer, concert, *indexes)
    await make_older(made, minutes=11)
    return made


async def test_open_bookings_are_limited_over_all_concerts() -> None:
    buyer = await make_buyer()
    first = await book(buyer, await make_concert(), 0)
    await book(buyer, await make_concert(), 0)
    concert = await make_concert()

    with override_settings(pending_bookings_max=2):
        with pytest.raises(PendingBookingsExceeded) as refusal:
            await book(buyer, concert, 0)
        assert (refusal.value.limit, refusal.value.remaining) == (2, 0)
        assert 590 <= (refusal.value.retry_after_seconds or 0) <= 600

        await cancel(buyer, first)
        await book(buyer, concert, 0)


async def test_bookings_that_are_paid_or_over_are_not_open() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    with override_settings(pending_bookings_max=1):
        await pay(buyer, await book(buyer, concert, 0))
        await let_time_pass(await book(buyer, concert, 1))
        await book(buyer, concert, 2)

        with pytest.raises(PendingBookingsExceeded):
            await book(buyer, concert, 3)


async def test_open_bookings_are_counted_exactly_under_parallel_requests() -> None:
    halls, buyer = [await make_concert(rows=4) for _ in range(4)], await make_buyer()

    with override_settings(pending_bookings_max=3):
        outcomes = await submit_at_once(buyer, [(halls[n % 4], n) for n in range(20)])

    assert sum(isinstance(one, Reserved) for one in outcomes) == 3
    assert sum(isinstance(one, PendingBookingsExceeded) for one in outcomes) == 17


async def test_keeping_seats_again_and_again_uses_the_budget_up() -> None:
    concert, buyer = await make_concert(ticket_limit=2), await make_buyer()
    with override_settings(seat_minutes_per_ticket=30):
        for _ in range(3):
            await lapse(buyer, concert, 0, 1)

        with pytest.raises(SeatMinutesExceeded) as refusal:
            await book(buyer, concert, 0)

        assert (refusal.value.limit, refusal.value.remaining) == (60, 0)
        assert refusal.value.path == ("input", "selection", "seats", "indexes")
        await book(buyer, await make_concert(ticket_limit=2), 0)
        await book(await make_buyer(), concert, 0)


async def test_the_sweeper_changes_nothing_about_the_budget() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    await lapse(buyer, concert, 0, 1)
    before = await kept_minutes(buyer, concert)

    await booking.sweep()

    assert await kept_minutes(buyer, concert) == before == 20


async def test_what_is_bought_or_given_back_at_once_costs_nothing() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    paid = await pay(buyer, await book(buyer, concert, 0))
    given_back = await pay(buyer, await book(buyer, concert, 1))
    for made in (paid, given_back):
        await make_older(made, minutes=100)
    await cancel(buyer, given_back)
    await cancel(buyer, await book(buyer, concert, 2, 3))

    assert await kept_minutes(buyer, concert) == pytest.approx(0, abs=1)


async def test_the_budget_is_exact_under_parallel_requests() -> None:
    concert, buyer = (
        await make_concert(rows=4, seats_per_row=10, ticket_limit=10),
        await make_buyer(),
    )
    with override_settings(seat_minutes_per_ticket=30, pending_bookings_max=100):
        for _ in range(3):
            await lapse(buyer, concert, *range(8))

        outcomes = await submit_at_once(buyer, [(concert, n) for n in range(10, 30)])

    # 300 minutes, of which 240 are used: six seats for ten minutes each are left.
    assert sum(isinstance(one, Reserved) for one in outcomes) == 6
    assert sum(isinstance(one, SeatMinutesExceeded) for one in outcomes) == 14


async def test_seats_given_back_early_were_kept_all_the_same() -> None:
    concert, buyer = await make_concert(rows=2, seats_per_row=8), await make_buyer()
    made = await book(buyer, concert, *range(8))
    await make_older(made, minutes=9)

    await change(buyer, made, remove=range(1, 8))

    # Eight for nine minutes, and one for the tenth.
    assert await kept_minutes(buyer, concert) == pytest.approx(73, abs=1)
    await change(buyer, made, add=ChosenSeats(1, (8,)))
    assert await kept_minutes(buyer, concert) == pytest.approx(74, abs=1)


async def test_adding_seats_obeys_the_budget() -> None:
    concert, buyer = await make_concert(ticket_limit=2), await make_buyer()
    with override_settings(seat_minutes_per_ticket=30):
        await lapse(buyer, concert, 0, 1)
        await lapse(buyer, concert, 0, 1)
        made = await book(buyer, concert, 0)
        await lapse(buyer, concert, 1)

        with pytest.raises(SeatMinutesExceeded) as refusal:
            await change(buyer, made, add=ChosenSeats(1, (2,)))

        assert refusal.value.path == ("input", "add", "seats", "indexes")
        # One for another takes no more of it.
        await change(buyer, made, add=ChosenSeats(1, (2,)), remove=[0])


async def test_extending_obeys_the_budget() -> None:
    concert, buyer = await make_concert(ticket_limit=1), await make_buyer()
    with override_settings(seat_minutes_per_ticket=30):
        await lapse(buyer, concert, 0)
        made = await book(buyer, concert, 1)
        await make_older(made, minutes=9)
        await extend(buyer, made)
        await make_older(made, minutes=9)

        with pytest.raises(SeatMinutesExceeded):
            await extend(buyer, made)
