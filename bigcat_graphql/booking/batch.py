"""Many wishes in one transaction: each is met whole or not at all, and none depends on another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking import batch_statements as sql
from bigcat_graphql.booking import idempotency, rules
from bigcat_graphql.booking.choosing import Chooser, Place
from bigcat_graphql.booking.confirm import confirm_seats
from bigcat_graphql.booking.errors import SeatsUnavailable, TicketsPerAccountExceeded
from bigcat_graphql.booking.events import BookingChanged, Event, SeatsChanged, tell
from bigcat_graphql.booking.idempotency import Answer
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.booking.sales import Sales, read_sales
from bigcat_graphql.booking.selection import ChosenSeats
from bigcat_graphql.booking.wish import Again, Outcome, Repeated, Reserved, Wish
from bigcat_graphql.catalogue import plan_by_id
from bigcat_graphql.errors import Busy, DomainError, Unauthenticated
from bigcat_graphql.models import Booking, BookingStatus
from bigcat_graphql.settings import get_settings

MUTATION = "bookSeats"
# Seats that rivals took each time: the buyer is told to try again, not that there are none.
_TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a batch.

    `taken` are seats that were found taken or are taken now, with the seconds that a PENDING
    booking may still keep them, None where waiting does not help: whoever wants one of them
    need not ask the database.
    """

    outcomes: dict[Wish, Outcome]
    taken: dict[Place, int | None]
    plan_ids: dict[UUID, UUID]


@dataclass(slots=True)
class _Picture:
    """What one run of the transaction has worked out so far."""

    outcomes: dict[Wish, Outcome] = field(default_factory=dict)
    picked: dict[Wish, tuple[int, ...]] = field(default_factory=dict)
    taken: dict[Place, int | None] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def open(self, wishes: Iterable[Wish]) -> list[Wish]:
        """List the wishes that nothing has come of yet."""
        return [wish for wish in wishes if wish not in self.outcomes]


async def reserve_batch(wishes: Sequence[Wish]) -> Result:
    """Meet wishes in order of arrival, in one transaction; no two may have the same key.

    Raises:
        Busy: a lock was not to be had in time; nothing was done for any of them.
        OutcomeUnknown: the connection was lost at commit; the same keys tell.
    """
    picture, sales = await database.run_transaction(lambda: _reserve(wishes))
    tell(picture.events)
    return Result(picture.outcomes, picture.taken, sales.plan_ids())


async def refuse_batch(refusals: dict[Wish, DomainError]) -> dict[Wish, Outcome]:
    """Keep refusals that were worked out without the database, all in one statement."""
    wishes = list(refusals)
    texts = [idempotency.dump(refusals[wish]) for wish in wishes]
    claimed = await _claim(wishes, texts)
    repeats = await _read_repeats([wish for wish in wishes if wish not in claimed])
    return {wish: repeats.get(wish, refusals[wish]) for wish in wishes}


async def _reserve(wishes: Sequence[Wish]) -> tuple[_Picture, Sales]:
    """Keys, accounts, seats: the lock order, each step for all wishes at once."""
    picture = _Picture()
    claimed = await _claim(wishes, [idempotency.dump_answer(Answer(w.key)) for w in wishes])
    picture.outcomes |= await _read_repeats([wish for wish in wishes if wish not in claimed])
    sales = await read_sales(
        [(wish.concert_id, wish.intent.account_id) for wish in picture.open(wishes)]
    )
    await _choose(picture, picture.open(wishes), sales)
    await _take(picture, sales)
    await _settle_keys(picture, claimed)
    return picture, sales


async def _claim(wishes: Sequence[Wish], outcomes: list[str]) -> set[Wish]:
    rows = await database.fetch_all(
        sql.CLAIM_KEYS,
        MUTATION,
        [wish.booking_id for wish in wishes],
        *_key_columns(wishes),
        [wish.intent.request_hash for wish in wishes],
        outcomes,
    )
    new = {(row["account_id"], row["key"]) for row in rows}
    return {wish for wish in wishes if (wish.intent.account_id, wish.intent.key) in new}


async def _read_repeats(wishes: Sequence[Wish]) -> dict[Wish, Outcome]:
    """Find what came of the keys before; one forgotten a moment ago is tried again."""
    if not wishes:
        return {}
    rows = await database.fetch_all(sql.READ_KEYS, MUTATION, *_key_columns(wishes))
    found = {(row["account_id"], row["key"]): row for row in rows}
    return {
        wish: _repeat(wish, found.get((wish.intent.account_id, wish.intent.key))) for wish in wishes
    }


def _repeat(wish: Wish, row: Record | None) -> Outcome:
    if row is None:
        return Again()
    answer = idempotency.read_outcome(wish.intent, row)
    return answer if isinstance(answer, DomainError) else Repeated(answer.booking)


async def _choose(picture: _Picture, wishes: Sequence[Wish], sales: Sales) -> None:
    chooser = Chooser()
    hopeful: dict[tuple[UUID, UUID], int] = {}
    for wish in wishes:
        account = (wish.concert_id, wish.intent.account_id)
        try:
            sale = sales.of(*account)
            picked = await _choose_one(chooser, sale, wish, hopeful.get(account, 0))
        except DomainError as refusal:
            picture.outcomes[wish] = refusal
            continue
        if picked is None:
            picture.outcomes[wish] = Again()
        else:
            picture.picked[wish] = picked
            hopeful[account] = hopeful.get(account, 0) + len(picked)


