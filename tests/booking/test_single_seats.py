"""No seat is left alone where the organizer says so, whoever else books at the same time."""

import asyncio
import random
from collections.abc import Sequence
from uuid import uuid4

import pytest

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BestAvailable, ChosenSeats, SingleSeatLeft
from bigcat_graphql.booking.hall import hall_of, seats_in
from bigcat_graphql.booking.idempotency import Intent
from bigcat_graphql.booking.lane import Lane
from bigcat_graphql.booking.orphans import left_alone
from bigcat_graphql.booking.wish import MUTATION, Outcome, Reserved, Wish
from bigcat_graphql.models import Concert
from tests.booking.test_best_available import draw
from tests.booking.verbs import book, cancel, change, states
from tests.scenes import make_buyer, make_concert
from tests.waiting import until_waiting

HALL = hall_of(draw(rows=2, seats_per_row=7))


def wish(viewer: Viewer, concert: Concert, *indexes: int) -> Wish:
    chosen = ChosenSeats(1, indexes)
    return Wish(
        concert.id,
        chosen,
        Intent(viewer.account_id, MUTATION, uuid4().hex, (concert.id, chosen)),
    )


@pytest.mark.parametrize(
    ("free", "has", "alone"),
    [
        (range(7), [0, 1], []),
        (range(7), [1, 2], [0]),
        (range(7), [1, 2, 4, 5], [0, 3, 6]),
        (range(7), [5], [6]),
        # All but one are taken: one is left whichever way.
        (range(3), [0, 1], []),
        (range(3), [1], [0, 2]),
        # Alone before, and in the next row.
        ([0, 2, 3, 4, 7], [2, 3, 4], []),
        ([5, 6, 7, 8], [5], []),
    ],
)
def test_a_seat_is_left_alone_where_moving_along_would_avoid_it(
    free: Sequence[int], has: Sequence[int], alone: Sequence[int]
) -> None:
    assert left_alone(HALL, seats_in(free), has=seats_in(has)) == tuple(alone)


@pytest.mark.parametrize(
    ("had", "has", "alone"),
    [
        ([0, 1, 2], [1, 2], [0]),
        ([0, 1, 2], [0, 1], []),
        ([1, 2], [1, 2, 3], []),
        ([2, 3], [2, 3, 5], [4, 6]),
    ],
)
def test_a_change_is_judged_as_if_its_end_were_chosen_anew(
    had: Sequence[int], has: Sequence[int], alone: Sequence[int]
) -> None:
    free = seats_in(set(range(7)) - set(had))

    assert left_alone(HALL, free, had=seats_in(had), has=seats_in(has)) == tuple(alone)


@pytest.mark.usefixtures("database")
async def test_whoever_leaves_a_seat_alone_is_shown_the_nearest_that_leave_none() -> None:
    concert = await make_concert(rows=2, seats_per_row=7, no_single_seats=True)
    buyer = await make_buyer()

    with pytest.raises(SingleSeatLeft) as refusal:
        await book(buyer, concert, 1, 2)

    assert refusal.value.indexes == (0,)
    assert refusal.value.labels == ("Stalls, row A, seat 1",)
    assert [choice.indexes for choice in refusal.value.alternatives] == [(0, 1), (2, 3), (7, 8)]
    for choice in refusal.value.alternatives:
        made = await book(buyer, concert, *choice.indexes)
        assert made.total_minor == choice.total_minor
        await cancel(buyer, made)


@pytest.mark.usefixtures("database")
async def test_without_the_organizers_wish_any_seat_can_be_chosen() -> None:
    concert = await make_concert(rows=1, seats_per_row=7)

    await book(await make_buyer(), concert, 1)

    assert await states(concert) == "ARAAAAA"


@pytest.mark.usefixtures("database")
async def test_two_rivals_who_would_each_leave_one_end_of_a_gap_are_not_both_met(
    rival: database.Connection,
) -> None:
    concert = await make_concert(rows=1, seats_per_row=7, no_single_seats=True)
    lanes = [Lane(), Lane()]
    # Either alone is fine; both together leave seat 2. While seat 0 is held, the first waits.
    await rival.execute("BEGIN")
    await rival.execute(
        "SELECT FROM seat WHERE concert_id = $1 AND index = 0 FOR UPDATE", concert.id
    )
    first = asyncio.create_task(lanes[0].submit(wish(await make_buyer(), concert, 0, 1)))
    await until_waiting(rival)
    second = asyncio.create_task(lanes[1].submit(wish(await make_buyer(), concert, 3, 4)))
    await asyncio.sleep(0.1)  # enough for the second to finish, did nothing hold it
    await rival.execute("COMMIT")

    outcomes = await asyncio.gather(first, second)

    assert {type(outcome) for outcome in outcomes} == {Reserved, SingleSeatLeft}
    assert (await states(concert)).count("R") == 2


