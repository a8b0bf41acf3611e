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
from bigcat_graphql.waitlist.matching import House, Matches, match
from bigcat_graphql.waitlist.rules import offer_until

_RANDOM = secrets.SystemRandom()
# So many in line are looked at, the longest waiting first, and so many free seats.
_LINE_MAX = 500
_SEATS_MAX = 500
_GATHERED_MINUTES = 30

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
_LINE = f"""
SELECT {ENTRY} FROM waitlist_entry e
WHERE e.concert_id = $1 AND e.status = 'WAITING' AND e.quantity + (
  SELECT count(*) FROM booking b
  JOIN seat s ON s.concert_id = b.concert_id AND s.booking_id = b.id
  WHERE b.concert_id = e.concert_id AND b.account_id = e.account_id
    AND (s.status = 'B' OR s.reserved_until > now())) <= $2
ORDER BY e.created_at, e.id LIMIT {_LINE_MAX}
"""
# What is gathered for a group is looked at anew each time, with what was freed since.
_FREE = f"""
SELECT s.index FROM seat s
WHERE s.concert_id = $1 AND (s.status = 'A' OR s.status = 'X' AND EXISTS (
  SELECT FROM gathered_seat g WHERE g.concert_id = s.concert_id AND g.index = s.index))
ORDER BY s.index LIMIT {_SEATS_MAX}
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
_BEGIN_AGAIN = """
UPDATE waitlist_entry SET times_passed_over = 0 WHERE concert_id = $1 AND id = ANY($2::uuid[])
"""

_TAKE_GATHERED = """
DELETE FROM gathered_seat WHERE concert_id = $1
RETURNING index, entry_id, gathered_until, gathered_until <= now() AS is_over
"""
_GATHER = """
INSERT INTO gathered_seat (concert_id, index, entry_id, gathered_until)
SELECT $1, g.index, g.entry_id, coalesce(g.until, now() + make_interval(mins => $5))
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
_OVERDUE = "SELECT DISTINCT concert_id FROM gathered_seat WHERE gathered_until <= now()"


async def hand_out(concert_id: UUID) -> list[Event]:
    """Give the free seats of a concert to those who wait for them, in the caller's transaction.

    Returns:
        What to tell after the commit.
    """
    sale = await database.fetch_one(_LOCK_LIST, concert_id)
    if sale is None:
        return []
    on_sale = sale["status_now"] == ConcertStatus.ON_SALE
    line = await database.fetch_all(_LINE, concert_id, sale["ticket_limit"]) if on_sale else []
    free = [row["index"] for row in await database.fetch_all(_FREE, concert_id)]
    gathered = await database.fetch_all(_TAKE_GATHERED, concert_id)
    entries = await _begin_again(concert_id, [entry_of(row) for row in line], gathered)
    matches = await _match(sale, concert_id, entries, free)

    events = await _offer(concert_id, sale, matches)
    await database.execute(_SKIPPED, concert_id, matches.passed_over)
    changed = await _keep(concert_id, matches, gathered)
    await database.execute(_NOBODY_WAITS, concert_id)
    return [*events, SeatsChanged(concert_id, changes_of(changed))] if changed else events


async def let_go_of_gathered() -> int:
    """Give back what was gathered for too long; a group is then passed over again.

    Returns:
        At how many concerts.
    """
    rows = await database.fetch_all(_OVERDUE)
    for row in rows:
        tell(await database.run_transaction(partial(hand_out, row["concert_id"])))
    return len(rows)


async def _begin_again(
    concert_id: UUID, entries: list[WaitlistEntry], gathered: Sequence[Record]
) -> list[WaitlistEntry]:
    """Let groups be passed over once more for whom seats were kept in vain."""
    over = {row["entry_id"] for row in gathered if row["is_over"]}
    for entry in entries:
        if entry.id in over:
            entry.times_passed_over = 0
    if over:
        await database.execute(_BEGIN_AGAIN, concert_id, list(over))
    return entries


async def _match(
    sale: Record, concert_id: UUID, entries: list[WaitlistEntry], free: list[int]
) -> Matches:
    if not entries or not free:
        return Matches()
    tiers = (await price_tiers_of([concert_id]))[concert_id]
    house = House(await plan_by_id(sale["plan_id"]), tiers)
    return match(entries, free, house, among=_RANDOM)


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
    if not any(totals):
        sizes = [len(indexes) for indexes in matches.offers.values()]
        keys = [BookingKey(concert_id, booking_id) for booking_id in ids]
        confirmed = await confirm_bookings(dict(zip(keys, sizes, strict=True)))
        return events + [event for one in confirmed.values() for event in one.events]
    await tell_within([SeatsOffered(concert_id, booking_id) for booking_id in ids])
    return events


async def _total(
    concert_id: UUID, plan_id: UUID, offers: Mapping[UUID, Sequence[int]]
) -> list[int]:
    codes = (await plan_by_id(plan_id)).tier_codes
    tiers = (await price_tiers_of([concert_id]))[concert_id]
    prices = {tier.code: tier.price_minor for tier in tiers}
    return [sum(prices[codes[index]] for index in indexes) for indexes in offers.values()]


async def _keep(
    concert_id: UUID, matches: Matches, gathered_before: Sequence[Record]
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
        )
        changed += await database.fetch_all(_SET_STATUS, concert_id, list(indexes), "X")
    if back:
        changed += await database.fetch_all(_SET_STATUS, concert_id, list(back), "A")
    return changed
