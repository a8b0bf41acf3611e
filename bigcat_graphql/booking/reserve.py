"""bookSeats: take seats of one concert, all of them or none."""

import secrets
from dataclasses import dataclass
from functools import partial
from typing import NoReturn
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import best_available, rules, sales, statements
from bigcat_graphql.booking.confirm import confirm_seats
from bigcat_graphql.booking.errors import NotEnoughSeats, SeatsUnavailable
from bigcat_graphql.booking.events import BookingChanged, Event, SeatsChanged
from bigcat_graphql.booking.idempotency import Answer, Intent, answer_once
from bigcat_graphql.booking.lookup import get_booking
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.booking.selection import (
    BestAvailable,
    BookingKey,
    ChosenSeats,
    GeneralAdmission,
    Selection,
)
from bigcat_graphql.catalogue import Plan, plan_by_id, price_tiers_of
from bigcat_graphql.errors import Busy, InvalidInput
from bigcat_graphql.ids import new_id, new_reference
from bigcat_graphql.models import Booking
from bigcat_graphql.settings import get_settings

# Best-available picks from a picture that rivals make old; after so many picks that were gone
# it gives up. Each pick avoids the seats that the earlier ones could not get.
_PICKS_MAX = 5


@dataclass(frozen=True, slots=True)
class Taker:
    """Who takes seats: a new booking of an account, or a booking that grows.

    `root` is the input that holds the selection, for the paths of errors.
    """

    key: BookingKey
    new_account_id: UUID | None = None
    root: str = "selection"

    def parameters(self, currency: str) -> tuple[object, ...]:
        """List what a new booking's row needs; nothing for one that grows."""
        if self.new_account_id is None:
            return ()
        seconds = float(get_settings().reservation_seconds)
        return (self.new_account_id, new_reference(), currency, seconds)


async def book_seats(
    viewer: Viewer, *, concert_id: UUID, selection: Selection, idempotency_key: str
) -> Booking:
    """Take seats: a PENDING booking, or a CONFIRMED one when they are free of charge.

    Raises:
        NotFound: there is no such concert with seats.
        SaleNotOpen: it is not on sale now.
        InvalidInput: no seats, a seat twice, an unknown area, section or tier, a bad key.
        SeatsPerBookingExceeded: more than one booking may have.
        TicketsPerAccountExceeded: more than the account may have of this concert.
        PlanChanged: the indexes are of another version of the plan.
        UnknownSeats: the plan has no such numbered seats.
        SeatsUnavailable: some of the chosen seats are taken.
        NotEnoughSeats: too few seats fit the wish.
        IdempotencyConflict: the key came before with another request.
        Busy: locks or connections were not to be had in time.
        OutcomeUnknown: the connection was lost at commit; the same key tells.
    """
    key = BookingKey(concert_id, new_id())
    taker = Taker(key, new_account_id=viewer.account_id)

    async def work() -> list[Event]:
        sale = await sales.lock_sale(viewer.account_id, concert_id)
        rules.check_on_sale(sale)
        return await take_seats(sale, selection, taker)

    intent = Intent(viewer.account_id, "bookSeats", idempotency_key, (concert_id, selection))
    answer = await answer_once(intent, Answer(key), work)
    return await get_booking(answer.booking)


async def take_seats(
    sale: Sale, selection: Selection, taker: Taker, *, had: int = 0
) -> list[Event]:
    """Take the selection for a booking that has `had` seats, inside the caller's transaction."""
    path = rules.path_of(selection, taker.root)
    rules.check_quantity(sale, rules.quantity_of(selection), path=path, had=had)
    plan = await plan_by_id(sale.plan_id)
    taken = await _take(sale, plan, selection, taker)
    events: list[Event] = [SeatsChanged(sale.concert_id, changes_of(taken))]
    if taker.new_account_id is not None and sum(row["price_minor"] for row in taken) == 0:
        return [*events, *await confirm_seats(taker.key)]
    return [*events, BookingChanged(taker.key.concert_id, taker.key.booking_id, 1)]


async def _take(sale: Sale, plan: Plan, selection: Selection, taker: Taker) -> list[Record]:
    if isinstance(selection, ChosenSeats):
        return await _take_chosen(sale, plan, selection, taker)
    if isinstance(selection, GeneralAdmission):
        return await _take_places(sale, plan, selection, taker)
    return await _take_best(sale, plan, selection, taker)


