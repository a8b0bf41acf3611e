"""Freed seats, given to those who wait: in the transaction that frees them, before the public.

Seats come first in the lock order, then the list's row: whoever holds that looks at seats that
nobody else has locked, so that nobody waits in a circle.
"""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

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
from bigcat_graphql.catalogue.status import STATUS_NOW
from bigcat_graphql.ids import new_id, new_reference
from bigcat_graphql.models import ConcertStatus, WaitlistEntry
from bigcat_graphql.waitlist.entries import ENTRY, entry_of
from bigcat_graphql.waitlist.events import SeatsOffered
from bigcat_graphql.waitlist.matching import House, Matches, has_fit, match
from bigcat_graphql.waitlist.rules import offer_until

_RANDOM = secrets.SystemRandom()
# So many in line are looked at, the longest waiting first; more only while seats are left for them.
_LINE_FIRST, _LINE_MAX = 500, 32_000
_GATHERED_MINUTES = 30
_GOES_ON = {ConcertStatus.PUBLISHED, ConcertStatus.PAUSED, ConcertStatus.POSTPONED}

# One at a time gives out seats of a concert; what others committed before is seen by the
# statements that follow.
_LOCK_LIST = f"""
SELECT w.has_waiting, c.plan_id, c.currency, c.starts_at, c.ticket_limit, v.time_zone,
       {STATUS_NOW} AS status_now, now() AS now
FROM waitlist w JOIN concert c ON c.id = w.concert_id JOIN venue v ON v.id = c.venue_id
WHERE w.concert_id = $1 AND w.has_waiting
FOR NO KEY UPDATE OF w
"""

# Whoever has as many tickets as they may is not offered more.
_WITHIN_LIMIT = """e.quantity + (
  SELECT count(*) FROM booking b
  JOIN seat s ON s.concert_id = b.concert_id AND s.booking_id = b.id
  WHERE b.concert_id = e.concert_id AND b.account_id = e.account_id
    AND (s.status = 'B' OR s.reserved_until > now())) <= $2
"""
_LINE = f"""
SELECT {ENTRY} FROM waitlist_entry e
WHERE e.concert_id = $1 AND e.status = 'WAITING' AND {_WITHIN_LIMIT}
ORDER BY e.created_at, e.id LIMIT $3
"""
_FIRST = """
SELECT e.id FROM waitlist_entry e
WHERE e.concert_id = $1 AND e.status = 'WAITING' ORDER BY e.created_at, e.id LIMIT 1
"""
# An account that books just now may be about to have as many as it may: it is left out. To wait for
# it could be to wait in a ring, for it may want the very seats that are given out here.
_LOCK_ACCOUNTS = """
SELECT a.id FROM account a WHERE a.id = ANY($1::uuid[]) ORDER BY a.id
FOR NO KEY UPDATE SKIP LOCKED
"""
_ALLOWED = f"""
SELECT e.id FROM waitlist_entry e
WHERE e.concert_id = $1 AND e.id = ANY($3::uuid[]) AND e.account_id = ANY($4::uuid[])
  AND {_WITHIN_LIMIT}
"""
# What is gathered for a group is looked at anew each time, with what was freed since.
_IS_FREE = """
s.concert_id = $1 AND (s.status = 'A' OR s.status = 'X' AND EXISTS (
  SELECT FROM gathered_seat g WHERE g.concert_id = s.concert_id AND g.index = s.index))
"""
_PUBLIC = "SELECT s.index FROM seat s WHERE s.concert_id = $1 AND s.status = 'A'"
_FREE = f"SELECT s.index FROM seat s WHERE {_IS_FREE} ORDER BY s.index"
_LOCK_FREE = f"""
SELECT s.index FROM seat s WHERE {_IS_FREE} AND s.index = ANY($2::int[]) ORDER BY s.index
FOR NO KEY UPDATE OF s SKIP LOCKED
"""

