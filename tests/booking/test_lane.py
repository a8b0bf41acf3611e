"""The lane: requests at the same time share a transaction, and none pays for another's fault."""

import asyncio
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from bigcat_graphql import booking, database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BestAvailable, ChosenSeats
from bigcat_graphql.booking.events import Event, after_commit
from bigcat_graphql.booking.idempotency import Intent
from bigcat_graphql.booking.lane import Lane
from bigcat_graphql.booking.wish import MUTATION, Outcome, Repeated, Reserved, Wish
from bigcat_graphql.database import Caller
from bigcat_graphql.errors import Busy
from bigcat_graphql.models import Booking, BookingStatus, Concert
from tests.booking.verbs import book, cancel, places, states
from tests.scenes import make_buyer, make_concert
from tests.waiting import until_waiting

pytestmark = pytest.mark.usefixtures("database")


def wish(viewer: Viewer, concert: Concert, *indexes: int, key: str | None = None) -> Wish:
    chosen = ChosenSeats(1, indexes)
    intent = Intent(viewer.account_id, MUTATION, key or uuid4().hex, (concert.id, chosen))
    return Wish(concert.id, chosen, intent)


async def transactions(connection: database.Connection, table: str) -> int:
    """Count the transactions that wrote the rows of a table; vacuum has transactions too."""
    return int(await connection.fetchval(f"SELECT count(DISTINCT xmin::text) FROM {table}"))


async def test_what_comes_together_is_committed_together(rival: database.Connection) -> None:
    concert = await make_concert(rows=10, seats_per_row=20)
    buyers = [await make_buyer() for _ in range(100)]

    await asyncio.gather(*(book(buyer, concert, 2 * n) for n, buyer in enumerate(buyers)))

    # The first alone, while the other 99 gather; then those, at most 100 in a batch.
    assert await transactions(rival, "booking") <= 3
    assert (await states(concert)).count("R") == 100


async def test_wishes_of_many_kinds_and_halls_share_a_batch() -> None:
    halls = [await make_concert(rows=4, seats_per_row=10, floor=20) for _ in range(3)]
    calls = [
        book(await make_buyer(), hall, kind)
        for hall in halls
        for kind in (ChosenSeats(1, (0, 1)), BestAvailable(2), places(2), BestAvailable(1))
    ]

    await asyncio.gather(*calls)

    assert [(await states(hall)).count("R") for hall in halls] == [7, 7, 7]


async def test_a_thousand_rivals_for_one_seat_have_one_winner() -> None:
    concert = await make_concert()
    buyers = [await make_buyer() for _ in range(200)]

    results = await asyncio.gather(
        *(book(buyers[n % 200], concert, 3) for n in range(1000)), return_exceptions=True
    )

    assert sum(isinstance(one, Booking) for one in results) == 1
    losers = [one for one in results if isinstance(one, booking.SeatsUnavailable)]
    assert len(losers) == 999
    assert {loser.labels for loser in losers} == {("Stalls, row A, seat 4",)}
    assert all(loser.retry_after_seconds for loser in losers)


async def test_a_seat_that_was_sold_before_refuses_all_who_wait_for_it() -> None:
    concert = await make_concert(price_minor=0)
    await book(await make_buyer(), concert, 3)
    buyers = [await make_buyer() for _ in range(50)]

    results = await asyncio.gather(
        *(book(buyer, concert, 3, 4) for buyer in buyers), return_exceptions=True
    )

    assert {type(one) for one in results} == {booking.SeatsUnavailable}
    assert {
        one.retry_after_seconds for one in results if isinstance(one, booking.SeatsUnavailable)
    } == {None}
    assert await states(concert) == "AAABAAAAAA"


async def test_seats_given_back_after_a_batch_looked_are_not_refused_by_what_it_saw() -> None:
    concert, holder, lane = await make_concert(), await make_buyer(), Lane()
    held = await book(holder, concert, 3)
    early = Caller[Wish, Outcome](wish(await make_buyer(), concert, 3), asyncio.Future())
    await lane.serve([wish(await make_buyer(), concert, 3)])
    await cancel(holder, held)
    late = Caller[Wish, Outcome](wish(holder, concert, 3), asyncio.Future())

    lane.waiting.extend((early, late))
    await lane.follow_up()

    assert isinstance(early.answer.result(), booking.SeatsUnavailable)
    assert not late.answer.done()


async def test_a_refusal_worked_out_in_memory_is_kept_as_well() -> None:
    concert = await make_concert()
    buyers = [await make_buyer() for _ in range(20)]
    await asyncio.gather(
        *(book(buyer, concert, 0, key="k") for buyer in buyers), return_exceptions=True
    )
    (winner,) = await Booking.filter(concert_id=concert.id)
    loser = next(buyer for buyer in buyers if buyer.account_id != winner.account_id)
    await database.execute(
        "UPDATE seat SET status = 'X', booking_id = NULL, price_minor = NULL,"
        " reserved_until = NULL WHERE concert_id = $1",
        concert.id,
    )

    with pytest.raises(booking.SeatsUnavailable) as again:
        await book(loser, concert, 0, key="k")

    assert again.value.retry_after_seconds is not None