async def _choose_one(
    chooser: Chooser, sale: Sale, wish: Wish, hopeful: int
) -> tuple[int, ...] | None:
    """Choose for a wish of an account that hopes for so many seats in this batch already."""
    rules.check_on_sale(sale)
    quantity = rules.quantity_of(wish.selection)
    path = rules.path_of(wish.selection, "selection")
    rules.check_quantity(sale, quantity, path=path)
    try:
        rules.check_quantity(sale.without(-hopeful), quantity, path=path)
    except TicketsPerAccountExceeded:
        # Too many only if the account's other wishes are met: the next batch knows.
        return None
    return await chooser.choose(sale, wish.selection)


async def _take(picture: _Picture, sales: Sales) -> None:
    if not picture.picked:
        return
    taken = await database.fetch_all(sql.RESERVE_MANY, *_reserve_arguments(picture, sales))
    by_booking: dict[UUID, list[Record]] = {}
    for row in taken:
        by_booking.setdefault(row["booking_id"], []).append(row)
    missed: list[Wish] = []
    for wish in picture.picked:
        seats = by_booking.get(wish.booking_id)
        if seats is None:
            missed.append(wish)
        else:
            await _meet(picture, wish, seats, sales)
    if missed:
        await _explain_missed(picture, missed, sales)


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
        [wish.reference for wish in wishes],
        [sales.of(wish.concert_id, wish.intent.account_id).currency for wish in wishes],
        [len(picture.picked[wish]) for wish in wishes],
        float(get_settings().reservation_seconds),
    ]


async def _meet(picture: _Picture, wish: Wish, seats: list[Record], sales: Sales) -> None:
    picture.events.append(SeatsChanged(wish.concert_id, changes_of(seats)))
    is_free = seats[0]["total_minor"] == 0
    wait = None if is_free else get_settings().reservation_seconds
    picture.taken |= {(wish.concert_id, seat["index"]): wait for seat in seats}
    if is_free:
        picture.events += await confirm_seats(wish.key)
        picture.outcomes[wish] = Repeated(wish.key)
        return
    picture.events.append(BookingChanged(wish.concert_id, wish.booking_id, 1))
    sale = sales.of(wish.concert_id, wish.intent.account_id)
    picture.outcomes[wish] = Reserved(_booking_of(wish, seats, sale.currency))


def _booking_of(wish: Wish, seats: list[Record], currency: str) -> Booking:
    """Say what was written, so that nobody has to read it again."""
    settings = get_settings()
    row = seats[0]
    booking = Booking(
        id=wish.booking_id,
        concert_id=wish.concert_id,
        account_id=wish.intent.account_id,
        reference=wish.reference,
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


async def _explain_missed(picture: _Picture, missed: Sequence[Wish], sales: Sales) -> None:
    picture.taken |= await _read_taken(
        [(wish.concert_id, index) for wish in missed for index in picture.picked[wish]]
    )
    for wish in missed:
        taken = wish.seats & picture.taken.keys()
        if taken:
            plan_id = sales.plan_ids()[wish.concert_id]
            picture.outcomes[wish] = await unavailable(plan_id, taken, picture.taken)
        else:
            # It left the choice to us, or whoever had the seats let them go a moment ago.
            wish.tries += 1
            picture.outcomes[wish] = Again() if wish.tries < _TRIES_MAX else Busy()


async def why_not(sale: Sale, chosen: ChosenSeats) -> SeatsUnavailable | Busy:
    """Say why chosen seats were not to be had."""
    taken = await _read_taken([(sale.concert_id, index) for index in chosen.indexes])
    return await unavailable(sale.plan_id, taken, taken) if taken else Busy()


async def _read_taken(seats: Sequence[Place]) -> dict[Place, int | None]:
    """Read which seats are taken, once all rivals of the statement have committed."""
    rows = await database.fetch_all(
        sql.WHY_NOT, [concert for concert, _ in seats], [index for _, index in seats]
    )
    return {(row["concert_id"], row["index"]): row["seconds_left"] for row in rows}


async def unavailable(
    plan_id: UUID, seats: Iterable[Place], waits: Mapping[Place, int | None]
) -> SeatsUnavailable:
    """Name seats that are taken; waiting helps only if each of them is merely reserved."""
    plan = await plan_by_id(plan_id)
    ordered = sorted(seats, key=lambda place: place[1])
    known = [waits[place] for place in ordered]
    wait = None if None in known else max(1, *(seconds or 0 for seconds in known))
    indexes = tuple(index for _, index in ordered)
    return SeatsUnavailable(indexes, tuple(plan.place(index).label for index in indexes), wait)


async def _settle_keys(picture: _Picture, claimed: set[Wish]) -> None:
    """Make the claimed keys say what came of them."""
    undone: list[Wish] = []
    refused: dict[Wish, DomainError] = {}
    for wish in claimed:
        outcome = picture.outcomes[wish]
        if isinstance(outcome, Again | Busy | Unauthenticated):
            undone.append(wish)
        elif isinstance(outcome, DomainError):
            refused[wish] = outcome
    if undone:
        await database.execute(sql.DROP_KEYS, MUTATION, *_key_columns(undone))
    if refused:
        texts = [idempotency.dump(refusal) for refusal in refused.values()]
        columns = _key_columns(list(refused))
        await database.execute(sql.CHANGE_OUTCOMES, MUTATION, *columns, texts)


def _key_columns(wishes: Sequence[Wish]) -> tuple[list[UUID], list[str]]:
    return [wish.intent.account_id for wish in wishes], [wish.intent.key for wish in wishes]