@pytest.mark.usefixtures("database")
async def test_two_rivals_in_one_batch_are_judged_one_after_the_other() -> None:
    concert, lane = await make_concert(rows=1, seats_per_row=7, no_single_seats=True), Lane()
    wishes = [
        wish(await make_buyer(), concert, 6),  # alone in its batch, while the others gather
        wish(await make_buyer(), concert, 0, 1),
        wish(await make_buyer(), concert, 3, 4),
    ]

    outcomes = await asyncio.gather(*(lane.submit(one) for one in wishes))

    assert [type(outcome) for outcome in outcomes] == [Reserved, Reserved, SingleSeatLeft]


@pytest.mark.usefixtures("database")
async def test_pairs_in_rows_of_four_never_leave_a_single_seat() -> None:
    concert = await make_concert(rows=20, seats_per_row=4, no_single_seats=True)
    rng, lanes = random.Random(3), [Lane() for _ in range(4)]
    calls: list[asyncio.Task[Outcome]] = []
    for number in range(160):
        first = 4 * rng.randrange(20) + rng.randrange(3)
        one = wish(await make_buyer(), concert, first, first + 1)
        calls.append(asyncio.create_task(lanes[number % 4].submit(one)))

    await asyncio.gather(*calls)

    letters = await states(concert)
    rows = {letters[n : n + 4] for n in range(0, 80, 4)}
    assert rows <= {"RRRR", "RRAA", "AARR", "AAAA"}


@pytest.mark.usefixtures("database")
async def test_a_seat_whose_time_is_over_counts_as_free() -> None:
    concert = await make_concert(rows=1, seats_per_row=7, no_single_seats=True)
    await book(await make_buyer(), concert, 0)
    await database.execute(
        "UPDATE seat SET reserved_until = now() - interval '1 second'"
        " WHERE concert_id = $1 AND index = 0",
        concert.id,
    )

    with pytest.raises(SingleSeatLeft) as refusal:
        await book(await make_buyer(), concert, 1, 2)

    assert refusal.value.indexes == (0,)


@pytest.mark.usefixtures("database")
async def test_giving_seats_back_leaves_none_alone_either() -> None:
    concert = await make_concert(rows=1, seats_per_row=7, no_single_seats=True)
    buyer = await make_buyer()
    made = await book(buyer, concert, 0, 1, 2)

    with pytest.raises(SingleSeatLeft) as refusal:
        await change(buyer, made, remove=[0])

    assert refusal.value.path == ("input", "removeIndexes")
    assert await states(concert) == "RRRAAAA"
    await change(buyer, made, remove=[2])
    assert await states(concert) == "RRAAAAA"


@pytest.mark.usefixtures("database")
async def test_adding_seats_leaves_none_alone_either() -> None:
    concert = await make_concert(rows=1, seats_per_row=7, no_single_seats=True)
    buyer = await make_buyer()
    made = await book(buyer, concert, 0, 1)

    with pytest.raises(SingleSeatLeft) as refusal:
        await change(buyer, made, add=ChosenSeats(1, (3,)))

    assert refusal.value.path == ("input", "add", "seats", "indexes")
    assert refusal.value.alternatives[0].indexes == (2,)
    assert await states(concert) == "RRAAAAA"
    await change(buyer, made, add=ChosenSeats(1, (2, 3)), remove=[0, 1])
    assert await states(concert) == "AARRAAA"


@pytest.mark.usefixtures("database")
async def test_a_change_and_a_rival_are_judged_one_after_the_other(
    rival: database.Connection,
) -> None:
    concert = await make_concert(rows=2, seats_per_row=7, no_single_seats=True)
    buyer = await make_buyer()
    made = await book(buyer, concert, 0, 7, 8)
    # The change is held up when it gives seat 8 back, before it takes seat 1.
    await rival.execute("BEGIN")
    await rival.execute(
        "SELECT FROM seat WHERE concert_id = $1 AND index = 8 FOR UPDATE", concert.id
    )
    growing = asyncio.create_task(change(buyer, made, add=ChosenSeats(1, (1,)), remove=[8]))
    await until_waiting(rival)
    other = asyncio.create_task(book(await make_buyer(), concert, 3, 4))
    await asyncio.sleep(0.1)  # enough for the other to finish, did nothing hold it
    await rival.execute("COMMIT")

    results = await asyncio.gather(growing, other, return_exceptions=True)

    assert sum(isinstance(one, SingleSeatLeft) for one in results) == 1


@pytest.mark.usefixtures("database")
async def test_best_available_obeys_as_well() -> None:
    concert = await make_concert(rows=2, seats_per_row=4, no_single_seats=True)

    for _ in range(4):
        await book(await make_buyer(), concert, BestAvailable(2))

    assert await states(concert) == "RRRRRRRR"
