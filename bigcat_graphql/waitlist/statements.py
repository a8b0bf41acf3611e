"""The statements that give freed seats to those who wait; all run in the transaction that frees."""

from bigcat_graphql.catalogue.status import STATUS_NOW
from bigcat_graphql.waitlist.entries import ENTRY

# One at a time gives out seats of a concert; what others committed before is seen by the
# statements that follow.
LOCK_LIST = f"""

SELECT w.has_waiting, c.plan_id, c.currency, c.starts_at, c.ticket_limit, v.time_zone,
       {STATUS_NOW} AS status_now, now() AS now
FROM waitlist w JOIN concert c ON c.id = w.concert_id JOIN venue v ON v.id = c.venue_id
WHERE w.concert_id = $1 AND w.has_waiting
FOR NO KEY UPDATE OF w
"""

# Whoever has as many tickets as they may is not offered more. What is PENDING counts even if its
# time is over: until the sweeper has come by, it may be being paid.
_WITHIN_LIMIT = """e.quantity + (
  SELECT count(*) FROM booking b
  JOIN seat s ON s.concert_id = b.concert_id AND s.booking_id = b.id
  WHERE b.concert_id = e.concert_id AND b.account_id = e.account_id
    AND (s.status = 'B' OR b.status = 'PENDING')) <= $2
"""

LINE = f"""

SELECT {ENTRY} FROM waitlist_entry e
WHERE e.concert_id = $1 AND e.status = 'WAITING' AND {_WITHIN_LIMIT}
ORDER BY e.created_at, e.id LIMIT $3
"""

FIRST = """

SELECT e.id FROM waitlist_entry e
WHERE e.concert_id = $1 AND e.status = 'WAITING' ORDER BY e.created_at, e.id LIMIT 1
"""

# An account that books just now may be about to have as many as it may: it is left out. To wait for
# it could be to wait in a ring, for it may want the very seats that are given out here.
LOCK_ACCOUNTS = """

SELECT a.id FROM account a WHERE a.id = ANY($1::uuid[]) ORDER BY a.id
FOR NO KEY UPDATE SKIP LOCKED
"""

ALLOWED = f"""

SELECT e.id FROM waitlist_entry e
WHERE e.concert_id = $1 AND e.id = ANY($3::uuid[]) AND e.account_id = ANY($4::uuid[])
  AND {_WITHIN_LIMIT}
"""

# What is gathered for a group is looked at anew each time, with what was freed since: $2 are those
# that could be locked. Somebody may hold others, a lane their neighbours; they stay as they are.
_IS_FREE = "s.concert_id = $1 AND (s.status = 'A' OR s.status = 'X' AND s.index = ANY($2::int[]))"

PUBLIC = "SELECT s.index FROM seat s WHERE s.concert_id = $1 AND s.status = 'A'"
GATHERED = "SELECT g.index FROM gathered_seat g WHERE g.concert_id = $1"
LOCK_GATHERED = """

SELECT s.index FROM seat s WHERE s.concert_id = $1 AND s.index = ANY($2::int[])
ORDER BY s.index FOR NO KEY UPDATE SKIP LOCKED
"""
FREE = f"SELECT s.index FROM seat s WHERE {_IS_FREE} ORDER BY s.index"
LOCK_FREE = f"""

SELECT s.index FROM seat s WHERE {_IS_FREE} AND s.index = ANY($3::int[]) ORDER BY s.index
FOR NO KEY UPDATE OF s SKIP LOCKED
"""

OFFER_BOOKINGS = """

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

OFFER_SEATS = """

UPDATE seat s
SET status = 'R', booking_id = o.booking_id, price_minor = t.price_minor, reserved_until = $4,
    version = s.version + 1
FROM unnest($2::int[], $3::uuid[]) AS o (index, booking_id), price_tier t
WHERE s.concert_id = $1 AND s.index = o.index
  AND t.concert_id = s.concert_id AND t.code = s.tier_code
RETURNING s.index, s.status, s.version, s.reserved_until
"""

OFFERED = """

UPDATE waitlist_entry e SET status = 'OFFERED', booking_id = o.booking_id
FROM unnest($2::uuid[], $3::uuid[]) AS o (id, booking_id)
WHERE e.concert_id = $1 AND e.id = o.id
"""

SKIPPED = """

UPDATE waitlist_entry SET times_passed_over = times_passed_over + 1
WHERE concert_id = $1 AND id = ANY($2::uuid[])
"""

# Groups for whom seats were kept in vain are passed over once more.
BEGIN_AGAIN = """

UPDATE waitlist_entry SET times_passed_over = 0
WHERE concert_id = $1 AND id IN (
  SELECT entry_id FROM gathered_seat WHERE concert_id = $1 AND gathered_until <= now())
"""

TAKE_GATHERED = """

DELETE FROM gathered_seat WHERE concert_id = $1 AND index = ANY($2::int[])
RETURNING index, entry_id, nullif(gathered_until, 'infinity') AS gathered_until
"""

GATHER = """

INSERT INTO gathered_seat (concert_id, index, entry_id, gathered_until)
SELECT $1, g.index, g.entry_id,
       CASE WHEN $6 THEN coalesce(g.until, now() + make_interval(mins => $5)) ELSE 'infinity' END
FROM unnest($2::int[], $3::uuid[], $4::timestamptz[]) AS g (index, entry_id, until)
"""

# Whoever holds the list has these seats locked; only those in another state change it.
SET_STATUS = """

UPDATE seat s SET status = $3, version = s.version + 1
WHERE s.concert_id = $1 AND s.index = ANY($2::int[]) AND s.status <> $3
RETURNING s.index, s.status, s.version, s.reserved_until
"""

NOBODY_WAITS = """

UPDATE waitlist w SET has_waiting = FALSE
WHERE w.concert_id = $1 AND NOT EXISTS (
  SELECT FROM waitlist_entry e WHERE e.concert_id = $1 AND e.status = 'WAITING')
"""

# What was kept without end is looked at when the sale goes on.
OVERDUE = f"""

SELECT DISTINCT g.concert_id FROM gathered_seat g JOIN concert c ON c.id = g.concert_id
WHERE g.gathered_until <= now() OR g.gathered_until = 'infinity' AND {STATUS_NOW} = 'ON_SALE'
"""