async def _take_chosen(sale: Sale, plan: Plan, chosen: ChosenSeats, taker: Taker) -> list[Record]:
    path = rules.path_of(chosen, taker.root)
    rules.check_chosen(chosen, plan_version=plan.version, seat_count=plan.seat_count, path=path)
    statement = _statement(taker, statements.RESERVE_CHOSEN, statements.ADD_CHOSEN)
    taken = await _run(statement, sale, taker, len(chosen.indexes), list(chosen.indexes))
    if not taken:
        raise await _why_not(sale.concert_id, plan, chosen.indexes)
    return taken


async def _take_places(
    sale: Sale, plan: Plan, wish: GeneralAdmission, taker: Taker
) -> list[Record]:
    area = plan.area(wish.area_key)
    path = rules.path_of(wish, taker.root)
    if area is None:
        raise InvalidInput("The concert has no such area.", (*path[:-1], "areaKey"))
    first, last = area.first_index, area.first_index + area.place_count - 1
    start = first + secrets.randbelow(area.place_count)
    quick = _statement(taker, statements.RESERVE_PLACES, statements.ADD_PLACES)
    sure = _statement(taker, statements.RESERVE_ANY_PLACES, statements.ADD_ANY_PLACES)
    for statement, begin in ((quick, start), (quick, first), (sure, first)):
        taken = await _run(statement, sale, taker, wish.quantity, begin, last, area.tier_code)
        if taken:
            return taken
    raise await _too_few(sale.concert_id, [area.tier_code], (first, last), path)


async def _take_best(sale: Sale, plan: Plan, wish: BestAvailable, taker: Taker) -> list[Record]:
    path = rules.path_of(wish, taker.root)
    tiers = (await price_tiers_of([sale.concert_id]))[sale.concert_id]
    codes = best_available.tier_codes(wish, tiers, path=path[:-1])
    best_available.check_sections(wish, plan, path=path[:-1])
    statement = _statement(taker, statements.RESERVE_PICKED, statements.ADD_PICKED)
    avoided: set[int] = set()
    for _ in range(_PICKS_MAX):
        free = await _free_seats(sale.concert_id, plan, codes)
        picked = best_available.pick(plan, free - avoided, wish, among=secrets.SystemRandom())
        if picked is None:
            break
        taken = await _run(statement, sale, taker, wish.quantity, sorted(picked))
        if taken:
            return taken
        avoided |= set(picked)
    return await _give_up(sale.concert_id, plan, codes, wish, path)


def _statement(taker: Taker, reserve: str, add: str) -> str:
    return add if taker.new_account_id is None else reserve


async def _run(
    statement: str, sale: Sale, taker: Taker, quantity: int, *where: object
) -> list[Record]:
    return await database.fetch_all(
        statement,
        sale.concert_id,
        taker.key.booking_id,
        quantity,
        *where,
        *taker.parameters(sale.currency),
    )


async def _why_not(concert_id: UUID, plan: Plan, indexes: tuple[int, ...]) -> SeatsUnavailable:
    """Say which of the seats are taken, now that all rivals of the statement have committed."""
    rows = await database.fetch_all(statements.WHY_NOT, concert_id, list(indexes))
    taken = tuple(row["index"] for row in rows)
    waits = [row["seconds_left"] for row in rows]
    # Waiting helps only if every seat in the way is merely reserved. No row at all: whoever had
    # the seats let them go since, so asking again at once may work.
    wait = None if None in waits else max(waits, default=1)
    return SeatsUnavailable(taken, tuple(plan.place(index).label for index in taken), wait)


async def _free_seats(concert_id: UUID, plan: Plan, codes: list[str]) -> frozenset[int]:
    rows = await database.fetch_all(statements.FREE_SEATS, concert_id, codes, plan.seat_count)
    return frozenset(row["index"] for row in rows)


async def _give_up(
    concert_id: UUID, plan: Plan, codes: list[str], wish: BestAvailable, path: tuple[str, ...]
) -> NoReturn:
    free = await _free_seats(concert_id, plan, codes)
    count = len if wish.allow_split else partial(best_available.longest_block, plan)
    remaining = count(best_available.eligible(plan, free, wish))
    if remaining >= wish.quantity:
        # There are enough, but rivals were quicker each time: not the buyer's fault, so not a
        # refusal that a replay of the key would repeat for ever.
        raise Busy
    refusal = await _too_few(concert_id, codes, (0, plan.seat_count - 1), path)
    refusal.remaining = remaining
    raise refusal


async def _too_few(
    concert_id: UUID, codes: list[str], between: tuple[int, int], path: tuple[str, ...]
) -> NotEnoughSeats:
    row = await database.fetch_one(statements.COUNT_FREE, concert_id, codes, *between)
    assert row is not None  # noqa: S101 - an aggregate always has one row
    wait = row["seconds_left"]
    return NotEnoughSeats(row["remaining"], path, None if wait is None else max(1, wait))