_OFFER_BOOKINGS = """
INSERT INTO booking (id, concert_id, account_id, reference, status, version, total_minor,
                     currency, seat_count, created_at, reserved_until, refund_steps, is_offer)
SELECT o.id, c.id, e.account_id, o.reference, 'PENDING', 1, o.total_minor, c.currency, e.quantity,
       now(), $6, c.refund_steps, TRUE
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[])
  AS o (entry_id, id, reference, total_minor)
JOIN waitlist_entry e ON e.concert_id = $1 AND e.id = o.entry_id
JOIN concert c ON c.id = $1
RETURNING id, version
"""
_OFFER_SEATS = """
UPDATE seat s
SET status = 'R', booking_id = o.booking_id, price_minor = t.price_minor, reserved_until = $4,
    version = s.version + 1
FROM unnest($2::int[], $3::uuid[]) AS o (index, booking_id), price_tier t
WHERE s.concert_id = $1 AND s.index = o.index
  AND t.concert_id = s.concert_id AND t.code = s.tier_code
RETURNING s.index, s.status, s.version, s.reserved_until
"""
_OFFERED = """
UPDATE waitlist_entry e SET status = 'OFFERED', booking_id = o.booking_id
FROM unnest($2::uuid[], $3::uuid[]) AS o (id, booking_id)
WHERE e.concert_id = $1 AND e.id = o.id
"""
_SKIPPED = """
UPDATE waitlist_entry SET times_passed_over = times_passed_over + 1
WHERE concert_id = $1 AND id = ANY($2::uuid[])
"""
# Groups for whom seats were kept in vain are passed over once more.
_BEGIN_AGAIN = """
UPDATE waitlist_entry SET times_passed_over = 0
WHERE concert_id = $1 AND id IN (
  SELECT entry_id FROM gathered_seat WHERE concert_id = $1 AND gathered_until <= now())
"""

_TAKE_GATHERED = """
DELETE FROM gathered_seat WHERE concert_id = $1
RETURNING index, entry_id, nullif(gathered_until, 'infinity') AS gathered_until
"""
_GATHER = """
INSERT INTO gathered_seat (concert_id, index, entry_id, gathered_until)
SELECT $1, g.index, g.entry_id,
       CASE WHEN $6 THEN coalesce(g.until, now() + make_interval(mins => $5)) ELSE 'infinity' END
FROM unnest($2::int[], $3::uuid[], $4::timestamptz[]) AS g (index, entry_id, until)
"""
# Whoever holds the list has these seats locked; only those in another state change it.
_SET_STATUS = """
UPDATE seat s SET status = $3, version = s.version + 1
WHERE s.concert_id = $1 AND s.index = ANY($2::int[]) AND s.status <> $3
RETURNING s.index, s.status, s.version, s.reserved_until
"""
_NOBODY_WAITS = """
UPDATE waitlist w SET has_waiting = FALSE
WHERE w.concert_id = $1 AND NOT EXISTS (
  SELECT FROM waitlist_entry e WHERE e.concert_id = $1 AND e.status = 'WAITING')
"""
# What was kept without end is looked at when the sale goes on.
_OVERDUE = f"""
SELECT DISTINCT g.concert_id FROM gathered_seat g JOIN concert c ON c.id = g.concert_id
WHERE g.gathered_until <= now() OR g.gathered_until = 'infinity' AND {STATUS_NOW} = 'ON_SALE'
"""


async def hand_out(concert_id: UUID) -> list[Event]:
    """Give the free seats of a concert to those who wait for them, in the caller's transaction.

    Returns:
        What to tell after the commit.
    """
    sale = await database.fetch_one(_LOCK_LIST, concert_id)
    if sale is None:
        return []
    on_sale = sale["status_now"] == ConcertStatus.ON_SALE
    matches = await (_match(sale, concert_id) if on_sale else _withhold(sale, concert_id))
    gathered = await database.fetch_all(_TAKE_GATHERED, concert_id)

    events = await _offer(concert_id, sale, matches)
    await database.execute(_SKIPPED, concert_id, matches.passed_over)
    changed = await _keep(concert_id, matches, gathered, on_sale=on_sale)
    await database.execute(_NOBODY_WAITS, concert_id)
    return [*events, SeatsChanged(concert_id, changes_of(changed))] if changed else events