async def test_a_refusal_that_cannot_be_kept_is_for_the_next_batch(
    rival: database.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert, lane = await make_concert(), Lane()

    async def break_down(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bigcat_graphql.booking.lane.keep_refusals", break_down)
    wishes = [wish(await make_buyer(), concert, 0) for _ in range(4)]
    with capture_logs() as logs:
        outcomes = await asyncio.gather(*(lane.submit(one) for one in wishes))

    assert [type(one).__name__ for one in outcomes] == ["Reserved"] + ["SeatsUnavailable"] * 3
    assert {line["event"] for line in logs} == {"refusing_failed"}
    assert await rival.fetchval("SELECT count(*) FROM idempotency_key") == 4


@pytest.mark.parametrize("hostile", [(0, 999_999), (0, -5), tuple(range(200))])
async def test_a_senseless_wish_does_not_slow_down_the_refusal_of_others(
    rival: database.Connection, hostile: tuple[int, ...]
) -> None:
    concert = await make_concert()
    buyers = [await make_buyer() for _ in range(60)]
    calls = [book(buyer, concert, 0) for buyer in buyers]
    calls.append(book(await make_buyer(), concert, *hostile))

    results = await asyncio.gather(*calls, return_exceptions=True)

    assert await transactions(rival, "idempotency_key") <= 6
    assert sum(isinstance(one, booking.SeatsUnavailable) for one in results) == 59
    assert isinstance(results[-1], booking.UnknownSeats | booking.SeatsPerBookingExceeded)


async def test_another_plan_version_is_told_so_even_in_a_rush() -> None:
    concert = await make_concert()
    calls = [book(await make_buyer(), concert, ChosenSeats(version, (0,))) for version in (1, 1, 9)]

    results = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(one).__name__ for one in results] == ["Booking", "SeatsUnavailable", "PlanChanged"]


async def test_a_wish_that_breaks_the_batch_fails_alone() -> None:
    concert, lane = await make_concert(), Lane()
    wishes = [wish(await make_buyer(), concert, index) for index in range(6)]
    wishes[3].booking_id = (await book(await make_buyer(), concert, 9)).id

    results = await asyncio.gather(*(lane.submit(one) for one in wishes), return_exceptions=True)

    assert [isinstance(one, Reserved) for one in results] == [True] * 3 + [False] + [True] * 2
    assert await states(concert) == "RRRARRAAAR"


async def test_whoever_breaks_the_batch_and_leaves_takes_nobody_along(
    rival: database.Connection,
) -> None:
    concert, lane = await make_concert(), Lane()
    wishes = [wish(await make_buyer(), concert, index) for index in range(3)]
    wishes[1].booking_id = (await book(await make_buyer(), concert, 9)).id
    await rival.execute("BEGIN")
    await rival.execute(
        "SELECT FROM seat WHERE concert_id = $1 AND index = 1 FOR UPDATE", concert.id
    )
    first, at_fault, other = (asyncio.create_task(lane.submit(one)) for one in wishes)

    await first
    await until_waiting(rival)
    at_fault.cancel()
    await rival.execute("COMMIT")

    assert isinstance(await other, Reserved)


async def test_a_seat_that_is_stuck_makes_only_its_own_buyer_busy(
    rival: database.Connection,
) -> None:
    concert, lane = await make_concert(), Lane()
    wishes = [wish(await make_buyer(), concert, index) for index in range(4)]
    await rival.execute("BEGIN")
    await rival.execute(
        "SELECT FROM seat WHERE concert_id = $1 AND index = 2 FOR UPDATE", concert.id
    )

    results = await asyncio.gather(*(lane.submit(one) for one in wishes))
    await rival.execute("ROLLBACK")

    assert [isinstance(one, Reserved) for one in results] == [True, True, False, True]
    assert isinstance(results[2], Busy)


async def test_a_database_that_is_away_is_told_to_everybody_at_once(
    opened_database: database.DatabaseUrl, rival: database.Connection
) -> None:
    concert, lane = await make_concert(), Lane()
    wishes = [wish(await make_buyer(), concert, index) for index in range(8)]
    name = opened_database.database
    admin = await database.connect(opened_database.with_database("postgres"))
    await admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = $1 AND application_name NOT IN ('rival', 'broom')",
        name,
    )
    try:
        results = await asyncio.gather(
            *(lane.submit(one) for one in wishes), return_exceptions=True
        )
    finally:
        await admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
        await admin.close()

    assert not any(isinstance(one, Reserved) for one in results)
    assert isinstance(await lane.submit(wish(await make_buyer(), concert, 9)), Reserved)
    assert await rival.fetchval("SELECT count(*) FROM booking") == 1


