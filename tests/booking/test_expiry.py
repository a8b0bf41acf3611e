import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from bigcat_graphql import booking, database
from bigcat_graphql.booking import BookingFilter, BookingKey
from bigcat_graphql.booking.events import BookingChanged, Event, SeatsChanged, after_commit
from bigcat_graphql.catalogue.pages import PageRequest
from bigcat_graphql.models import Booking, BookingStatus, SeatStatus
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel, let_time_pass, states
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")


async def test_a_lapsed_booking_shows_expired_before_any_sweep() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await let_time_pass(made)

    seen = await booking.find_booking(buyer, BookingKey.of(made))

    assert seen is not None
    assert seen.status is BookingStatus.PENDING
    assert seen.status_now is BookingStatus.EXPIRED
    assert (seen.reserved_until, seen.seconds_left, seen.cancellable_until) == (None, None, None)
    key = BookingKey.of(made)
    assert (await booking.seats_of([key]))[key] == []
    (seat,) = await booking.seats_at(concert.id, [0])
    assert seat.status is SeatStatus.AVAILABLE


async def test_the_sweep_writes_and_tells() -> None:
    concert = await make_concert()
    made = await book(await make_buyer(), concert, 0, 1)
    await let_time_pass(made)
    told: list[Event] = []
    stop = after_commit(told.append)

    changed = await booking.sweep()
    stop()

    assert changed == 1 + 2
    assert await states(concert) == "A" * 10
    (seats,) = [event for event in told if isinstance(event, SeatsChanged)]
    assert [change.index for change in seats.changes] == [0, 1]
    (ended,) = [event for event in told if isinstance(event, BookingChanged)]
    assert ended.booking_id == made.id
    assert await booking.sweep() == 0


async def test_what_is_in_its_time_is_left_alone() -> None:
    concert = await make_concert()
    made = await book(await make_buyer(), concert, 0)

    assert await booking.sweep() == 0

    assert (await Booking.get(id=made.id)).status is BookingStatus.PENDING
    assert await states(concert) == "RAAAAAAAAA"


async def test_a_seat_taken_over_meanwhile_stays_with_its_new_owner() -> None:
    concert = await make_concert()
    await let_time_pass(await book(await make_buyer(), concert, 0, 1))
    await book(await make_buyer(), concert, 0)

    await booking.sweep()

    assert await states(concert) == "RAAAAAAAAA"


async def test_a_lapsed_seat_whose_booking_has_ended_is_found_as_well() -> None:
    concert = await make_concert()
    made = await book(await make_buyer(), concert, 0)
    await let_time_pass(made)
    await database.execute(
        "UPDATE booking SET status = 'EXPIRED', reserved_until = NULL, ended_at = now()"
        " WHERE id = $1",
        made.id,
    )

    assert await booking.sweep() == 1


async def test_the_loop_frees_seats_and_outlives_a_lost_database() -> None:
    concert = await make_concert()
    await let_time_pass(await book(await make_buyer(), concert, 0))
    await database.execute("ALTER TABLE seat RENAME TO seat_away")

    with override_settings(sweep_seconds=0.02), capture_logs() as logs:
        sweeper = asyncio.create_task(booking.sweep_for_ever())
        while not any(line["event"] == "sweep_failed" for line in logs):
            await asyncio.sleep(0.01)
        await database.execute("ALTER TABLE seat_away RENAME TO seat")
        while await states(concert) != "A" * 10:
            await asyncio.sleep(0.01)
        sweeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeper


async def test_a_rushs_keys_are_forgotten_as_fast_as_they_were_written() -> None:
    buyer = await make_buyer()
    await database.execute(
        "INSERT INTO idempotency_key (id, account_id, mutation, key, request_hash, created_at)"
        " SELECT gen_random_uuid(), $1, 'bookSeats', n::text, '', now() - interval '49 hours'"
        " FROM generate_series(1, 2500) n",
        buyer.account_id,
    )

    with override_settings(sweep_seconds=0.02):
        sweeper = asyncio.create_task(booking.sweep_for_ever())
        async with asyncio.timeout(60):
            while await database.fetch_all("SELECT 1 FROM idempotency_key LIMIT 1"):
                await asyncio.sleep(0.01)
        sweeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeper


async def test_history_shows_and_filters_by_the_status_of_now() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    lapsed = await book(buyer, concert, 0)
    pending = await book(buyer, concert, 1)
    gone = await cancel(buyer, await book(buyer, concert, 2))
    elsewhere = await book(buyer, await make_concert(), 0)
    await let_time_pass(lapsed)

    async def ids(**conditions: object) -> list[object]:
        chosen = BookingFilter(**conditions)  # type: ignore[arg-type]  # a test's shorthand
        page = await booking.bookings_of(buyer.account_id, chosen, PageRequest())
        assert await booking.count_bookings(buyer.account_id, chosen) == len(page.items)
        return [made.id for made in page.items]

    assert await ids() == [elsewhere.id, gone.id, pending.id, lapsed.id]
    assert await ids(status=[BookingStatus.EXPIRED]) == [lapsed.id]
    assert await ids(status=[BookingStatus.PENDING], concert_id=concert.id) == [pending.id]
    assert await ids(status=[]) == []


async def test_history_goes_on_from_a_cursor_both_ways() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = [(await book(buyer, concert, index)).id for index in range(5)]

    first = await booking.bookings_of(buyer.account_id, BookingFilter(), PageRequest(first=2))
    second = await booking.bookings_of(
        buyer.account_id, BookingFilter(), PageRequest(first=2, after=first.cursors[-1])
    )
    back = await booking.bookings_of(
        buyer.account_id, BookingFilter(), PageRequest(last=2, before=second.cursors[0])
    )

    assert [one.id for one in first.items + second.items] == made[:0:-1]
    assert back.items == first.items
