"""Which free seats are the best: side by side, near the stage, no single seat left alone."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from heapq import nsmallest
from itertools import accumulate, compress, islice
from math import hypot, inf
from random import Random

from bigcat_graphql.booking.companions import deserted
from bigcat_graphql.booking.hall import Hall, flags_of, hall_of, indexes_in
from bigcat_graphql.booking.selection import BestAvailable
from bigcat_graphql.catalogue import Plan
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import PriceTier

# What counts against a block, in plan widths. To leave a single seat counts as much as the depth of
# the hall, so that it is worse than any seat further away.
_WASTED_ACCESSIBLE_PENALTY = 2.0
_NO_COMPANION_PENALTY = 0.2
# Rivals who ask at once get different blocks: one of the few that are as good as the best.
_AS_GOOD = 1.02
_CHOICES_MAX = 8
# A spread-out group gathers around one of this many best seats.
_ANCHORS_MAX = 16
# Of fewer than one in so many, each is looked at; of more, the best ranked until enough are found.
_FEW = 40
# So few seats are measured one and all, rather than looked up by squares.
_SEARCHED_WHOLE = 150

Score = tuple[float, tuple[int, ...]]


def tier_codes(
    wish: BestAvailable, tiers: Sequence[PriceTier], *, path: tuple[str, ...]
) -> list[str]:
    """List the codes of the tiers that meet the wish.

    Raises:
        InvalidInput: a tier is not of this concert, or the price is in another currency.
    """
    known = {tier.id for tier in tiers}
    if wish.tier_ids is not None and not known.issuperset(wish.tier_ids):
        raise InvalidInput("The concert has no such price tier.", (*path, "tierIds"))
    if wish.max_price is not None and any(t.currency != wish.max_price.currency for t in tiers):
        raise InvalidInput(
            f"Prices are in {tiers[0].currency} here.", (*path, "maxPrice", "currency")
        )
    return [tier.code for tier in tiers if _fits(tier, wish)]


def _fits(tier: PriceTier, wish: BestAvailable) -> bool:
    return (
        (wish.tier_ids is None or tier.id in wish.tier_ids)
        and (wish.seat_types is None or tier.seat_type in wish.seat_types)
        and (wish.max_price is None or tier.price_minor <= wish.max_price.amount_minor)
    )


def check_sections(wish: BestAvailable, plan: Plan, *, path: tuple[str, ...]) -> None:
    """Refuse sections that the plan does not have.

    Raises:
        InvalidInput: there is one.
    """
    known = {section.key for section in plan.sections}
    if wish.section_keys is not None and not known.issuperset(wish.section_keys):
        raise InvalidInput("The concert has no such section.", (*path, "sectionKeys"))


def eligible(plan: Plan, free: int, wish: BestAvailable) -> int:
    """Keep the free seats in the wished sections; accessible ones only for those who need them."""
    hall = hall_of(plan)
    kept = free
    if wish.section_keys is not None:
        kept = 0
        for key in set(wish.section_keys):
            kept |= hall.sections[key] & free
    return kept if wish.accessible else kept & ~hall.accessible & ~hall.companion


def pick(
    plan: Plan, free: int, wish: BestAvailable, *, among: Random, house: int | None = None
) -> tuple[int, ...] | None:
    """Pick the best seats, side by side where there are such; None when too few are left.

    `free` is a set of seats as in `hall`, of the price tiers that will do; `house` has all free
    ones, where that is more: beside those nobody sits alone. `among` chooses between blocks that
    are as good as the best, so that two who ask at once seldom want the same.
    """
    hall = hall_of(plan)
    kept = eligible(plan, free, wish)
    choices = _blocks(hall, kept, wish, house=free if house is None else house)
    if not choices and wish.allow_split:
        choices = sorted(_spread(hall, kept, wish))
    if not choices:
        return None
    good_enough = choices[0][0] * _AS_GOOD
    return among.choice([one for one in choices[:_CHOICES_MAX] if one[0] <= good_enough])[1]


def longest_block(plan: Plan, kept: int) -> int:
    """Count the seats of the longest run among those kept."""
    hall = hall_of(plan)
    goes_on, starts, length = kept & hall.joined, kept, 0
    while starts:
        length += 1
        starts &= goes_on >> length
    return length


def _blocks(hall: Hall, kept: int, wish: BestAvailable, *, house: int) -> list[Score]:
    """Give the blocks of so many seats side by side that may be as good as the best, it first."""
    size = wish.quantity
    starts = hall.blocks(kept, size)
    leaves_single = starts & _leaving_singles(hall, house, size)
    costs, ranked = _ranking(hall, size, wish.accessible)
    found = _cheapest(costs, ranked, starts & ~leaves_single, penalty=0.0)
    # Hardly ever worth the look: not even the best of all would then be as good.
    if not found or costs[ranked[0]] + hall.depth <= found[0][0] * _AS_GOOD:
        found += _cheapest(costs, ranked, leaves_single, penalty=hall.depth)
    return [(cost, tuple(range(start, start + size))) for cost, start in sorted(found)]


def _cheapest(
    costs: Sequence[float], ranked: Sequence[int], starts: int, *, penalty: float
) -> list[tuple[float, int]]:
    """Give those as good as the best, looking at few seats or at the best ranked first."""
    if starts.bit_count() * _FEW < len(ranked):
        own = sorted((costs[start], start) for start in indexes_in(starts) if costs[start] < inf)
        return [(cost + penalty, start) for cost, start in own[:_CHOICES_MAX]]
    best = islice(_among(ranked, starts, len(costs)), _CHOICES_MAX)
    return [(costs[start] + penalty, start) for start in best]


def _among(ranked: Sequence[int], seats: int, seat_count: int) -> Iterator[int]:
    """Give those of a set in the order of a ranking: 20,000 are gone through in 0.4 ms."""
    # With one more, so that there is a flag for each, whichever is the last of the set.
    flags = flags_of(seats | 1 << seat_count)
    return compress(ranked, map(flags.__getitem__, ranked))


def _leaving_singles(hall: Hall, free: int, size: int) -> int:
    """Give the first seats of blocks beside which one seat would be left alone."""
    goes_on = free & hall.joined
    begins_run, ends_run = free & ~(free << 1 & hall.joined), free & ~(goes_on >> 1)
    return (begins_run << 1 & hall.joined) | ((ends_run & hall.joined) >> size)


@lru_cache(maxsize=64)
def _ranking(hall: Hall, size: int, accessible: bool) -> tuple[Sequence[float], Sequence[int]]:
    """Rank all blocks of so many seats, whoever has them: what counts against each, and an order.

    Blocks are named by their first seat; what counts against no block is infinity. For a hall of
    20,000 seats it takes a quarter of a megabyte for each size.
    """
    everything = (1 << hall.seat_count) - 1
    sums = [0.0, *accumulate(hall.distance)]
    costs = array("d", [inf]) * hall.seat_count
    for start in indexes_in(hall.blocks(everything, size)):
        if not accessible:
            costs[start] = (sums[start + size] - sums[start]) / size
        elif _serves_accessible(hall, start, size):
            costs[start] = (sums[start + size] - sums[start]) / size + _misfit(hall, start, size)
    ranked = [start for start, cost in enumerate(costs) if cost < inf]
    return costs, array("i", sorted(ranked, key=costs.__getitem__))


def _serves_accessible(hall: Hall, start: int, size: int) -> bool:
    here = (1 << size) - 1
    if not hall.accessible >> start & here:
        return False
    return not deserted(hall, range(start, start + size))


def _misfit(hall: Hall, start: int, size: int) -> float:
    """Count against a group accessible seats that it does not need, and company elsewhere."""
    here = (1 << size) - 1
    wasted = (hall.accessible >> start & here).bit_count() - 1
    meant = ((hall.accessible | hall.companion) >> start & here).bit_count()
    return _WASTED_ACCESSIBLE_PENALTY * wasted + _NO_COMPANION_PENALTY * (size - meant)


def _spread(hall: Hall, kept: int, wish: BestAvailable) -> Iterator[Score]:
    """Gather groups around the best seats, each of the seats nearest to its anchor."""
    if kept.bit_count() < wish.quantity:
        return
    # Companion seats stay with their own accessible one: only an anchor's neighbours are added.
    others = kept & ~hall.accessible & ~hall.companion if wish.accessible else kept
    squares = _Squares(hall, others)
    for anchor in _anchors(hall, kept & hall.accessible if wish.accessible else kept):
        near = squares.near(anchor, wish.quantity - 1)
        if wish.accessible:
            company = squares.measure(anchor, _company(hall, kept, anchor))
            near = sorted([*near, *company])
        group = near[: wish.quantity - 1]
        if len(group) == wish.quantity - 1:
            apart = sum(distance for distance, _ in group)
            yield hall.distance[anchor] + apart, (anchor, *(seat for _, seat in group))


def _anchors(hall: Hall, seats: int) -> list[int]:
    costs, ranked = _ranking(hall, 1, accessible=False)
    if seats.bit_count() * _FEW < len(ranked):
        return sorted(indexes_in(seats), key=costs.__getitem__)[:_ANCHORS_MAX]
    return list(islice(_among(ranked, seats, hall.seat_count), _ANCHORS_MAX))


def _company(hall: Hall, kept: int, anchor: int) -> list[int]:
    """List the companion seats right beside an accessible one."""
    beside = hall.joined & (2 << anchor)
    if anchor and hall.joined >> anchor & 1:
        beside |= 1 << (anchor - 1)
    return indexes_in(beside & kept & hall.companion)


class _Squares:
    """Seats by the square of the hall that they stand in, to find neighbours without a search."""

    def __init__(self, hall: Hall, seats: int) -> None:
        self._hall = hall
        self._count = seats.bit_count()
        self._by_square: dict[tuple[int, int], list[int]] = defaultdict(list)
        for seat in indexes_in(seats):
            self._by_square[hall.squares[seat]].append(seat)

    def near(self, anchor: int, wanted: int) -> list[tuple[float, int]]:
        """List so many seats nearest to one, and how far each is; all, where they are fewer."""
        if self._count <= _SEARCHED_WHOLE:
            every = (seat for seats in self._by_square.values() for seat in seats)
            return nsmallest(wanted, self.measure(anchor, every))
        found: list[tuple[float, int]] = []
        column, row = self._hall.squares[anchor]
        for ring in range(self._hall.square_reach + 1):
            for square in _ring(column, row, ring):
                found += self.measure(anchor, self._by_square.get(square, ()))
            # A seat outside of ring n is over n sides away.
            if sum(apart <= ring * self._hall.square_side for apart, _ in found) >= wanted:
                break
        return nsmallest(wanted, found)

    def measure(self, anchor: int, seats: Iterable[int]) -> Iterator[tuple[float, int]]:
        """Say how far seats are from one."""
        points = self._hall.points
        x, y = points[anchor]
        for seat in seats:
            if seat != anchor:
                u, v = points[seat]
                yield hypot(x - u, y - v), seat


def _ring(column: int, row: int, ring: int) -> Iterator[tuple[int, int]]:
    for x in range(column - ring, column + ring + 1):
        edge = abs(x - column) == ring
        for y in range(row - ring, row + ring + 1, 1 if edge or not ring else 2 * ring):
            yield x, y
