"""Which free seats are the best: side by side, near the stage, no single seat left alone."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import hypot
from random import Random
from statistics import median

from bigcat_graphql.booking.selection import BestAvailable
from bigcat_graphql.catalogue import Plan, SeatFeature
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import PriceTier

# Neighbours stand at most this many usual distances apart; more is an aisle.
_AISLE = 1.6
# What counts against a block, in plan widths: worse than any seat further away.
_SINGLE_LEFT_PENALTY = 0.2
_RESTRICTED_PENALTY = 1.0
_WASTED_ACCESSIBLE_PENALTY = 2.0
_NO_COMPANION_PENALTY = 0.2
# Rivals who ask at once get different blocks: one of the few that are as good as the best.
_AS_GOOD = 1.02
_CHOICES_MAX = 8
# A spread-out group gathers around one of this many best seats.
_ANCHORS_MAX = 32

Score = tuple[float, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Hall:
    """What does not change about a plan: who sits beside whom, and how far from the stage.

    `stretches` are runs of seats side by side; `distance` is by index, in plan widths.
    """

    stretches: tuple[tuple[int, ...], ...]
    points: tuple[tuple[int, int], ...]
    distance: tuple[float, ...]
    section_of: tuple[str, ...]
    accessible: frozenset[int]
    companion: frozenset[int]


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


def eligible(plan: Plan, free: Collection[int], wish: BestAvailable) -> frozenset[int]:
    """Keep the free seats in the wished sections; accessible ones only for those who need them."""
    hall = _hall(plan)
    kept = frozenset(free)
    if wish.section_keys is not None:
        sections = frozenset(wish.section_keys)
        kept = frozenset(index for index in kept if hall.section_of[index] in sections)
    return kept if wish.accessible else kept - hall.accessible - hall.companion


def pick(
    plan: Plan, free: Collection[int], wish: BestAvailable, *, among: Random
) -> tuple[int, ...] | None:
    """Pick the best seats, side by side where there are such; None when too few are left.

    `among` chooses between blocks that are as good as the best, so that two who ask at once
    seldom want the same.
    """
    hall = _hall(plan)
    kept = eligible(plan, free, wish)
    blocks = [
        (cost, block)
        for cost, block in _blocks(hall, kept, wish)
        if not wish.accessible or not hall.accessible.isdisjoint(block)
    ]
    if not blocks and wish.allow_split:
        blocks = list(_spread(hall, kept, wish))
    if not blocks:
        return None
    blocks.sort()
    good_enough = blocks[0][0] * _AS_GOOD
    return among.choice([block for block in blocks[:_CHOICES_MAX] if block[0] <= good_enough])[1]


def longest_block(plan: Plan, kept: frozenset[int]) -> int:
    """Count the seats of the longest run among those kept."""
    return max((len(run) for run in _runs(_hall(plan), kept)), default=0)


def _blocks(hall: _Hall, kept: frozenset[int], wish: BestAvailable) -> Iterator[Score]:
    """Give every block of so many seats side by side, with what counts against it."""
    for run in _runs(hall, kept):
        most = len(run) - wish.quantity
        for start in range(most + 1):
            block = run[start : start + wish.quantity]
            cost = sum(hall.distance[index] for index in block) / wish.quantity
            if 1 in (start, most - start):
                cost += _SINGLE_LEFT_PENALTY
            yield cost + _misfit(hall, block, wish), block


def _runs(hall: _Hall, kept: frozenset[int]) -> Iterator[tuple[int, ...]]:
    for stretch in hall.stretches:
        run: list[int] = []
        for index in stretch:
            if index in kept:
                run.append(index)
            elif run:
                yield tuple(run)
                run = []
        if run:
            yield tuple(run)


def _misfit(hall: _Hall, seats: tuple[int, ...], wish: BestAvailable) -> float:
    """Count against a group accessible seats that it does not need, and company elsewhere."""
    if not wish.accessible:
        return 0.0
    wasted = len(hall.accessible.intersection(seats)) - 1
    strangers = sum(seat not in hall.accessible and seat not in hall.companion for seat in seats)
    return _WASTED_ACCESSIBLE_PENALTY * wasted + _NO_COMPANION_PENALTY * strangers


def _spread(hall: _Hall, kept: frozenset[int], wish: BestAvailable) -> Iterator[Score]:
    """Gather groups around the best seats, each of the seats nearest to its anchor."""
    if len(kept) < wish.quantity:
        return
    anchors = kept & hall.accessible if wish.accessible else kept
    others = kept - hall.accessible if wish.accessible else kept
    for anchor in sorted(anchors, key=hall.distance.__getitem__)[:_ANCHORS_MAX]:
        near = sorted(others - {anchor}, key=lambda seat: (_apart(hall, anchor, seat), seat))
        group = (anchor, *near[: wish.quantity - 1])
        if len(group) == wish.quantity:
            apart = sum(_apart(hall, anchor, seat) for seat in group)
            yield hall.distance[anchor] + apart, group


def _apart(hall: _Hall, one: int, other: int) -> float:
    (x, y), (u, v) = hall.points[one], hall.points[other]
    return hypot(x - u, y - v)


@lru_cache(maxsize=64)
def _hall(plan: Plan) -> _Hall:
    rows = [(section.key, row) for section in plan.sections for row in section.rows]
    lines = [(key, row.first_index, row.coordinates()) for key, row in rows]
    points = tuple(point for _, _, line in lines for point in line)
    marked = {mark.feature: frozenset(mark.indexes) for mark in plan.marks}
    restricted = marked.get(SeatFeature.RESTRICTED_VIEW, frozenset())
    width = max(1, plan.width)
    # The stage is in the middle of the upper edge, as plans are drawn.
    distance = tuple(
        hypot(x - plan.width / 2, y) / width + _RESTRICTED_PENALTY * (index in restricted)
        for index, (x, y) in enumerate(points)
    )
    return _Hall(
        tuple(stretch for _, first, line in lines for stretch in _stretches(first, line)),
        points,
        distance,
        tuple(key for key, _, line in lines for _ in line),
        marked.get(SeatFeature.ACCESSIBLE, frozenset()),
        marked.get(SeatFeature.COMPANION, frozenset()),
    )


def _stretches(first: int, line: list[tuple[int, int]]) -> Iterator[tuple[int, ...]]:
    """Cut a row where neighbours stand too far apart."""
    gaps = [hypot(u - x, v - y) for (x, y), (u, v) in pairwise(line)]
    usual = median(gaps) if gaps else 0.0
    begin = 0
    for offset, gap in enumerate(gaps, start=1):
        if gap > usual * _AISLE:
            yield tuple(range(first + begin, first + offset))
            begin = offset
    yield tuple(range(first + begin, first + len(line)))