async def test_a_caller_that_left_before_its_batch_is_left_out() -> None:
    concert, lane = await make_concert(), Lane()
    first = asyncio.create_task(lane.submit(wish(await make_buyer(), concert, 0)))
    left = asyncio.create_task(lane.submit(wish(await make_buyer(), concert, 1)))
    stayed = asyncio.create_task(lane.submit(wish(await make_buyer(), concert, 2)))
    await asyncio.sleep(0)
    left.cancel()

    await asyncio.gather(first, stayed)
    await lane.drain()

    assert await states(concert) == "RARAAAAAAA"


async def test_a_caller_that_leaves_meanwhile_can_ask_again(rival: database.Connection) -> None:
    concert, buyer, lane = await make_concert(), await make_buyer(), Lane()
    await rival.execute("BEGIN")
    await rival.execute(
        "SELECT FROM seat WHERE concert_id = $1 AND index = 0 FOR UPDATE", concert.id
    )
    impatient = asyncio.create_task(lane.submit(wish(buyer, concert, 0, key="k")))
    await until_waiting(rival)
    impatient.cancel()
    await rival.execute("COMMIT")
    await lane.drain()

    outcome = await lane.submit(wish(buyer, concert, 0, key="k"))

    assert isinstance(outcome, Repeated)
    assert await Booking.filter(concert_id=concert.id).count() == 1


async def test_a_connection_lost_in_mid_batch_answers_everybody_truly(
    rival: database.Connection,
) -> None:
    concert = await make_concert()
    buyers = [await make_buyer() for _ in range(5)]
    await rival.execute("BEGIN")
    await rival.execute(
        "SELECT FROM seat WHERE concert_id = $1 AND index = 0 FOR UPDATE", concert.id
    )
    calls = [asyncio.create_task(book(buyer, concert, n)) for n, buyer in enumerate(buyers)]
    await until_waiting(rival)
    await rival.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    await rival.execute("COMMIT")

    made = await asyncio.gather(*calls)

    assert await states(concert) == "RRRRRAAAAA"
    assert await Booking.filter(concert_id=concert.id).count() == len(made)


async def test_a_lane_does_not_live_in_its_first_callers_transaction() -> None:
    concert, buyer, lane = await make_concert(), await make_buyer(), Lane()

    async def work() -> None:
        await lane.submit(wish(buyer, concert, 0))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run_transaction(work)

    assert await states(concert) == "RAAAAAAAAA"


async def test_the_ticket_limit_holds_within_a_batch() -> None:
    concert = await make_concert(rows=4, ticket_limit=4)
    buyer = await make_buyer()

    results = await asyncio.gather(
        *(book(buyer, concert, 2 * n, 2 * n + 1) for n in range(10)), return_exceptions=True
    )

    assert sum(isinstance(one, Booking) for one in results) == 2
    assert sum(isinstance(one, booking.TicketsPerAccountExceeded) for one in results) == 8


async def test_the_ticket_limit_holds_over_many_lanes() -> None:
    concert = await make_concert(rows=6, seats_per_row=10, ticket_limit=5)
    buyer = await make_buyer()
    lanes = [Lane() for _ in range(10)]

    results = await asyncio.gather(
        *(lanes[n % 10].submit(wish(buyer, concert, n)) for n in range(50))
    )

    assert sum(isinstance(one, Reserved) for one in results) == 5
    assert (await states(concert)).count("R") == 5


async def test_a_double_click_is_one_wish_even_in_one_batch() -> None:
    concert, buyer = await make_concert(rows=2, seats_per_row=10), await make_buyer()

    made = await asyncio.gather(
        *(book(buyer, concert, BestAvailable(2), key="k") for _ in range(6)),
        book(await make_buyer(), concert, BestAvailable(2)),
    )

    assert len({one.id for one in made}) == 2
    assert (await states(concert)).count("R") == 4


async def test_a_listener_that_fails_changes_no_answer() -> None:
    concert, told = await make_concert(), []

    def fail(event: Event) -> None:
        told.append(event)
        raise RuntimeError("not the buyer's fault")

    stop = after_commit(fail)
    with capture_logs() as logs:
        made = await book(await make_buyer(), concert, 0)
    stop()

    assert made.status_now is BookingStatus.PENDING
    assert len(told) == 2
    assert {line["event"] for line in logs} == {"listener_failed"}


async def test_one_account_gets_what_its_refused_wish_leaves() -> None:
    concert = await make_concert(rows=4, ticket_limit=2)
    buyer = await make_buyer()
    await book(await make_buyer(), concert, 0)

    # The first is refused, so it must not count against the second.
    results = await asyncio.gather(
        book(buyer, concert, 0, 1), book(buyer, concert, 2, 3), return_exceptions=True
    )

    assert [type(one).__name__ for one in results] == ["SeatsUnavailable", "Booking"]
