"""Waiting lists among rivals: locks, crashes, pauses, limits, and halls that are not quite full."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from bigcat_graphql import database
from bigcat_graphql.booking import BookingKey, SeatsUnavailable, cancel_booking
from bigcat_graphql.booking.expire import sweep
from bigcat_graphql.booking.gate import Pair, find_turned_away, put_up
from bigcat_graphql.booking.statements import CANCEL_BOOKING, RELEASE_ALL
from bigcat_graphql.catalogue import ConcertFilter, ConcertOrder, PageRequest, search_concerts
from bigcat_graphql.catalogue.availability import forget_counts, seat_counts
from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import Busy, DomainError, NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Payment, PaymentStatus, SeatType, WaitlistStatus
from bigcat_graphql.money import Money
from bigcat_graphql.waitlist import NotSoldOut, Wish, join_waitlist, leave_waitlist, offering
from bigcat_graphql.waitlist.offering import hand_out_again, let_go_of_gathered
from tests.scenes import make_buyer
from tests.waiting import until_waiting
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
CLAIMED, LEFT = WaitlistStatus.CLAIMED, WaitlistStatus.LEFT


async def test_a_place_that_is_left_while_it_is_offered_takes_the_offer_with_it(
    rival: Connection,
) -> None:
    # The offer is made between reading the place and leaving it.
    concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    (ada, first), (_, second) = await wait_for(concert), await wait_for(concert)
    async with rival.transaction():
        await rival.execute("SELECT FROM waitlist_entry WHERE id = $1 FOR UPDATE", first.id)
        leaving = asyncio.create_task(leave_waitlist(ada, concert_id=concert.id, entry_id=first.id))
        await until_waiting(rival)
        giving = asyncio.create_task(give_back(holder, key))
        await until_waiting(rival, 2)
        queries = await rival.fetch(
            "SELECT query FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    left, _ = await asyncio.gather(leaving, giving)
    # Each waits for the list before an entry, or they would wait for each other in a ring.
    assert not any("OFFERED" in row["query"] for row in queries)
    assert left.status_now is LEFT
    assert (await now(second)).status_now is OFFERED
    assert await letters(concert.id) == "R"
    pending = await database.fetch_all(
        "SELECT id FROM booking WHERE concert_id = $1 AND account_id = $2 AND status = 'PENDING'",
        concert.id,
        ada.account_id,
    )
    assert not pending


async def test_an_offer_made_just_before_leaving_is_declined_with_it() -> None:
    for _ in range(5):
        concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
        (ada, first), (_, second) = await wait_for(concert), await wait_for(concert)
        left, _ = await asyncio.gather(
            leave_waitlist(ada, concert_id=concert.id, entry_id=first.id), give_back(holder, key)
        )
        assert left.status_now is LEFT
        assert (await now(second)).status_now is OFFERED


async def test_an_offer_that_is_being_paid_cannot_be_left() -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    ada, entry = await wait_for(concert)
    await give_back(holder, key)
    offer = (await now(entry)).booking_id
    assert offer
    await begin_paying(BookingKey(concert.id, offer))
    with pytest.raises(Busy):
        await leave_waitlist(ada, concert_id=concert.id, entry_id=entry.id)
    assert (await now(entry)).status_now is OFFERED


async def begin_paying(key: BookingKey) -> None:
    await Payment.create(
        id=new_id(),
        concert_id=key.concert_id,
        booking_id=key.booking_id,
        status=PaymentStatus.CREATED,
        amount_minor=6500,
        currency="USD",
        provider="demo",
        created_at=utc_now(),
        updated_at=utc_now(),
    )


async def test_a_crash_between_release_and_offer_loses_nothing(rival: Connection) -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    _, entry = await wait_for(concert)
    async with rival.transaction():
        # The seat is freed already when the transaction waits for the list.
        await rival.execute("SELECT FROM waitlist WHERE concert_id = $1 FOR UPDATE", concert.id)
        cancelling = asyncio.create_task(
            cancel_booking(holder, name=key, ticket_ids=None, idempotency_key="one")
        )
        await until_waiting(rival)
        # Nobody is told, nothing is begun again: as if the server had died.
        cancelling.cancel()
        await asyncio.gather(cancelling, return_exceptions=True)
    assert await letters(concert.id) == "R"
    assert (await now(entry)).status_now is WAITING
    await cancel_booking(holder, name=key, ticket_ids=None, idempotency_key="one")
    assert await seats_of(entry) == [0]


async def test_the_last_tickets_are_not_offered_to_who_is_booking_them(rival: Connection) -> None:
    # Whoever books holds the account: how many tickets it will have is not known yet.
    concert, held = await make_sold_out(holders=[[0], [1]], rows=1, seats_per_row=2)
    ada, first = await wait_for(concert)
    _, second = await wait_for(concert)
    async with rival.transaction():
        await rival.execute("SELECT FROM account WHERE id = $1 FOR UPDATE", ada.account_id)
        await give_back(*held[0])
    assert (await now(first)).status_now is WAITING
    assert await seats_of(second) == [0]
    await give_back(*held[1])
    assert await seats_of(first) == [1]


async def test_nobody_gets_more_than_they_may_by_booking_and_waiting_at_once() -> None:
    blocked = "UPDATE seat SET status = $1 WHERE concert_id = $2 AND index = 2"
    for _ in range(6):
        concert, held = await make_sold_out(
            holders=[[0], [1]], rows=1, seats_per_row=3, ticket_limit=1, seats_per_booking=1
        )
        await database.execute(blocked, "X", concert.id)
        ada, _ = await wait_for(concert)
        await database.execute(blocked, "A", concert.id)
        await asyncio.gather(
            give_back(*held[0]), take(ada, concert, 2), give_back(*held[1]), return_exceptions=True
        )
        rows = await database.fetch_all(
            "SELECT index FROM seat s JOIN booking b ON b.concert_id = s.concert_id"
            " AND b.id = s.booking_id WHERE b.account_id = $1",
            ada.account_id,
        )
        assert len(rows) == 1


async def test_all_who_wait_are_looked_at_however_many_do_not_fit() -> None:
    concert, held = await make_sold_out(holders=[[0], [1]], rows=2, seats_per_row=1, premium_rows=1)
    _, template = await wait_for(concert, max_price=Money(1, "USD"))
    await database.execute(
        "INSERT INTO waitlist_entry (id, concert_id, account_id, status, quantity, together,"
        " accessible, max_price_minor, created_at) SELECT gen_random_uuid(), e.concert_id, a.id,"
        " 'WAITING', 1, false, false, 1, e.created_at FROM waitlist_entry e, account a, ("
        "  SELECT 1) x WHERE e.id = $1 AND a.id <> e.account_id",
        template.id,
    )
    fits = [(await wait_for(concert))[1]]
    with lines_of(1):
        await give_back(*held[0])
    assert await seats_of(fits[0]) == [0]


@contextmanager
def lines_of(count: int) -> Iterator[None]:
    before, offering._LINE_FIRST = offering._LINE_FIRST, count
    try:
        yield
    finally:
        offering._LINE_FIRST = before


async def test_seats_freed_while_the_sale_is_paused_are_kept_for_who_waits() -> None:
    concert, held = await make_sold_out(holders=[[0], [1]], rows=1, seats_per_row=2)
    _, entry = await wait_for(concert)
    await database.execute("UPDATE concert SET status = 'PAUSED'")
    await give_back(*held[0])
    assert await letters(concert.id) == "XR"
    assert await let_go_of_gathered() == 0
    await give_back(*held[1])
    assert await letters(concert.id) == "XX"
    await database.execute("UPDATE concert SET status = 'PUBLISHED'")
    with pytest.raises(SeatsUnavailable):
        await take(await make_buyer(), concert, 0)
    assert await let_go_of_gathered() == 1
    assert len(await seats_of(entry)) == 1
    assert sorted(await letters(concert.id)) == ["A", "R"]


async def test_seats_freed_by_a_sale_that_is_over_are_nobodys() -> None:
    concert, held = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    _, entry = await wait_for(concert)
    await database.execute("UPDATE concert SET status = 'CANCELLED'")
    await give_back(*held[0])
    assert await letters(concert.id) == "A"
    assert (await now(entry)).status_now is WAITING


async def test_one_may_wait_for_what_is_sold_out_though_other_seats_are_left() -> None:
    concert, held = await make_sold_out(
        holders=[[0, 1, 2], [3, 5, 6, 7]], rows=2, seats_per_row=4, premium_rows=1
    )
    await give_back(*held[0])
    fan = await make_fan()
    for wish in (Wish(3, together=True), Wish(1, seat_types=(SeatType.REGULAR,)), Wish(1)):
        with pytest.raises(NotSoldOut):
            await join_waitlist(fan, concert_id=concert.id, wish=wish)
    _, four = await wait_for(concert, 4, together=True)
    _, pair = await wait_for(concert, 2, seat_types=(SeatType.REGULAR,))
    await give_back(*held[1])
    assert await seats_of(four) == [0, 1, 2, 3]
    assert len(await seats_of(pair)) == 2


async def test_free_and_priced_seats_offered_at_once_are_each_what_they_are() -> None:
    concert, held = await make_sold_out(
        holders=[[0, 1]], rows=2, seats_per_row=1, premium_rows=1, price_minor=0, premium_minor=900
    )
    entries = [(await wait_for(concert))[1] for _ in range(2)]
    await give_back(*held[0])
    statuses = {tuple(await seats_of(one)): (await now(one)).status_now for one in entries}
    assert statuses == {(0,): OFFERED, (1,): CLAIMED}


async def test_while_somebody_waits_seats_whose_time_is_over_are_shown_as_reserved() -> None:
    concert, [(_, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    await let_time_pass(key)
    forget_counts()
    assert (await seat_counts([concert.id]))[concert.id].available == 1
    await join_waitlist(await make_fan(), concert_id=concert.id, wish=Wish(1, together=True))
    forget_counts()
    counts = (await seat_counts([concert.id]))[concert.id]
    assert (counts.available, counts.reserved) == (0, 1)
    for available in (True, False):
        page = await search_concerts(
            ConcertFilter(available=available), ConcertOrder(), PageRequest()
        )
        assert bool(page.items) is not available


async def test_whom_a_presale_is_not_for_cannot_wait_for_its_seats() -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    uninvited, invited = await make_fan(), await make_fan()

    async def only_invited(pairs: Sequence[Pair]) -> dict[Pair, DomainError]:
        return {pair: NotFound() for pair in pairs if pair[1] != invited.account_id}

    put_up(find_turned_away, invited=only_invited)
    try:
        with pytest.raises(NotFound):
            await join_waitlist(uninvited, concert_id=concert.id, wish=Wish(1))
        entry = await join_waitlist(invited, concert_id=concert.id, wish=Wish(1))
    finally:
        put_up(nobody_is_turned_away)
    await give_back(holder, key)
    assert await seats_of(entry) == [0]


async def nobody_is_turned_away(_: Sequence[Pair]) -> dict[Pair, DomainError]:
    return {}


async def test_a_connection_lost_between_release_and_offer_is_made_good(rival: Connection) -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    _, entry = await wait_for(concert)
    async with rival.transaction():
        await rival.execute("SELECT FROM waitlist WHERE concert_id = $1 FOR UPDATE", concert.id)
        giving = asyncio.create_task(give_back(holder, key))
        await until_waiting(rival)
        await rival.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    await giving  # again, on another connection
    assert await seats_of(entry) == [0]


async def test_who_was_busy_when_a_seat_came_back_is_looked_at_again(rival: Connection) -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    ada, entry = await wait_for(concert)
    await hand_out_again()
    async with rival.transaction():
        await rival.execute("SELECT FROM account WHERE id = $1 FOR UPDATE", ada.account_id)
        await give_back(holder, key)
    assert await letters(concert.id) == "A"
    await hand_out_again()
    assert await seats_of(entry) == [0]


async def test_a_look_that_fails_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    concert, [(_, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    _, entry = await wait_for(concert)
    await database.execute(RELEASE_ALL, key.concert_id, key.booking_id)
    await database.execute(CANCEL_BOOKING, key.concert_id, key.booking_id, "BUYER")

    async def break_down(_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(offering, "hand_out", break_down)
        await hand_out_again()
    assert "looking_again_failed" in {line["event"] for line in logs}
    assert (await now(entry)).status_now is WAITING
    await hand_out_again()
    assert await seats_of(entry) == [0]


async def test_who_joins_while_a_seat_is_given_back_is_looked_at_again(rival: Connection) -> None:
    concert, [(_, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    async with rival.transaction():
        # As a cancellation does that has looked for a list, and commits a moment later.
        await rival.execute(RELEASE_ALL, key.concert_id, key.booking_id)
        await rival.execute(CANCEL_BOOKING, key.concert_id, key.booking_id, "BUYER")
        _, entry = await wait_for(concert)
    assert (await now(entry)).status_now is WAITING
    await hand_out_again()
    assert await seats_of(entry) == [0]


async def test_what_may_be_being_paid_counts_until_the_sweeper_comes(rival: Connection) -> None:
    concert, held = await make_sold_out(holders=[[0]], rows=1, seats_per_row=2, ticket_limit=2)
    fan = await make_fan()
    own = await take(fan, concert, 1)
    forget_counts()
    entry = await join_waitlist(fan, concert_id=concert.id, wish=Wish(1))
    await rival.execute(
        "UPDATE concert SET ticket_limit = 1, seats_per_booking = 1 WHERE id = $1", concert.id
    )
    await let_time_pass(own)
    await give_back(*held[0])
    assert await letters(concert.id) == "AR"
    await sweep()
    assert len(await seats_of(entry)) == 1


async def test_who_gives_out_seats_does_not_wait_for_gathered_ones(rival: Connection) -> None:
    concert, held = await make_sold_out(holders=[[0], [1, 2]], rows=1, seats_per_row=3)
    (ada, pair), (_, single) = await wait_for(concert, 2, together=True), await wait_for(concert)
    await database.execute("UPDATE waitlist_entry SET times_passed_over = 5 WHERE id = $1", pair.id)
    await give_back(*held[0])
    async with rival.transaction():
        # As a lane does that wants the seat beside it, and may wait for one that is given back.
        await rival.execute("SELECT FROM seat WHERE index = 0 FOR NO KEY UPDATE")
        await leave_waitlist(ada, concert_id=concert.id, entry_id=pair.id)
        assert await letters(concert.id) == "XRR"
    await hand_out_again()
    assert await seats_of(single) == [0]
