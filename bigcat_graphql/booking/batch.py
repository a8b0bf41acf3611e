"""Many wishes in one transaction: each is met whole or not at all, and none depends on another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import monotonic
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking import batch_statements as sql
from bigcat_graphql.booking import rules
from bigcat_graphql.booking.batch_keys import (
    claim_keys_lock_accounts,
    read_repeats,
    settle_keys,
)
from bigcat_graphql.booking.choosing import Chooser, Place
from bigcat_graphql.booking.confirm import confirm_seats
from bigcat_graphql.booking.errors import LimitExceeded, SeatRuleBroken
from bigcat_graphql.booking.events import BookingChanged, Event, SeatsChanged, tell
from bigcat_graphql.booking.hopes import Hopes, check_limits
from bigcat_graphql.booking.hurry import count_hasty
from bigcat_graphql.booking.judging import judge
from bigcat_graphql.booking.refusing import advise, read_taken, unavailable
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.booking.sales import Sales, read_sales_of
from bigcat_graphql.booking.wish import Again, Outcome, Repeated, Reserved, Wish, repeated
from bigcat_graphql.errors import Busy, DomainError
from bigcat_graphql.ids import new_reference
from bigcat_graphql.models import Booking, BookingStatus
from bigcat_graphql.settings import get_settings

# Seats that rivals took each time: the buyer is told to try again, not that there are none.
_TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a batch.

    `taken` are seats that were found taken or are taken now, with the seconds that a PENDING
    booking may still keep them, None where waiting does not help: whoever wants one of them
    need not ask the database. Those of `found` were taken at `found_at`, and may have been given
    back since.
    """

    outcomes: dict[Wish, Outcome]
    taken: dict[Place, int | None]
    found: frozenset[Place]
    found_at: float
    plan_ids: dict[UUID, UUID]

    def refuses(self, wish: Wish) -> frozenset[Place]:
        """Give those of its seats that were taken while it waited."""
        # Whoever came after a look may know of a cancellation that it has not seen.
        taken = wish.seats & self.taken.keys()
        return taken if wish.came_at <= self.found_at else taken - self.found


@dataclass(slots=True)
class _Picture:
    """What one run of the transaction has worked out so far."""

    outcomes: dict[Wish, Outcome] = field(default_factory=dict)
    picked: dict[Wish, tuple[int, ...]] = field(default_factory=dict)
    taken: dict[Place, int | None] = field(default_factory=dict)
    found: frozenset[Place] = frozenset()
    found_at: float = 0.0
    events: list[Event] = field(default_factory=list)
    counted: Sequence[Wish] = ()

    def open(self, wishes: Iterable[Wish]) -> list[Wish]:
        """List the wishes that nothing has come of yet."""
        return [wish for wish in wishes if wish not in self.outcomes]


async def reserve_batch(wishes: Sequence[Wish]) -> Result:
    """Meet wishes in order of arrival, in one transaction; no two may have the same key.

    Raises:
        Busy: a lock was not to be had in time; nothing was done for any of them.
        OutcomeUnknown: the connection was lost at commit; the same keys tell.
    """
    # A row that is stuck must not hold up all of them: the wish that needs it waits alone.
    brief = sql.BRIEF_WAIT_MS if len(wishes) > 1 else None
    picture, sales = await database.run_transaction(lambda: _reserve(wishes), lock_wait_ms=brief)
    for wish in picture.counted:
        wish.is_hasty = False  # committed: the next batch must not count it again
    tell(picture.events)
    return Result(
        picture.outcomes, picture.taken, picture.found, picture.found_at, sales.plan_ids()
    )


async def _reserve(wishes: Sequence[Wish]) -> tuple[_Picture, Sales]:
    """Keys, accounts, seats: the lock order, each step for all wishes at once."""
    picture = _Picture()
    claimed, accounts = await claim_keys_lock_accounts(wishes)
    repeats = await read_repeats([wish for wish in wishes if wish not in claimed])
    picture.outcomes |= {wish: repeated(answer) for wish, answer in repeats.items()}
    new = picture.open(wishes)
    sales = await read_sales_of(
        [(wish.concert_id, wish.intent.account_id) for wish in new], accounts
    )
    picture.counted, refused = await count_hasty(new)
    picture.outcomes |= refused
    await _choose(picture, picture.open(wishes), sales)
    await _take(picture, sales)
    await settle_keys({wish: picture.outcomes[wish] for wish in claimed})
    return picture, sales


async def _choose(picture: _Picture, wishes: Sequence[Wish], sales: Sales) -> None:
    chooser = Chooser()
    hopes = Hopes()
    for wish in wishes:
        try:
            sale = sales.of(wish.concert_id, wish.intent.account_id)
            picked = await _choose_one(chooser, sale, wish, hopes)
        except DomainError as refusal:
            picture.outcomes[wish] = refusal
            continue
        if picked is None:
            picture.outcomes[wish] = Again()
        else:
            picture.picked[wish] = picked
            hopes.add(wish, len(picked))


