from collections.abc import Sequence
from itertools import pairwise
from random import Random
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql import booking
from bigcat_graphql.booking import BestAvailable, best_available
from bigcat_graphql.booking.hall import hall_of, seats_in
from bigcat_graphql.catalogue import Plan, SeatFeature, price_tiers_of
from bigcat_graphql.catalogue.layout import write_content, write_version
from bigcat_graphql.catalogue.plan import read_plan_document
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import SeatType
from bigcat_graphql.money import Money
from tests.booking.verbs import book, states
from tests.scenes import draft_plan, make_buyer, make_concert


def draw(
    rows: int = 3,
    seats_per_row: int = 9,
    marks: Sequence[tuple[SeatFeature, Sequence[int]]] = (),
) -> Plan:
    document = write_version(
        write_content(draft_plan(rows=rows, seats_per_row=seats_per_row, marks=marks)), 1
    )
    return read_plan_document(
        orjson.loads(document), plan_id=uuid4(), venue_id=uuid4(), content_hash="h"
    )


def pick(plan: Plan, free: Sequence[int], wish: BestAvailable, seed: int = 1) -> list[int] | None:
    picked = best_available.pick(plan, seats_in(free), wish, among=Random(seed))
    return None if picked is None else sorted(picked)


PLAN = draw()
EVERY_SEAT = range(PLAN.seat_count)


def test_the_front_row_in_the_middle_is_the_best() -> None:
    assert pick(PLAN, EVERY_SEAT, BestAvailable(1)) == [4]


def test_a_group_sits_side_by_side_around_the_middle() -> None:
    assert pick(PLAN, EVERY_SEAT, BestAvailable(3)) == [3, 4, 5]


def test_a_block_further_back_beats_being_torn_apart() -> None:
    free = [0, 2, 4, 6, 8, 18, 19, 20]

    assert pick(PLAN, free, BestAvailable(3)) == [18, 19, 20]


def test_no_single_seat_is_left_alone_where_another_block_leaves_none() -> None:
    # In 3, 4, 5 the middle pair 3-4 would leave 5 alone, and so would 4-5; 6, 7 leaves none.
    free = [3, 4, 5, 12, 13]

    assert pick(PLAN, free, BestAvailable(2)) == [12, 13]


def test_no_single_seat_is_left_alone_however_far_away_the_other_block_is() -> None:
    deep = draw(rows=20)

    assert pick(deep, [3, 4, 5, 171, 172], BestAvailable(2)) == [171, 172]


def test_a_seat_beside_a_free_one_of_another_price_is_not_alone() -> None:
    # 3 to 5 are of the price that will do. Beside 5 is 6, which is free too; beside 3 is nobody.
    wished, house = seats_in([3, 4, 5]), seats_in([3, 4, 5, 6])

    picked = best_available.pick(PLAN, wished, BestAvailable(2), among=Random(1), house=house)

    assert picked == (3, 4)


@given(
    st.sets(st.integers(0, PLAN.seat_count - 1)),
    st.sets(st.integers(0, PLAN.seat_count - 1)),
    st.integers(1, 4),
    st.integers(),
)
def test_a_pick_leaves_a_single_seat_only_if_every_block_does(
    house: set[int], wished: set[int], quantity: int, seed: int
) -> None:
    kept, hall = house & wished, hall_of(PLAN)
    blocks = [
        block
        for first in EVERY_SEAT
        if (block := range(first, first + quantity))[-1] // 9 == first // 9 and kept >= set(block)
    ]
    free = seats_in(house)

    def leaves_singles(seats: Sequence[int]) -> bool:
        return bool(hall.singles(free & ~seats_in(seats)) & ~hall.singles(free))

    picked = best_available.pick(
        PLAN, seats_in(kept), BestAvailable(quantity), among=Random(seed), house=free
    )

    if not all(leaves_singles(block) for block in blocks):
        assert picked is not None
        assert not leaves_singles(picked)


def test_where_no_block_is_left_the_group_stays_close() -> None:
    free = [0, 8, 9, 17, 26]

    picked = pick(PLAN, free, BestAvailable(3))

    assert picked is not None
    assert {0, 9} <= set(picked) or {8, 17} <= set(picked)


def test_together_or_not_at_all() -> None:
    assert pick(PLAN, [0, 2, 4, 6], BestAvailable(2, allow_split=False)) is None


def test_too_few_seats_are_none() -> None:
    assert pick(PLAN, [0], BestAvailable(2)) is None


def test_rivals_are_sent_to_blocks_that_are_as_good() -> None:
    plan = draw(rows=1, seats_per_row=8)
    seen = {tuple(pick(plan, range(8), BestAvailable(1), seed) or ()) for seed in range(40)}

    assert seen == {(3,), (4,)}


def test_an_aisle_is_no_neighbourhood() -> None:
    draft = draft_plan(rows=1, seats_per_row=4)
    document = orjson.loads(write_version(write_content(draft), 1))
    document["sections"][0]["rows"][0]["points"] = "10,50 20,50 60,50 70,50"
    plan = read_plan_document(document, plan_id=uuid4(), venue_id=uuid4(), content_hash="h")

    assert pick(plan, [1, 2], BestAvailable(2, allow_split=False)) is None
    assert pick(plan, [0, 1, 2], BestAvailable(2)) == [0, 1]


