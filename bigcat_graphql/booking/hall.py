"""A plan as the booking rules see it: who sits beside whom, in sets of seats that are numbers.

A set of numbered seats is one integer: bit n stands for the seat with index n. Whole halls are
then compared in a few machine instructions a row, and a run of free seats is a shift and an AND.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress, count, pairwise
from math import hypot, isqrt
from statistics import median

from bigcat_graphql.catalogue import Plan, SeatFeature

# Neighbours stand at most this many usual distances apart; more is an aisle.
_AISLE = 1.6
_RESTRICTED_PENALTY = 1.0
# Squares hold about so many seats, were they spread over the whole plan.
_SQUARE_SEATS = 9
_TO_FLAGS = bytes.maketrans(b"01", b"\x00\x01")


@dataclass(frozen=True, slots=True, eq=False)
class Hall:
    """What does not change about a plan; it is the same only as itself.

    `joined` has the seats that stand right beside the one before them. `stretches` are runs of
    seats side by side, `rows` may have aisles; `distance` is from the stage, in plan widths, and
    more for a restricted view; none is further than `depth` but for that.
    `squares` says in which square of `square_side` plan units each seat stands.
    """

    seat_count: int
    joined: int
    rows: tuple[range, ...]
    stretches: tuple[range, ...]
    points: tuple[tuple[int, int], ...]
    distance: tuple[float, ...]
    depth: float
    sections: Mapping[str, int]
    tiers: Mapping[str, int]
    accessible: int
    companion: int
    square_side: int
    # How many squares away a seat can be at most.
    square_reach: int
    squares: tuple[tuple[int, int], ...]

    def row_number_of(self, index: int) -> int:
        """Number the row of a seat, in index order."""
        return _find(self.rows, index)

    def stretch_of(self, index: int) -> range:
        """Give the seats that stand side by side with one, itself included."""
        return self.stretches[_find(self.stretches, index)]

    def blocks(self, among: int, quantity: int) -> int:
        """Give the first seats of all blocks of so many side by side."""
        starts, goes_on = among, among & self.joined
        for step in range(1, quantity):
            starts &= goes_on >> step
        return starts

    def run(self, among: int, index: int) -> tuple[int, int]:
        """Give the first and the last seat of the run around one."""
        first = last = index
        while among >> last & 1 and self.joined & among & (2 << last):
            last += 1
        while first and self.joined >> first & 1 and among >> (first - 1) & 1:
            first -= 1
        return first, last

    def singles(self, among: int) -> int:
        """Give those that have none of the others beside them."""
        goes_on = among & self.joined
        return among & ~(among << 1 & self.joined) & ~(goes_on >> 1)


def seats_in(indexes: Iterable[int]) -> int:
    """Write a set of seats as a number."""
    chosen = list(indexes)
    digits = bytearray(b"0" * (max(chosen, default=0) + 1))
    for index in chosen:
        digits[index] = 49  # the digit 1
    digits.reverse()
    return int(digits, 2)


def indexes_in(seats: int) -> list[int]:
    """Read a set of seats from its number, ascending."""
    return list(compress(count(), flags_of(seats)))


def flags_of(seats: int) -> bytes:
    """Write a set of seats as a byte each, 1 or 0; the last one is in it."""
    return f"{seats:b}".encode()[::-1].translate(_TO_FLAGS)


@lru_cache(maxsize=64)
def hall_of(plan: Plan) -> Hall:
    """See a plan's numbered seats."""
    rows = [(section.key, row) for section in plan.sections for row in section.rows]
    lines = [(row.first_index, row.coordinates()) for _, row in rows]
    points = tuple(point for _, line in lines for point in line)
    stretches = tuple(stretch for first, line in lines for stretch in _stretches(first, line))
    marked = {mark.feature: seats_in(mark.indexes) for mark in plan.marks}
    numbered = plan.tier_codes[: plan.seat_count]
    side = max(1, isqrt(plan.width * plan.height * _SQUARE_SEATS // max(1, plan.seat_count)))
    return Hall(
        seat_count=plan.seat_count,
        joined=seats_in(index for stretch in stretches for index in stretch[1:]),
        rows=tuple(range(first, first + len(line)) for first, line in lines),
        stretches=stretches,
        points=points,
        distance=_distances(plan, points, marked.get(SeatFeature.RESTRICTED_VIEW, 0)),
        depth=max(_distances(plan, points, 0), default=0.0),
        sections={
            section.key: ((1 << section.seat_count) - 1) << section.first_index
            for section in plan.sections
        },
        tiers={
            tier.code: seats_in(i for i, code in enumerate(numbered) if code == tier.code)
            for tier in plan.tiers
        },
        accessible=marked.get(SeatFeature.ACCESSIBLE, 0),
        companion=marked.get(SeatFeature.COMPANION, 0),
        square_side=side,
        square_reach=max((max(x, y) // side for x, y in points), default=0) + 1,
        squares=tuple((x // side, y // side) for x, y in points),
    )


def _distances(
    plan: Plan, points: tuple[tuple[int, int], ...], restricted: int
) -> tuple[float, ...]:
    width = max(1, plan.width)
    far = set(indexes_in(restricted))
    # The stage is in the middle of the upper edge, as plans are drawn.
    return tuple(
        hypot(x - plan.width / 2, y) / width + _RESTRICTED_PENALTY * (index in far)
        for index, (x, y) in enumerate(points)
    )


def _stretches(first: int, line: list[tuple[int, int]]) -> Iterator[range]:
    """Cut a row where neighbours stand too far apart."""
    gaps = [hypot(u - x, v - y) for (x, y), (u, v) in pairwise(line)]
    usual = median(gaps) if gaps else 0.0
    begin = 0
    for offset, gap in enumerate(gaps, start=1):
        if gap > usual * _AISLE:
            yield range(first + begin, first + offset)
            begin = offset
    yield range(first + begin, first + len(line))


def _find(ranges: tuple[range, ...], index: int) -> int:
    return bisect_right(ranges, index, key=lambda one: one.start) - 1