async def _choose_one(
    chooser: Chooser, sale: Sale, wish: Wish, hopes: Hopes
) -> tuple[int, ...] | None:
    """Choose for a wish of an account that may hope for other seats in this batch already."""
    rules.check_on_sale(sale)
    check_limits(sale, wish)
    try:
        check_limits(hopes.see(sale, wish.intent.account_id), wish)
    except LimitExceeded:
        # Too many only if the account's other wishes are met: the next batch knows.
        return None
    return await chooser.choose(sale, wish.selection)


async def _take(picture: _Picture, sales: Sales) -> None:
    broken = await judge(picture.picked, sales)
    for wish in broken:
        del picture.picked[wish]
    by_booking: dict[UUID, list[Record]] = {}
    if picture.picked:
        for row in await database.fetch_all(sql.RESERVE_MANY, *_reserve_arguments(picture, sales)):
            by_booking.setdefault(row["booking_id"], []).append(row)
    missed: list[Wish] = []
    for wish in picture.picked:
        seats = by_booking.get(wish.booking_id)
        if seats is None:
            missed.append(wish)
        else:
            await _meet(picture, wish, seats, sales)
    if missed:
        picture.found_at = monotonic()
        found = await read_taken(
            [(wish.concert_id, index) for wish in missed for index in picture.picked[wish]]
        )
        picture.found = frozenset(found)
        picture.taken |= found
    await _explain(picture, missed, broken, sales.plan_ids())


def _reserve_arguments(picture: _Picture, sales: Sales) -> list[object]:
    wishes = list(picture.picked)
    seats = [(wish, index) for wish in wishes for index in picture.picked[wish]]
    return [
        [wish.concert_id for wish, _ in seats],
        [index for _, index in seats],
        [wish.booking_id for wish, _ in seats],
        [wish.booking_id for wish in wishes],
        [wish.concert_id for wish in wishes],
        [wish.intent.account_id for wish in wishes],
        [new_reference() for _ in wishes],
        [sales.currency_of(wish.concert_id) for wish in wishes],
        [len(picture.picked[wish]) for wish in wishes],
        float(get_settings().reservation_seconds),
    ]


async def _meet(picture: _Picture, wish: Wish, seats: list[Record], sales: Sales) -> None:
    picture.events.append(SeatsChanged(wish.concert_id, changes_of(seats)))
    is_free = seats[0]["total_minor"] == 0
    wait = None if is_free else get_settings().reservation_seconds
    picture.taken |= {(wish.concert_id, seat["index"]): wait for seat in seats}
    if is_free:
        picture.events += await confirm_seats(wish.key, len(seats))
        picture.outcomes[wish] = Repeated(wish.key)
        return
    picture.events.append(BookingChanged(wish.concert_id, wish.booking_id, 1))
    booking = _booking_of(wish, seats, sales.currency_of(wish.concert_id))
    picture.outcomes[wish] = Reserved(booking)


def _booking_of(wish: Wish, seats: list[Record], currency: str) -> Booking:
    """Say what was written, so that nobody has to read it again."""
    settings = get_settings()
    row = seats[0]
    booking = database.make_written(
        Booking,
        id=wish.booking_id,
        concert_id=wish.concert_id,
        account_id=wish.intent.account_id,
        reference=row["reference"],
        status=BookingStatus.PENDING,
        version=1,
        total_minor=row["total_minor"],
        currency=currency,
        seat_count=len(seats),
        created_at=row["created_at"],
        reserved_until=row["reserved_until"],
    )
    booking.status_now = BookingStatus.PENDING
    booking.seconds_left = settings.reservation_seconds
    booking.extendable_until = row["created_at"] + timedelta(
        seconds=settings.reservation_max_seconds
    )
    booking.cancellable_until = row["reserved_until"]
    return booking


async def _explain(
    picture: _Picture,
    missed: Sequence[Wish],
    broken: Mapping[Wish, SeatRuleBroken],
    plan_ids: Mapping[UUID, UUID],
) -> None:
    lost = {wish: wish.seats & picture.taken.keys() for wish in missed}
    refused = [*(wish for wish, taken in lost.items() if taken), *broken]
    others = await advise(refused, plan_ids)
    for wish, error in broken.items():
        picture.outcomes[wish] = replace(error, alternatives=others[wish])
    for wish, taken in lost.items():
        if taken:
            picture.outcomes[wish] = await unavailable(
                plan_ids[wish.concert_id], taken, picture.taken, others[wish]
            )
        else:
            # It left the choice to us, or whoever had the seats let them go a moment ago.
            wish.tries += 1
            picture.outcomes[wish] = Again() if wish.tries < _TRIES_MAX else Busy()
