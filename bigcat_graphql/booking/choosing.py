"""From a wish to the very seats: chosen, best available, or places; no two wishes get the same.

Choosing only reads. What it picks is as good as the picture it read; the statement that takes the
seats asks again whether they are free.
"""

import secrets
from collections.abc import Sequence
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.booking import best_available, rules, statements
from bigcat_graphql.booking.errors import NotEnoughSeats
from bigcat_graphql.booking.hall import hall_of, seats_in
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.booking.selection import (
    BestAvailable,
    ChosenSeats,
    GeneralAdmission,
    Selection,
)
from bigcat_graphql.catalogue import Area, Plan, plan_by_id, price_tiers_of
from bigcat_graphql.errors import InvalidInput

# Places read at once: enough for a batch, and far fewer than a large area has.
_POOL_SIZE = 400
_RANDOM = secrets.SystemRandom()

Place = tuple[UUID, int]


class Chooser:
    """Chooses for the wishes of one transaction, and remembers what it gave to whom."""

    def __init__(self) -> None:
        self._given: set[Place] = set()
        self._free: dict[UUID, int] = {}
        self._pools: dict[tuple[UUID, str], list[int]] = {}

    async def choose(
        self, sale: Sale, selection: Selection, *, root: str = "selection"
    ) -> tuple[int, ...] | None:
        """Choose seats for a wish; None if what it lacks was just given to another.

        That other may still fail, so it is too early to refuse: the next transaction knows.

        Raises:
            InvalidInput: a seat twice, or an unknown area, section or tier.
            PlanChanged: the indexes are of another version of the plan.
            UnknownSeats: the plan has no such numbered seats.
            NotEnoughSeats: too few seats fit.
        """
        try:
            picked = await self._pick(sale, selection, rules.path_of(selection, root))
        except NotEnoughSeats:
            if any(concert_id == sale.concert_id for concert_id, _ in self._given):
                return None
            raise
        self._given |= {(sale.concert_id, index) for index in picked or ()}
        return picked

    async def _pick(
        self, sale: Sale, selection: Selection, path: tuple[str, ...]
    ) -> tuple[int, ...] | None:
        plan = await plan_by_id(sale.plan_id)
        if isinstance(selection, ChosenSeats):
            return self._chosen(sale, plan, selection, path)
        if isinstance(selection, GeneralAdmission):
            return await self._places(sale, plan, selection, path)
        return await self._best(sale, plan, selection, path)

    def _chosen(
        self, sale: Sale, plan: Plan, chosen: ChosenSeats, path: tuple[str, ...]
    ) -> tuple[int, ...] | None:
        rules.check_chosen(chosen, plan_version=plan.version, seat_count=plan.seat_count, path=path)
        wanted = {(sale.concert_id, index) for index in chosen.indexes}
        return chosen.indexes if self._given.isdisjoint(wanted) else None

    async def _places(
        self, sale: Sale, plan: Plan, wish: GeneralAdmission, path: tuple[str, ...]
    ) -> tuple[int, ...]:
        area = plan.area(wish.area_key)
        if area is None:
            raise InvalidInput("The concert has no such area.", (*path[:-1], "areaKey"))
        pool = self._pools.setdefault((sale.concert_id, area.key), [])
        if len(pool) < wish.quantity:
            pool[:] = await self._read_places(sale.concert_id, area)
        if len(pool) < wish.quantity:
            between = (area.first_index, area.first_index + area.place_count - 1)
            raise await _too_few(sale.concert_id, [area.tier_code], between, path, len(pool))
        taken = tuple(pool[: wish.quantity])
        del pool[: wish.quantity]
        return taken

    async def _read_places(self, concert_id: UUID, area: Area) -> list[int]:
        """Read free places from a random one on, so that nodes seldom want the same."""
        first, last = area.first_index, area.first_index + area.place_count - 1
        start = first + secrets.randbelow(area.place_count)
        found = await self._free_places(
            statements.FREE_PLACES, concert_id, area.tier_code, start, last
        )
        if len(found) < _POOL_SIZE:
            # Near the end of a sale: now look everywhere, lapsed reservations included.
            found = await self._free_places(
                statements.ANY_FREE_PLACES, concert_id, area.tier_code, first, last
            )
        return found

    async def _free_places(
        self, statement: str, concert_id: UUID, code: str, first: int, last: int
    ) -> list[int]:
        limit = _POOL_SIZE + len(self._given)
        rows = await database.fetch_all(statement, concert_id, code, first, last, limit)
        return [row["index"] for row in rows if (concert_id, row["index"]) not in self._given]

    async def _best(
        self, sale: Sale, plan: Plan, wish: BestAvailable, path: tuple[str, ...]
    ) -> tuple[int, ...]:
        tiers = (await price_tiers_of([sale.concert_id]))[sale.concert_id]
        codes = best_available.tier_codes(wish, tiers, path=path[:-1])
        best_available.check_sections(wish, plan, path=path[:-1])
        house = await self._free_seats(sale.concert_id, plan)
        free = house & _seats_of(plan, codes)
        picked = best_available.pick(plan, free, wish, among=_RANDOM, house=house)
        if picked is None:
            kept = best_available.eligible(plan, free, wish)
            together = best_available.longest_block(plan, kept)
            remaining = kept.bit_count() if wish.allow_split else together
            between = (0, plan.seat_count - 1)
            raise await _too_few(sale.concert_id, codes, between, path, remaining)
        return picked

    async def _free_seats(self, concert_id: UUID, plan: Plan) -> int:
        if concert_id not in self._free:
            row = await database.fetch_one(statements.FREE_SEATS, concert_id, plan.seat_count)
            self._free[concert_id] = int((row and row["free"]) or "0", 2)
        given = seats_in(index for concert, index in self._given if concert == concert_id)
        return self._free[concert_id] & ~given


def _seats_of(plan: Plan, codes: Sequence[str]) -> int:
    """Give the numbered seats of some tiers; of all, whatever is free."""
    if len(codes) == len(plan.tiers):
        return -1
    wished = 0
    for code in codes:
        wished |= hall_of(plan).tiers[code]
    return wished


async def _too_few(
    concert_id: UUID,
    codes: list[str],
    between: tuple[int, int],
    path: tuple[str, ...],
    remaining: int,
) -> NotEnoughSeats:
    row = await database.fetch_one(statements.NEXT_LAPSE, concert_id, codes, *between)
    wait = row["seconds_left"] if row else None
    return NotEnoughSeats(remaining, path, None if wait is None else max(1, wait))
