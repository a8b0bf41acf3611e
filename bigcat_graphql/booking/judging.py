"""Chosen seats against the rules about single and companion seats, so that it is true at commit.

Whether a seat is left alone depends on its neighbours: they are locked before it is asked, in the
order of the keys, and the answer holds until the commit. Two rivals who would each leave one end
of the same gap are judged one after the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.booking import batch_statements as sql
from bigcat_graphql.booking.companions import deserted
from bigcat_graphql.booking.errors import CompanionAlone, SeatRuleBroken, SingleSeatLeft
from bigcat_graphql.booking.hall import hall_of, seats_in
from bigcat_graphql.booking.orphans import left_alone
from bigcat_graphql.booking.sales import Sales
from bigcat_graphql.booking.selection import ChosenSeats
from bigcat_graphql.booking.wish import Wish
from bigcat_graphql.catalogue import Plan, plan_by_id

PATH = ("input", "selection", "seats", "indexes")

Seats = Mapping[Wish, tuple[int, ...]]


async def judge(picked: Seats, sales: Sales) -> dict[Wish, SeatRuleBroken]:
    """Find the wishes of a batch that break a rule; each is judged as if those before it were met.

    Where the organizer forbids single seats, every seat that the batch wants is locked after it,
    with the neighbours of the chosen ones.
    """
    plans = {key: await plan_by_id(plan) for key, plan in sales.plan_ids().items()}
    refused: dict[Wish, SeatRuleBroken] = {}
    for wish, indexes in picked.items():
        if isinstance(wish.selection, ChosenSeats):
            broken = companions_alone(plans[wish.concert_id], indexes, path=PATH)
            if broken is not None:
                refused[wish] = broken
    rest = {wish: indexes for wish, indexes in picked.items() if wish not in refused}
    return refused | await _judge_singles(rest, sales, plans)


def companions_alone(
    plan: Plan, indexes: Iterable[int], *, path: tuple[str, ...]
) -> SeatRuleBroken | None:
    """Say which companion seats a booking would have without the accessible seat beside them."""
    alone = deserted(hall_of(plan), (index for index in indexes if index < plan.seat_count))
    return CompanionAlone(alone, labels_of(plan, alone), path) if alone else None


def labels_of(plan: Plan, indexes: Iterable[int]) -> tuple[str, ...]:
    """Name seats for people."""
    return tuple(plan.place(index).label for index in indexes)


async def lock_free(wanted: Iterable[tuple[UUID, int]]) -> dict[UUID, int]:
    """Lock seats until the commit, and say which of them are free, a set for each concert."""
    seats = sorted(set(wanted))
    rows = await database.fetch_all(
        sql.LOCK_SEATS, [one for one, _ in seats], [n for _, n in seats]
    )
    free: dict[UUID, list[int]] = {concert_id: [] for concert_id, _ in seats}
    for row in rows:
        if row["is_free"]:
            free[row["concert_id"]].append(row["index"])
    return {concert_id: seats_in(indexes) for concert_id, indexes in free.items()}


def neighbours(plan: Plan, indexes: Sequence[int]) -> set[int]:
    """Give the numbered seats that stand in one stretch with these, which a rule looks at."""
    hall = hall_of(plan)
    return {
        neighbour
        for index in indexes
        if index < plan.seat_count
        for neighbour in hall.stretch_of(index)
    }


async def _judge_singles(
    picked: Seats, sales: Sales, plans: Mapping[UUID, Plan]
) -> dict[Wish, SeatRuleBroken]:
    ruled = {wish for wish in picked if _is_ruled(wish, sales)}
    if not ruled:
        return {}
    free = await lock_free(_seats_and_neighbours(picked, ruled, plans))
    refused: dict[Wish, SeatRuleBroken] = {}
    for wish, indexes in picked.items():
        plan, seats = plans[wish.concert_id], seats_in(indexes)
        if seats & ~free[wish.concert_id]:
            continue  # taken: whoever takes the seats says so
        if wish in ruled:
            alone = left_alone(hall_of(plan), free[wish.concert_id], has=seats)
            if alone:
                refused[wish] = SingleSeatLeft(alone, labels_of(plan, alone), PATH)
                continue
        free[wish.concert_id] &= ~seats
    return refused


def _is_ruled(wish: Wish, sales: Sales) -> bool:
    concert = sales.concerts[wish.concert_id]
    return bool(concert["no_single_seats"]) and isinstance(wish.selection, ChosenSeats)


def _seats_and_neighbours(
    picked: Seats, ruled: set[Wish], plans: Mapping[UUID, Plan]
) -> Iterable[tuple[UUID, int]]:
    for wish, indexes in picked.items():
        yield from ((wish.concert_id, index) for index in indexes)
        if wish in ruled:
            for index in neighbours(plans[wish.concert_id], indexes):
                yield wish.concert_id, index
