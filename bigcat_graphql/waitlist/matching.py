"""Who gets the seats that are free: the first in line whom they fit, whole groups only.

A pure function. Somebody whose wishes do not fit is passed over, at most five times: then what
would fit is kept, seat by seat, until it is enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from bigcat_graphql.booking import best_available
from bigcat_graphql.booking.hall import hall_of, indexes_in, seats_in
from bigcat_graphql.booking.selection import BestAvailable
from bigcat_graphql.catalogue import Area, Plan
from bigcat_graphql.models import PriceTier, WaitlistEntry

PASSED_OVER_MAX = 5


@dataclass(slots=True)
class Matches:
    """What came of it: seats by entry, who was passed over, and what is kept for whom."""

    offers: dict[UUID, tuple[int, ...]] = field(default_factory=dict)
    passed_over: list[UUID] = field(default_factory=list)
    gathered: dict[UUID, tuple[int, ...]] = field(default_factory=dict)

    @property
    def seats(self) -> set[int]:
        """All seats that are somebody's now."""
        return {
            index for part in (self.offers, self.gathered) for n in part.values() for index in n
        }


@dataclass(frozen=True, slots=True)
class House:
    """What is sold: the plan, and its prices."""

    plan: Plan
    tiers: Sequence[PriceTier]


def match(
    entries: Sequence[WaitlistEntry], free: Sequence[int], house: House, *, among: Random
) -> Matches:
    """Give free seats to entries in line, the longest waiting first."""
    matches = Matches()
    left = set(free)
    unserved: list[UUID] = []
    for entry in entries:
        if not left:
            break
        seats = _fit(entry, left, house, among)
        if seats is not None:
            matches.offers[entry.id] = seats
            left.difference_update(seats)
            # Each of them once, however many behind are served now.
            matches.passed_over += unserved
            unserved = []
        elif entry.times_passed_over < PASSED_OVER_MAX:
            unserved.append(entry.id)
        elif kept := _useful(entry, left, house):
            matches.gathered[entry.id] = kept
            left.difference_update(kept)
    return matches


def has_fit(entry: WaitlistEntry, free: Sequence[int], house: House) -> bool:
    """Say whether free seats would do for an entry."""
    return _fit(entry, set(free), house, Random(0)) is not None  # noqa: S311 - not which


def _fit(
    entry: WaitlistEntry, free: set[int], house: House, among: Random
) -> tuple[int, ...] | None:
    """Find seats for all of a group: numbered ones, or places of one area."""
    numbered = _numbered(entry, free, house)
    wish = _wish(entry, house.plan)
    if wish.section_keys != ():
        everything = seats_in(index for index in free if index < house.plan.seat_count)
        seats = best_available.pick(house.plan, numbered, wish, among=among, house=everything)
        if seats is not None:
            return tuple(sorted(seats))
    for area in _areas(entry, house):
        places = [index for index in sorted(free) if index in _range(area)]
        if len(places) >= entry.quantity:
            return tuple(places[: entry.quantity])
    return None


def _useful(entry: WaitlistEntry, free: set[int], house: House) -> tuple[int, ...]:
    """List the seats that may become part of what the group waits for, not more than it needs."""
    wish = _wish(entry, house.plan)
    numbered = best_available.eligible(house.plan, _numbered(entry, free, house), wish)
    seats = indexes_in(numbered) if wish.section_keys != () else []
    for area in _areas(entry, house):
        seats += [index for index in sorted(free) if index in _range(area)]
    return tuple(seats[: entry.quantity])


def _wish(entry: WaitlistEntry, plan: Plan) -> BestAvailable:
    sections = {section.key for section in plan.sections}
    keys = entry.section_keys
    return BestAvailable(
        quantity=entry.quantity,
        section_keys=None if keys is None else tuple(key for key in keys if key in sections),
        accessible=entry.accessible,
        allow_split=not entry.together,
    )


def _numbered(entry: WaitlistEntry, free: set[int], house: House) -> int:
    """Give the numbered seats that are free, of the types and prices that will do."""
    hall, codes = hall_of(house.plan), _codes(entry, house.tiers)
    wanted = 0
    for code in codes:
        wanted |= hall.tiers.get(code, 0)
    return seats_in(index for index in free if index < house.plan.seat_count) & wanted


def _areas(entry: WaitlistEntry, house: House) -> list[Area]:
    codes = _codes(entry, house.tiers)
    # An area has no seat that is marked as accessible: whoever needs one is not sent there.
    return [
        area
        for area in house.plan.areas
        if area.tier_code in codes
        and not entry.accessible
        and (entry.section_keys is None or area.key in entry.section_keys)
    ]


def _codes(entry: WaitlistEntry, tiers: Sequence[PriceTier]) -> Mapping[str, PriceTier]:
    types, most = entry.types, entry.max_price_minor
    return {
        tier.code: tier
        for tier in tiers
        if (types is None or tier.seat_type in types) and (most is None or tier.price_minor <= most)
    }


def _range(area: Area) -> range:
    return range(area.first_index, area.first_index + area.place_count)