def test_accessible_seats_are_left_to_those_who_need_them() -> None:
    marks = [(SeatFeature.ACCESSIBLE, [4]), (SeatFeature.COMPANION, [5])]
    plan = draw(marks=marks)

    assert 4 not in (pick(plan, range(9), BestAvailable(3)) or [4])
    assert pick(plan, [4, 5], BestAvailable(1)) is None
    assert pick(plan, range(9), BestAvailable(2, accessible=True)) == [4, 5]


def test_an_accessible_group_takes_one_accessible_seat() -> None:
    plan = draw(marks=[(SeatFeature.ACCESSIBLE, [3, 4, 5])])

    for quantity in (1, 2, 3):
        picked = pick(plan, range(9), BestAvailable(quantity, accessible=True)) or []
        assert len({3, 4, 5} & set(picked)) == 1


def test_a_lonely_accessible_seat_gets_the_nearest_others() -> None:
    plan = draw(marks=[(SeatFeature.ACCESSIBLE, [4])])

    assert pick(plan, [4, 13, 26], BestAvailable(2, accessible=True)) == [4, 13]


def test_a_restricted_view_comes_last() -> None:
    plan = draw(marks=[(SeatFeature.RESTRICTED_VIEW, [4])])

    assert pick(plan, [4, 26], BestAvailable(1)) == [26]


@given(
    st.sets(st.integers(0, PLAN.seat_count - 1)),
    st.integers(1, 6),
    st.integers(),
)
def test_every_pick_is_free_whole_and_together_where_it_can_be(
    free: set[int], quantity: int, seed: int
) -> None:
    picked = pick(PLAN, sorted(free), BestAvailable(quantity), seed)

    if picked is None:
        assert len(free) < quantity
        return
    assert len(set(picked)) == quantity
    assert set(picked) <= free
    if best_available.longest_block(PLAN, seats_in(free)) >= quantity:
        assert all(b - a == 1 and a // 9 == b // 9 for a, b in pairwise(picked))


@pytest.mark.usefixtures("database")
async def test_only_seats_that_meet_the_wish_are_taken() -> None:
    concert = await make_concert(premium_rows=1, premium_minor=9000)
    buyer = await make_buyer()
    tiers = (await price_tiers_of([concert.id]))[concert.id]
    regular = next(tier.id for tier in tiers if tier.seat_type is SeatType.REGULAR)

    await book(buyer, concert, BestAvailable(1, max_price=Money(7000, "USD")))
    await book(buyer, concert, BestAvailable(1, tier_ids=(regular,)))
    await book(buyer, concert, BestAvailable(1, section_keys=("stalls",)))
    await book(buyer, concert, BestAvailable(1, seat_types=(SeatType.PREMIUM,)))

    letters = await states(concert)
    assert (letters[:5].count("R"), letters[5:].count("R")) == (2, 2)


@pytest.mark.usefixtures("database")
async def test_too_few_say_how_many_there_are() -> None:
    concert, buyer = await make_concert(rows=1, seats_per_row=5), await make_buyer()
    await book(await make_buyer(), concert, 1)

    with pytest.raises(booking.NotEnoughSeats) as refusal:
        await book(buyer, concert, BestAvailable(5))
    assert refusal.value.remaining == 4
    assert refusal.value.path == ("input", "selection", "bestAvailable", "quantity")

    with pytest.raises(booking.NotEnoughSeats) as refusal:
        await book(buyer, concert, BestAvailable(4, allow_split=False))
    assert refusal.value.remaining == 3


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (BestAvailable(1, section_keys=("pit",)), ("sectionKeys",)),
        (BestAvailable(1, tier_ids=(uuid4(),)), ("tierIds",)),
        (BestAvailable(1, max_price=Money(1, "EUR")), ("maxPrice", "currency")),
    ],
)
async def test_unknown_sections_tiers_and_currencies_are_named(
    wish: BestAvailable, field: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await book(await make_buyer(), await make_concert(), wish)

    assert refusal.value.path == ("input", "selection", "bestAvailable", *field)


@given(st.sets(st.integers(0, 11 * 21 - 1), min_size=60), st.integers(2, 5), st.integers(0, 2**32))
def test_who_sits_apart_sits_as_near_as_a_search_of_every_seat_finds(
    gone: set[int], quantity: int, seed: int
) -> None:
    hall = draw(rows=11, seats_per_row=21)
    # No two side by side, so that everybody has to be spread out.
    free = [seat for seat in range(hall.seat_count) if seat % 2 == 0 and seat not in gone]
    wish = BestAvailable(quantity, allow_split=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(best_available, "_SEARCHED_WHOLE", 0)
        patch.setattr(best_available, "_FEW", 1)
        by_squares = pick(hall, free, wish, seed)
        patch.setattr(best_available, "_SEARCHED_WHOLE", hall.seat_count)
        patch.setattr(best_available, "_FEW", hall.seat_count)
        by_search = pick(hall, free, wish, seed)

    assert by_squares == by_search
