"""Freed seats, given to those who wait: in the transaction that frees them, before the public.

Seats come first in the lock order, then the list's row: whoever holds that looks at seats that
nobody else has locked, so that nobody waits in a circle.
"""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

import structlog
from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.confirm import confirm_bookings
from bigcat_graphql.booking.events import (
    BookingChanged,
    Event,
    SeatsChanged,
    tell,
    tell_within,
)
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.catalogue import plan_by_id, price_tiers_of
from bigcat_graphql.errors import NotDecided
from bigcat_graphql.ids import new_id, new_reference
from bigcat_graphql.models import ConcertStatus, WaitlistEntry
from bigcat_graphql.waitlist import statements
from bigcat_graphql.waitlist.entries import entry_of
from bigcat_graphql.waitlist.events import SeatsOffered
from bigcat_graphql.waitlist.matching import House, Matches, has_fit, match
from bigcat_graphql.waitlist.rules import offer_until

_LOG = structlog.get_logger()
_RANDOM = secrets.SystemRandom()
# So many in line are looked at, the longest waiting first; more only while seats are left for them.
_LINE_FIRST, _LINE_MAX = 500, 32_000
_GATHERED_MINUTES = 30
# Concerts where somebody may have been missed, who or whose seat another transaction held.
_to_look_at_again: set[UUID] = set()
_GOES_ON = {ConcertStatus.PUBLISHED, ConcertStatus.PAUSED, ConcertStatus.POSTPONED}


async def hand_out(concert_id: UUID) -> list[Event]:
    """Give the free seats of a concert to those who wait for them, in the caller's transaction.

    Returns:
        What to tell after the commit.
    """
    sale = await database.fetch_one(statements.LOCK_LIST, concert_id)
    if sale is None:
        return []
    on_sale = sale["status_now"] == ConcertStatus.ON_SALE
    ours = await _lock_gathered(concert_id)
    decide = _match if on_sale else _withhold
    matches = await decide(sale, concert_id, ours)
    gathered = await database.fetch_all(statements.TAKE_GATHERED, concert_id, ours)

    events = await _offer(concert_id, sale, matches)
    await database.execute(statements.SKIPPED, concert_id, matches.passed_over)
    changed = await _keep(concert_id, matches, gathered, on_sale=on_sale)
    await database.execute(statements.NOBODY_WAITS, concert_id)
    return [*events, SeatsChanged(concert_id, changes_of(changed))] if changed else events


async def would_do(entry: WaitlistEntry, plan_id: UUID) -> bool:
    """Say whether seats that anybody can book now would do for an entry."""
    concert_id = entry.concert_id
    free = await _indexes(statements.PUBLIC, concert_id)
    return has_fit(entry, free, await _house_of(concert_id, plan_id))


async def let_go_of_gathered() -> int:
    """Give back what was gathered for too long, or until the sale goes on.

    Returns:
        At how many concerts.
    """
    rows = await database.fetch_all(statements.OVERDUE)
    for row in rows:
        tell(await database.run_transaction(partial(hand_out, row["concert_id"])))
    return len(rows)


def look_again(concert_id: UUID) -> None:
    """Have free seats of a concert handed out once more, in a moment."""
    _to_look_at_again.add(concert_id)


async def hand_out_again() -> None:
    """Hand out where somebody may have been missed; seats that nobody took are free still."""
    for concert_id in sorted(_to_look_at_again):
        _to_look_at_again.discard(concert_id)
        try:
            tell(await database.run_transaction(partial(hand_out, concert_id)))
        except NotDecided:
            look_again(concert_id)
        except Exception as error:  # noqa: BLE001 - others wait too, and nothing else knows of these
            look_again(concert_id)
            _LOG.warning("looking_again_failed", concert_id=concert_id.hex, error=repr(error))


async def _lock_gathered(concert_id: UUID) -> list[int]:
    """Lock what is gathered: not waiting for it, for whoever has it may wait for a freed seat."""
    gathered = await _indexes(statements.GATHERED, concert_id)
    ours = await _indexes(statements.LOCK_GATHERED, concert_id, gathered) if gathered else []
    if len(ours) < len(gathered):
        look_again(concert_id)
    return ours


async def _indexes(statement: str, *arguments: object) -> list[int]:
    return [row["index"] for row in await database.fetch_all(statement, *arguments)]


async def _match(sale: Record, concert_id: UUID, ours: Sequence[int]) -> Matches:
    """Find out who gets what, and lock it; what others have locked is as good as not there.

    `ours` is what is gathered and locked already.
    """
    free = set(await _indexes(statements.FREE, concert_id, ours))
    if not free:
        return Matches()
    await database.execute(statements.BEGIN_AGAIN, concert_id)
    house = await _house_of(concert_id, sale["plan_id"])
    limit, busy = _LINE_FIRST, set[UUID]()
    while True:
        line = await database.fetch_all(statements.LINE, concert_id, sale["ticket_limit"], limit)
        entries = [entry_of(row) for row in line if row["id"] not in busy]
        matches = match(entries, sorted(free), house, among=_RANDOM)
        if len(line) == limit < _LINE_MAX and not free <= matches.seats:
            limit *= 4
            continue
        barred = await _lock_accounts(concert_id, sale["ticket_limit"], entries, matches)
        wanted = sorted(matches.seats)
        locked = await _indexes(statements.LOCK_FREE, concert_id, ours, wanted)
        missed = matches.seats.difference(locked)
        if not barred and not missed:
            return matches
        look_again(concert_id)
        # Both only shrink: this comes to an end.
        busy |= barred
        free -= missed


