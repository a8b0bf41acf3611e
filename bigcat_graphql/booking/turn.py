"""A change of a booking's seats, judged as if the seats that it ends with were chosen anew."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from bigcat_graphql.booking.alternatives import Wanted, find_alternatives
from bigcat_graphql.booking.errors import SeatRuleBroken, SingleSeatLeft
from bigcat_graphql.booking.hall import hall_of, seats_in
from bigcat_graphql.booking.judging import companions_alone, labels_of, lock_free, neighbours
from bigcat_graphql.booking.orphans import left_alone
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.booking.selection import ChosenSeats, Selection
from bigcat_graphql.catalogue import Plan, plan_by_id


@dataclass(frozen=True, slots=True)
class Turn:
    """What a booking has, what of it goes, and what is to come."""

    sale: Sale
    owned: frozenset[int]
    removed: frozenset[int]
    add: Selection | None

    @property
    def chosen(self) -> frozenset[int]:
        """The very seats that are to come; none where the choice is left to us."""
        return frozenset(self.add.indexes if isinstance(self.add, ChosenSeats) else ())

    @property
    def wanted(self) -> Wanted:
        """What to find alternatives for."""
        kept = self.owned - self.removed
        return Wanted(self.sale.concert_id, self.chosen, kept, self.owned)

    @property
    def path(self) -> tuple[str, ...]:
        """The input at fault, should a rule be broken."""
        return ("input", "add", "seats", "indexes") if self.chosen else ("input", "removeIndexes")


async def lock_gaps(turn: Turn) -> int:
    """Lock the neighbours of all seats that come or go, where single seats are forbidden.

    It is done before any seat changes hands, and gives the free ones among them.
    """
    plan = await plan_by_id(turn.sale.plan_id)
    near = neighbours(plan, [n for n in turn.chosen | turn.removed if 0 <= n < plan.seat_count])
    if not turn.sale.no_single_seats or not near:
        return 0
    concert_id = turn.sale.concert_id
    free = await lock_free((concert_id, index) for index in near | turn.chosen | turn.removed)
    return free[concert_id]


async def check_turn(turn: Turn, now_owned: Collection[int], free: int) -> None:
    """Refuse a change that breaks a rule, once it is made; `free` is what `lock_gaps` gave.

    Raises:
        SeatRuleBroken: companion seats would be without theirs, or a seat would be left alone.
    """
    plan = await plan_by_id(turn.sale.plan_id)
    broken = companions_alone(plan, now_owned, path=turn.path)
    if broken is None and turn.sale.no_single_seats:
        broken = _single_left(turn, plan, now_owned, free)
    if broken is not None:
        raise await _advise(turn, broken)


def _single_left(
    turn: Turn, plan: Plan, now_owned: Collection[int], free: int
) -> SeatRuleBroken | None:
    had = seats_in(turn.owned)
    alone = left_alone(hall_of(plan), free, had=had, has=seats_in(now_owned))
    return SingleSeatLeft(alone, labels_of(plan, alone), turn.path) if alone else None


async def _advise(turn: Turn, broken: SeatRuleBroken) -> SeatRuleBroken:
    if not turn.chosen:
        return broken
    found = await find_alternatives([turn.wanted], {turn.sale.concert_id: turn.sale.plan_id})
    return replace(broken, alternatives=found.get(turn.wanted, ()))
