"""Who cannot have the seats they chose is shown others, and a thousand of them cost one search."""

import asyncio
import random

import asyncpg
import pytest

from bigcat_graphql import booking
from bigcat_graphql.booking import ChosenSeats, SeatRuleBroken, SeatsUnavailable
from bigcat_graphql.booking.batch_statements import FREE_AROUND
from bigcat_graphql.catalogue import SeatFeature
from bigcat_graphql.database import Connection
from bigcat_graphql.models import Booking
from tests.booking.verbs import book, cancel, change, let_time_pass
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that this process sends."""
    sent: list[str] = []
    real = vars(asyncpg.Connection)["_execute"]

    async def noted(self: Connection, query: str, *args: object, **options: object) -> object:
        sent.append(query)
        return await real(self, query, *args, **options)

    monkeypatch.setattr(asyncpg.Connection, "_execute", noted)
    return sent


async def test_as_many_seats_side_by_side_the_nearest_first() -> None:
    concert = await make_concert(rows=2, seats_per_row=9, premium_rows=1, premium_minor=9000)
    await book(await make_buyer(), concert, 4)

    with pytest.raises(SeatsUnavailable) as refusal:
        await book(await make_buyer(), concert, 3, 4)

    first, *others = refusal.value.alternatives
    assert first.indexes == (2, 3)
    assert first.labels == ("Stalls, row A, seat 3", "Stalls, row A, seat 4")
    assert (first.total_minor, first.currency) == (18_000, "USD")
    assert [choice.indexes for choice in others] == [(12, 13), (5, 6)]


async def test_where_no_block_is_left_the_nearest_seats_are_shown() -> None:
    concert = await make_concert(rows=1, seats_per_row=7)
    for index in (1, 3, 5):
        await book(await make_buyer(), concert, index)

    with pytest.raises(SeatsUnavailable) as refusal:
        await book(await make_buyer(), concert, 3, 4)

    assert [choice.indexes for choice in refusal.value.alternatives] == [(2, 4)]


async def test_where_nothing_is_left_nothing_is_shown() -> None:
    concert = await make_concert(rows=1, seats_per_row=2)
    await book(await make_buyer(), concert, 0, 1)

    with pytest.raises(SeatsUnavailable) as refusal:
        await book(await make_buyer(), concert, 0)

    assert refusal.value.alternatives == ()


async def test_accessible_seats_are_shown_to_those_who_asked_for_one() -> None:
    marks = [(SeatFeature.ACCESSIBLE, [0, 7]), (SeatFeature.COMPANION, [1, 8])]
    concert = await make_concert(rows=2, seats_per_row=7, marks=marks)
    await book(await make_buyer(), concert, 0, 1, 2)

    with pytest.raises(SeatsUnavailable) as refusal:
        await book(await make_buyer(), concert, 0, 1)
    assert [choice.indexes for choice in refusal.value.alternatives] == [(7, 8)]

    await book(await make_buyer(), concert, 3, 4, 5, 6)
    await book(await make_buyer(), concert, *range(9, 14))
    with pytest.raises(SeatsUnavailable) as refusal:
        await book(await make_buyer(), concert, 2)
    assert refusal.value.alternatives == ()


async def test_a_seat_whose_time_is_over_is_shown() -> None:
    concert = await make_concert(rows=1, seats_per_row=2)
    await let_time_pass(await book(await make_buyer(), concert, 1))
    await book(await make_buyer(), concert, 0)

    with pytest.raises(SeatsUnavailable) as refusal:
        await book(await make_buyer(), concert, 0)

    assert [choice.indexes for choice in refusal.value.alternatives] == [(1,)]


async def test_whatever_is_shown_can_be_booked() -> None:
    concert = await make_concert(rows=5, seats_per_row=9, no_single_seats=True)
    rng, shown = random.Random(11), 0
    for _ in range(40):
        first, size = rng.randrange(45), rng.randint(1, 3)
        wanted = [n for n in range(first, first + size) if n // 9 == first // 9]
        try:
            await book(await make_buyer(), concert, *wanted)
        except (SeatsUnavailable, SeatRuleBroken) as refusal:
            for choice in refusal.alternatives:
                assert len(choice.indexes) == len(wanted)
                buyer = await make_buyer()
                await cancel(buyer, await book(buyer, concert, *choice.indexes))
                shown += 1
    assert shown > 20


async def test_a_repeat_is_shown_the_same() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    await book(await make_buyer(), concert, 0)
    with pytest.raises(SeatsUnavailable) as first:
        await book(buyer, concert, 0, key="k")
    await book(await make_buyer(), concert, 1)

    with pytest.raises(SeatsUnavailable) as again:
        await book(buyer, concert, 0, key="k")

    assert again.value.alternatives == first.value.alternatives != ()


async def test_a_change_is_shown_others_too() -> None:
    concert, buyer = await make_concert(rows=1, seats_per_row=5), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await book(await make_buyer(), concert, 3)

    with pytest.raises(SeatsUnavailable) as refusal:
        await change(buyer, made, add=ChosenSeats(1, (3,)))

    assert {choice.indexes for choice in refusal.value.alternatives} == {(2,), (4,)}


async def test_five_hundred_losers_cost_a_search_a_batch(statements: list[str]) -> None:
    concert = await make_concert(rows=10, seats_per_row=20)
    buyers = [await make_buyer() for _ in range(500)]
    statements.clear()

    results = await asyncio.gather(
        *(book(buyer, concert, 50) for buyer in buyers), return_exceptions=True
    )

    losers = [one for one in results if isinstance(one, SeatsUnavailable)]
    assert sum(isinstance(one, Booking) for one in results) == 1
    assert len(losers) == 499
    assert {loser.alternatives[0].indexes for loser in losers} <= {(49,), (51,)}
    assert statements.count(FREE_AROUND) == 1
    assert len(statements) <= 12


async def test_many_losers_of_different_seats_share_one_read(statements: list[str]) -> None:
    concert = await make_concert(rows=10, seats_per_row=20)
    await book(await make_buyer(), concert, *range(0, 16, 2))
    await book(await make_buyer(), concert, 100)
    calls = [
        book(await make_buyer(), concert, seat, seat + 1) for seat in [*range(0, 16, 2), 99, 100]
    ]
    statements.clear()

    results = await asyncio.gather(*calls, return_exceptions=True)

    assert {type(one) for one in results} == {booking.SeatsUnavailable}
    assert statements.count(FREE_AROUND) <= 2