async def _house_of(concert_id: UUID, plan_id: UUID) -> House:
    tiers = (await price_tiers_of([concert_id]))[concert_id]
    return House(await plan_by_id(plan_id), tiers)


async def _withhold(sale: Record, concert_id: UUID, ours: Sequence[int]) -> Matches:
    """Keep what is freed while nothing is sold: who waits is asked first when the sale goes on."""
    first = await database.fetch_one(statements.FIRST, concert_id)
    if first is None or sale["status_now"] not in _GOES_ON:
        return Matches()
    free = await _indexes(statements.FREE, concert_id, ours)
    locked = await _indexes(statements.LOCK_FREE, concert_id, ours, free)
    return Matches(gathered={first["id"]: tuple(locked)})


async def _lock_accounts(
    concert_id: UUID, ticket_limit: int, entries: Sequence[WaitlistEntry], matches: Matches
) -> set[UUID]:
    """Name the entries among the offers whose account books just now, or may have no more."""
    accounts = [entry.account_id for entry in entries if entry.id in matches.offers]
    locked = [row["id"] for row in await database.fetch_all(statements.LOCK_ACCOUNTS, accounts)]
    # A statement of its own: it must see what those who held the locks committed.
    allowed = await database.fetch_all(
        statements.ALLOWED, concert_id, ticket_limit, list(matches.offers), locked
    )
    return matches.offers.keys() - {row["id"] for row in allowed}


async def _offer(concert_id: UUID, sale: Record, matches: Matches) -> list[Event]:
    """Make a PENDING booking of each match; one that is free of charge is confirmed at once."""
    if not matches.offers:
        return []
    until = offer_until(sale["now"], starts_at=sale["starts_at"], time_zone=sale["time_zone"])
    bookings = {entry_id: new_id() for entry_id in matches.offers}
    totals = await _total(concert_id, sale["plan_id"], matches.offers)
    ids = list(bookings.values())
    references = [new_reference() for _ in ids]
    made = await database.fetch_all(
        statements.OFFER_BOOKINGS, concert_id, list(bookings), ids, references, totals, until
    )
    seats = [(n, bookings[one]) for one, indexes in matches.offers.items() for n in indexes]
    taken = await database.fetch_all(
        statements.OFFER_SEATS, concert_id, [n for n, _ in seats], [one for _, one in seats], until
    )
    await database.execute(statements.OFFERED, concert_id, list(bookings), ids)
    events: list[Event] = [SeatsChanged(concert_id, changes_of(taken))]
    events += [BookingChanged(concert_id, row["id"], row["version"]) for row in made]
    sizes = [len(indexes) for indexes in matches.offers.values()]
    offers = list(zip(ids, totals, sizes, strict=True))
    free = {BookingKey(concert_id, one): size for one, total, size in offers if not total}
    confirmed = await confirm_bookings(free)
    await tell_within([SeatsOffered(concert_id, one) for one, total, _ in offers if total])
    return events + [event for one in confirmed.values() for event in one.events]


async def _total(
    concert_id: UUID, plan_id: UUID, offers: Mapping[UUID, Sequence[int]]
) -> list[int]:
    codes = (await plan_by_id(plan_id)).tier_codes
    tiers = (await price_tiers_of([concert_id]))[concert_id]
    prices = {tier.code: tier.price_minor for tier in tiers}
    return [sum(prices[codes[index]] for index in indexes) for indexes in offers.values()]


async def _keep(
    concert_id: UUID, matches: Matches, gathered_before: Sequence[Record], *, on_sale: bool
) -> list[Record]:
    """Keep what was gathered from the public, and give back what is gathered no more."""
    kept = [(n, entry_id) for entry_id, indexes in matches.gathered.items() for n in indexes]
    indexes = {index for index, _ in kept}
    offered = {index for seats in matches.offers.values() for index in seats}
    back = {row["index"] for row in gathered_before} - indexes - offered
    changed = []
    if kept:
        since = {row["entry_id"]: row["gathered_until"] for row in gathered_before}
        await database.execute(
            statements.GATHER,
            concert_id,
            [index for index, _ in kept],
            [entry_id for _, entry_id in kept],
            [since.get(entry_id) for _, entry_id in kept],
            _GATHERED_MINUTES,
            on_sale,
        )
        changed += await database.fetch_all(statements.SET_STATUS, concert_id, list(indexes), "X")
    if back:
        changed += await database.fetch_all(statements.SET_STATUS, concert_id, list(back), "A")
    return changed
