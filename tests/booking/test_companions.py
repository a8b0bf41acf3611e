"""Companion seats go only with the accessible seat beside them."""

from collections.abc import Sequence

import pytest

from bigcat_graphql.booking import BestAvailable, ChosenSeats, CompanionAlone
from bigcat_graphql.booking.companions import deserted
from bigcat_graphql.booking.hall import hall_of
from bigcat_graphql.catalogue import SeatFeature
from bigcat_graphql.models import Concert
from tests.booking.test_best_available import draw, pick
from tests.booking.verbs import book, change, states
from tests.scenes import make_buyer, make_concert

# Row A: companion, accessible, companion, companion; row B: a companion seat by itself.
MARKS = [(SeatFeature.ACCESSIBLE, [1]), (SeatFeature.COMPANION, [0, 2, 3, 9])]
PLAN = draw(rows=2, seats_per_row=7, marks=MARKS)


async def make_hall() -> Concert:
    return await make_concert(rows=2, seats_per_row=7, marks=MARKS)


@pytest.mark.parametrize(
    ("seats", "alone"),
    [
        ([4, 5], []),
        ([1], []),
        ([0, 1, 2, 3], []),
        ([0], [0]),
        ([2, 3, 4], [2, 3]),
        ([1, 3], [3]),
        ([0, 2], [0, 2]),
        # No accessible seat stands beside it: a seat like any other.
        ([9], []),
    ],
)
def test_company_needs_the_accessible_seat_beside_it(
    seats: Sequence[int], alone: Sequence[int]
) -> None:
    assert deserted(hall_of(PLAN), seats) == tuple(alone)


def test_a_torn_group_takes_no_company_from_another_accessible_seat() -> None:
    marks = [(SeatFeature.ACCESSIBLE, [1, 5]), (SeatFeature.COMPANION, [0, 6])]
    plan = draw(rows=2, seats_per_row=7, marks=marks)

    assert pick(plan, [1, 6, 13], BestAvailable(2, accessible=True)) == [1, 13]
    assert pick(plan, [0, 1, 12], BestAvailable(2, accessible=True)) == [0, 1]


@pytest.mark.usefixtures("database")
async def test_company_alone_is_refused_and_others_are_shown() -> None:
    concert = await make_hall()

    with pytest.raises(CompanionAlone) as refusal:
        await book(await make_buyer(), concert, 2, 4)

    assert refusal.value.indexes == (2,)
    assert refusal.value.labels == ("Stalls, row A, seat 3",)
    assert refusal.value.path == ("input", "selection", "seats", "indexes")
    assert (4, 5) in [choice.indexes for choice in refusal.value.alternatives]
    assert await states(concert) == "A" * 14


@pytest.mark.usefixtures("database")
async def test_company_goes_with_its_accessible_seat() -> None:
    concert = await make_hall()

    await book(await make_buyer(), concert, 1, 2)

    assert (await states(concert))[:4] == "ARRA"


@pytest.mark.usefixtures("database")
async def test_the_accessible_seat_is_not_given_back_while_its_company_stays() -> None:
    concert, buyer = await make_hall(), await make_buyer()
    made = await book(buyer, concert, 1, 2, 5)

    with pytest.raises(CompanionAlone) as refusal:
        await change(buyer, made, remove=[1])

    assert (refusal.value.indexes, refusal.value.path) == ((2,), ("input", "removeIndexes"))
    assert (await states(concert))[:6] == "ARRAAR"
    await change(buyer, made, remove=[1, 2])


@pytest.mark.usefixtures("database")
async def test_company_is_added_to_a_booking_that_has_the_accessible_seat() -> None:
    concert, buyer = await make_hall(), await make_buyer()
    made = await book(buyer, concert, 5)

    with pytest.raises(CompanionAlone):
        await change(buyer, made, add=ChosenSeats(1, (2,)))

    await change(buyer, made, add=ChosenSeats(1, (1, 2)))
    await change(buyer, made, add=ChosenSeats(1, (3,)))
    assert (await states(concert))[:6] == "ARRRAR"
