"""Counting what is left."""

import asyncio
from uuid import UUID

import pytest

from bigcat_graphql.catalogue import SeatCounts, seat_counts, tier_counts
from bigcat_graphql.catalogue.availability import forget_counts
from bigcat_graphql.database import execute, run_transaction
from bigcat_graphql.ids import new_id
from tests.scenes import make_concert

pytestmark = pytest.mark.usefixtures("database")


async def test_seats_are_counted_by_tier_and_together() -> None:
    concert = await make_concert(rows=2, seats_per_row=5, premium_rows=1)
    await execute("UPDATE seat SET status = 'X' WHERE concert_id = $1 AND index < 2", concert.id)

    tiers = await tier_counts([concert.id])
    whole = await seat_counts([concert.id])

    assert tiers[concert.id] == {
        "p": SeatCounts(available=3, blocked=2),
        "r": SeatCounts(available=5),
    }
    assert whole[concert.id] == SeatCounts(available=8, blocked=2)
    assert whole[concert.id].total == 10


async def test_a_concert_without_seats_is_left_out() -> None:
    concert = await make_concert(rows=0)

    assert await seat_counts([concert.id, new_id()]) == {}


async def test_counts_are_kept_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bigcat_graphql.catalogue.availability._KEPT_SECONDS", 3600.0)
    concert = await make_concert(rows=1, seats_per_row=5)
    await seat_counts([concert.id])
    await execute("UPDATE seat SET status = 'X' WHERE concert_id = $1", concert.id)

    assert (await seat_counts([concert.id]))[concert.id].available == 5
    forget_counts()
    assert (await seat_counts([concert.id]))[concert.id].available == 0


async def test_many_who_ask_at_once_get_the_same_count() -> None:
    concerts = [await make_concert(rows=1, seats_per_row=n) for n in (1, 2, 3)]
    ids = [concert.id for concert in concerts]

    answers = await asyncio.gather(*[seat_counts(ids[n % 3 :]) for n in range(12)])

    for number, answer in enumerate(answers):
        assert [answer[key].total for key in ids[number % 3 :]] == [1, 2, 3][number % 3 :]


async def test_who_hangs_up_does_not_end_the_count_of_others() -> None:
    concert = await make_concert(rows=1, seats_per_row=5)
    impatient = asyncio.create_task(seat_counts([concert.id]))
    patient = asyncio.create_task(seat_counts([concert.id]))
    await asyncio.sleep(0)
    impatient.cancel()

    assert (await patient)[concert.id].total == 5


async def test_a_count_inside_a_transaction_sees_what_is_committed() -> None:
    concert = await make_concert(rows=1, seats_per_row=5)

    async def block_and_count() -> dict[UUID, SeatCounts]:
        await execute("UPDATE seat SET status = 'X' WHERE concert_id = $1", concert.id)
        return await seat_counts([concert.id])

    assert (await run_transaction(block_and_count))[concert.id].available == 5
