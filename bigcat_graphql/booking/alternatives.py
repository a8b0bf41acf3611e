"""Other seats for those who cannot have the ones they chose: the nearest, as many, side by side."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking import batch_statements as sql
from bigcat_graphql.booking.companions import deserted
from bigcat_graphql.booking.errors import SeatChoice
from bigcat_graphql.booking.hall import Hall, hall_of, indexes_in, seats_in
from bigcat_graphql.booking.orphans import left_alone
from bigcat_graphql.catalogue import Plan, plan_by_id

_CHOICES_MAX = 3
# Seats read on each side of the chosen ones, and rows looked through: so that what a loser costs
# does not grow with the hall.
_READ_SEATS = 500
_ROWS_MAX = 8


class Wanted(NamedTuple):
    """Seats that somebody chose in vain; a booking `had` some before and would have `kept` some."""

    concert_id: UUID
    indexes: frozenset[int]
    kept: frozenset[int] = frozenset()
    had: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is free around, and what it costs."""

    plan: Plan
    hall: Hall
    free: int
    prices: Mapping[str, int]
    currency: str
    no_single_seats: bool


Choices = tuple[SeatChoice, ...]


async def find_alternatives(
    wishes: Collection[Wanted], plan_ids: Mapping[UUID, UUID]
) -> dict[Wanted, Choices]:
    """Find up to three choices for each: all are read at once, and equal wishes cost one search.

    They do not overlap, the nearest comes first, and each keeps the concert's rules. Nothing is
    reserved: others may be quicker.
    """
    found: dict[Wanted, Choices] = {}
    plans = {key: await plan_by_id(plan_ids[key]) for key in {one.concert_id for one in wishes}}
    scenes = await _read_scenes(wishes, plans) if wishes else {}
    for wanted in wishes:
        if wanted not in found and wanted.concert_id in scenes:
            found[wanted] = _choose(scenes[wanted.concert_id], wanted)
    return found


async def _read_scenes(
    wishes: Collection[Wanted], plans: Mapping[UUID, Plan]
) -> dict[UUID, _Scene]:
    windows = [
        (concert_id, first, last)
        for concert_id, plan in plans.items()
        for first, last in _windows(wishes, concert_id, plan.seat_count)
    ]
    rows: dict[UUID, list[Record]] = {}
    for row in await database.fetch_all(
        sql.FREE_AROUND, *(list(c) for c in zip(*windows, strict=True))
    ):
        rows.setdefault(row["concert_id"], []).append(row)
    return {concert_id: _see(plans[concert_id], found) for concert_id, found in rows.items()}


def _windows(
    wishes: Collection[Wanted], concert_id: UUID, seat_count: int
) -> Iterator[tuple[int, int]]:
    """Give the stretches of indexes to read, those that overlap as one."""
    around = sorted(
        (max(0, min(one.indexes) - _READ_SEATS), max(one.indexes) + _READ_SEATS)
        for one in wishes
        if one.concert_id == concert_id and one.indexes
    )
    first, last = around[0]
    for begin, end in around[1:]:
        if begin > last + 1:
            yield first, min(last, seat_count - 1)
            first = begin
        last = max(last, end)
    yield first, min(last, seat_count - 1)


def _see(plan: Plan, rows: Sequence[Record]) -> _Scene:
    return _Scene(
        plan,
        hall_of(plan),
        seats_in(index for row in rows for index in row["free"] or ()),
        {text[0]: int(text[1:]) for text in rows[0]["prices"] or ()},
        rows[0]["currency"],
        rows[0]["no_single_seats"],
    )


def _choose(scene: _Scene, wanted: Wanted) -> Choices:
    """Take the nearest blocks that are allowed; where there is none, the nearest seats."""
    taken = 0
    chosen: list[SeatChoice] = []
    for seats in _nearest_blocks(scene, wanted):
        if not seats_in(seats) & taken and _is_allowed(scene, wanted, seats):
            taken |= seats_in(seats)
            chosen.append(_price(scene, seats))
            if len(chosen) == _CHOICES_MAX:
                break
    if not chosen:
        apart = _nearest_seats(scene, wanted)
        if len(apart) == len(wanted.indexes) and _is_allowed(scene, wanted, apart):
            chosen.append(_price(scene, apart))
    return tuple(chosen)


def _nearest_blocks(scene: _Scene, wanted: Wanted) -> list[Sequence[int]]:
    hall, size = scene.hall, len(wanted.indexes)
    starts = hall.blocks(_usable(scene, wanted), size)
    x, y = _middle(hall, wanted)
    ranked = []
    for start in _in_rows_around(hall, starts, wanted):
        (u, v), (w, z) = hall.points[start], hall.points[start + size - 1]
        ranked.append((hypot((u + w) / 2 - x, (v + z) / 2 - y), start))
    return [range(start, start + size) for _, start in sorted(ranked)]


def _nearest_seats(scene: _Scene, wanted: Wanted) -> list[int]:
    hall = scene.hall
    x, y = _middle(hall, wanted)

    def apart(seat: int) -> tuple[float, int]:
        u, v = hall.points[seat]
        return hypot(u - x, v - y), seat

    near = sorted(_in_rows_around(hall, _usable(scene, wanted), wanted), key=apart)
    return sorted(near[: len(wanted.indexes)])


def _in_rows_around(hall: Hall, seats: int, wanted: Wanted) -> list[int]:
    row = hall.row_number_of(sorted(wanted.indexes)[len(wanted.indexes) // 2])
    first = hall.rows[max(0, row - _ROWS_MAX)].start
    last = hall.rows[min(len(hall.rows) - 1, row + _ROWS_MAX)].stop
    near = seats >> first & ((1 << (last - first)) - 1)
    return [first + offset for offset in indexes_in(near)]


def _usable(scene: _Scene, wanted: Wanted) -> int:
    """Leave accessible seats to those who asked for one."""
    if seats_in(wanted.indexes) & scene.hall.accessible:
        return scene.free
    return scene.free & ~scene.hall.accessible & ~scene.hall.companion


def _middle(hall: Hall, wanted: Wanted) -> tuple[float, float]:
    points = [hall.points[index] for index in wanted.indexes]
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _is_allowed(scene: _Scene, wanted: Wanted, seats: Sequence[int]) -> bool:
    whole = [*seats, *wanted.kept]
    if deserted(scene.hall, whole):
        return False
    asked, given = (seats_in(some) & scene.hall.accessible for some in (wanted.indexes, seats))
    if asked and not given:
        return False
    if not scene.no_single_seats:
        return True
    had = seats_in(wanted.had)
    return not left_alone(scene.hall, scene.free & ~had, had=had, has=seats_in(whole))


def _price(scene: _Scene, seats: Sequence[int]) -> SeatChoice:
    return SeatChoice(
        tuple(seats),
        tuple(scene.plan.place(index).label for index in seats),
        sum(scene.prices[scene.plan.tier_codes[index]] for index in seats),
        scene.currency,
    )