async def would_do(entry: WaitlistEntry, plan_id: UUID) -> bool:
    """Say whether seats that anybody can book now would do for an entry."""
    concert_id = entry.concert_id
    free = await database.fetch_all(_PUBLIC, concert_id)
    house = await _house_of(concert_id, plan_id)
    return has_fit(entry, [row["index"] for row in free], house)


async def let_go_of_gathered() -> int:
    """Give back what was gathered for too long, or until the sale goes on.

    Returns:
        At how many concerts.
    """
    rows = await database.fetch_all(_OVERDUE)
    for row in rows:
        tell(await database.run_transaction(partial(hand_out, row["concert_id"])))
    return len(rows)


async def _match(sale: Record, concert_id: UUID) -> Matches:
    """Find out who gets what, and lock it; what others have locked is as good as not there."""
    free = {row["index"] for row in await database.fetch_all(_FREE, concert_id)}
    if not free:
        return Matches()
    await database.execute(_BEGIN_AGAIN, concert_id)
    house = await _house_of(concert_id, sale["plan_id"])
    limit, busy = _LINE_FIRST, set[UUID]()
    while True:
        line = await database.fetch_all(_LINE, concert_id, sale["ticket_limit"], limit)
        entries = [entry_of(row) for row in line if row["id"] not in busy]
        matches = match(entries, sorted(free), house, among=_RANDOM)
        if len(line) == limit < _LINE_MAX and not free <= matches.seats:
            limit *= 4
            continue
        barred = await _lock_accounts(concert_id, sale["ticket_limit"], entries, matches)
        locked = await database.fetch_all(_LOCK_FREE, concert_id, sorted(matches.seats))
        missed = matches.seats.difference(row["index"] for row in locked)
        if not barred and not missed:
            return matches
        # Both only shrink: this comes to an end.
        busy |= barred
        free -= missed


async def _house_of(concert_id: UUID, plan_id: UUID) -> House:
    tiers = (await price_tiers_of([concert_id]))[concert_id]
    return House(await plan_by_id(plan_id), tiers)


async def _withhold(sale: Record, concert_id: UUID) -> Matches:
    """Keep what is freed while nothing is sold: who waits is asked first when the sale goes on."""
    first = await database.fetch_one(_FIRST, concert_id)
    if first is None or sale["status_now"] not in _GOES_ON:
        return Matches()
    free = [row["index"] for row in await database.fetch_all(_FREE, concert_id)]
    locked = await database.fetch_all(_LOCK_FREE, concert_id, free)
    return Matches(gathered={first["id"]: tuple(row["index"] for row in locked)})


async def _lock_accounts(
    concert_id: UUID, ticket_limit: int, entries: Sequence[WaitlistEntry], matches: Matches
) -> set[UUID]:
    """Name the entries among the offers whose account books just now, or may have no more."""
    accounts = [entry.account_id for entry in entries if entry.id in matches.offers]
    locked = [row["id"] for row in await database.fetch_all(_LOCK_ACCOUNTS, accounts)]
    # A statement of its own: it must see what those who held the locks committed.
    allowed = await database.fetch_all(
        _ALLOWED, concert_id, ticket_limit, list(matches.offers), locked
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
        _OFFER_BOOKINGS, concert_id, list(bookings), ids, references, totals, until
    )
    seats = [(n, bookings[one]) for one, indexes in matches.offers.items() for n in indexes]
    taken = await database.fetch_all(
        _OFFER_SEATS, concert_id, [n for n, _ in seats], [one for _, one in seats], until
    )
    await database.execute(_OFFERED, concert_id, list(bookings), ids)
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
            _GATHER,
            concert_id,
            [index for index, _ in kept],
            [entry_id for _, entry_id in kept],
            [since.get(entry_id) for _, entry_id in kept],
            _GATHERED_MINUTES,
            on_sale,
        )
        changed += await database.fetch_all(_SET_STATUS, concert_id, list(indexes), "X")
    if back:
        changed += await database.fetch_all(_SET_STATUS, concert_id, list(back), "A")
    return changed
