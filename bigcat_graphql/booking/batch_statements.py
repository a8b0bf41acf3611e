"""The statements that take seats for many bookings at once; see `statements` for their rules.

Each works on arrays of one length, an element a wish (or a seat of a wish), so that a batch costs
as many statements as a single booking. Locks are taken in the order of the keys here too.
"""

from bigcat_graphql.booking.statements import FREE
from bigcat_graphql.catalogue.status import STATUS_NOW

# Other processes' batches take some 20 ms; what is locked for longer is stuck.
BRIEF_WAIT_MS = 300

# Keys first in the lock order. A key that is there already gets no row back: its wish is a repeat.
CLAIM_KEYS = """
INSERT INTO idempotency_key (id, account_id, mutation, key, request_hash, outcome, created_at)
SELECT id, account_id, $1, key, request_hash, outcome::jsonb, now()
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
  AS wish (id, account_id, key, request_hash, outcome)
ORDER BY account_id, key
ON CONFLICT (account_id, mutation, key) DO NOTHING
RETURNING account_id, key
"""

READ_KEYS = """
SELECT k.account_id, k.key, k.request_hash, k.outcome, k.created_at
FROM unnest($2::uuid[], $3::text[]) AS wish (account_id, key)
JOIN idempotency_key k
  ON k.account_id = wish.account_id AND k.mutation = $1 AND k.key = wish.key
"""

# What the batch did not do after all: its keys are free again, or carry the refusal.
DROP_KEYS = """
DELETE FROM idempotency_key k
USING unnest($2::uuid[], $3::text[]) AS wish (account_id, key)
WHERE k.account_id = wish.account_id AND k.mutation = $1 AND k.key = wish.key
"""

CHANGE_OUTCOMES = """
UPDATE idempotency_key k SET outcome = wish.outcome::jsonb
FROM unnest($2::uuid[], $3::text[], $4::text[]) AS wish (account_id, key, outcome)
WHERE k.account_id = wish.account_id AND k.mutation = $1 AND k.key = wish.key
"""

# Then the accounts, so that ticket limits are exact.
LOCK_ACCOUNTS = """
SELECT id FROM account WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""

# Both in one round trip. An array is whole before it is used: all keys are claimed before the first
# account is locked.
CLAIM_KEYS_LOCK_ACCOUNTS = f"""
WITH claimed AS ({CLAIM_KEYS}), locked AS (
  SELECT id FROM account WHERE id = ANY(ARRAY(SELECT account_id FROM claimed))
  ORDER BY id FOR NO KEY UPDATE
)
SELECT claimed.account_id, claimed.key, locked.id IS NOT NULL AS is_known
FROM claimed LEFT JOIN locked ON locked.id = claimed.account_id
"""

# A statement of its own after the locks: it must see what those who held the locks committed.
# Seat-seconds count to the end of what is reserved, and not for bookings that were ever bought:
# those have tickets; what the waiting list offered nobody hoards.
READ_SALES = f"""
SELECT c.id, wish.account_id, c.plan_id, c.opens_at, c.currency, c.ticket_limit,
       c.seats_per_booking, c.no_single_seats, v.time_zone,
       {STATUS_NOW} AS status_now, now() AS now,
       c.needs_verified_email OR c.presale_until > now()
         OR EXISTS (SELECT FROM sale_queue q WHERE q.concert_id = c.id AND q.ended_at IS NULL)
         AS is_gated,
       own.seats, own.seat_seconds, own.has_lapsed, pending.bookings, pending.seconds_left
FROM unnest($1::uuid[], $2::uuid[]) AS wish (concert_id, account_id)
JOIN concert c ON c.id = wish.concert_id
JOIN venue v ON v.id = c.venue_id
CROSS JOIN LATERAL (
  SELECT coalesce(sum((
           SELECT count(*) FROM seat s
           WHERE s.concert_id = b.concert_id AND s.booking_id = b.id
             AND (s.status = 'B' OR s.reserved_until > now())
         )), 0)::int AS seats,
         coalesce(sum(
           b.seat_seconds_changed + b.seat_count
           * extract(epoch FROM coalesce(b.reserved_until, b.ended_at) - b.created_at)
         ) FILTER (WHERE NOT b.is_offer AND (b.status = 'PENDING' OR NOT EXISTS (
           SELECT FROM ticket t WHERE t.concert_id = b.concert_id AND t.booking_id = b.id
         ))), 0)::float8 AS seat_seconds,
         coalesce(bool_or(b.status = 'PENDING' AND b.reserved_until <= now()), FALSE) AS has_lapsed
  FROM booking b
  WHERE b.concert_id = wish.concert_id AND b.account_id = wish.account_id
) own
CROSS JOIN LATERAL (
  -- Those whose time is over are left out late: by a condition, the index of times would be
  -- tempting, and be read whole for each account if few were PENDING when it was last analyzed.
  SELECT count(*) FILTER (WHERE b.reserved_until > now()) AS bookings,
         ceil(extract(epoch FROM min(b.reserved_until) FILTER (WHERE b.reserved_until > now())
                                 - now()))::int AS seconds_left
  FROM booking b
  WHERE b.account_id = wish.account_id AND b.status = 'PENDING' AND NOT b.is_offer
) pending
WHERE c.plan_id IS NOT NULL AND c.currency IS NOT NULL AND c.status <> 'DRAFT'
"""

# Bookings of these pairs (concert, account) whose time is over, and that nobody has swept yet: one
# that is being paid is waited for, and whoever pays it afterwards sees that it is too late.
LOCK_LAPSED = """
SELECT b.id
FROM unnest($1::uuid[], $2::uuid[]) AS w (concert_id, account_id)
JOIN booking b ON b.concert_id = w.concert_id AND b.account_id = w.account_id
WHERE b.status = 'PENDING' AND b.reserved_until <= now()
ORDER BY b.concert_id, b.id
FOR NO KEY UPDATE OF b
"""

# Take the seats of each booking, all of them or none. $1 to $3 have an element a seat (concert,
# index, booking), $4 to $9 one a booking (id, concert, account, reference, currency, how many
# seats), $10 is how long in seconds. A booking whose seats are not all free gets no row back.
RESERVE_MANY = f"""
WITH wanted AS (
  SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS w (concert_id, index, booking_id)
), wish AS (
  SELECT * FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::int[])
    AS w (id, concert_id, account_id, reference, currency, seat_count)
), free AS (
  SELECT s.concert_id, s.index, w.booking_id, t.price_minor
  FROM wanted w
  JOIN seat s ON s.concert_id = w.concert_id AND s.index = w.index
  JOIN price_tier t ON t.concert_id = s.concert_id AND t.code = s.tier_code
  WHERE {FREE}
  ORDER BY s.concert_id, s.index
  FOR NO KEY UPDATE OF s
), whole AS (
  SELECT * FROM (
    SELECT free.*, wish.account_id, wish.reference, wish.currency, wish.seat_count,
           count(*) OVER own AS free_count, sum(free.price_minor) OVER own::bigint AS total_minor,
           row_number() OVER (own ORDER BY free.index) AS place
    FROM free JOIN wish ON wish.id = free.booking_id
    WINDOW own AS (PARTITION BY free.booking_id)
  ) counted
  WHERE free_count = seat_count
), made AS (
  INSERT INTO booking (id, concert_id, account_id, reference, status, version, total_minor,
                       currency, seat_count, created_at, reserved_until, refund_steps)
  SELECT booking_id, concert_id, account_id, reference, 'PENDING', 1, total_minor, currency,
         seat_count, now(), now() + make_interval(secs => $10),
         (SELECT c.refund_steps FROM concert c WHERE c.id = whole.concert_id)
  FROM whole WHERE place = 1
)
-- Not joined with `made`: PostgreSQL thinks of one row there, and would go through all of them for
-- each seat.
UPDATE seat s
SET status = 'R', booking_id = whole.booking_id, price_minor = whole.price_minor,
    reserved_until = now() + make_interval(secs => $10), version = s.version + 1
FROM whole
WHERE s.concert_id = whole.concert_id AND s.index = whole.index
RETURNING s.booking_id, whole.reference, whole.total_minor, now() AS created_at,
          s.index, s.tier_code, s.status, s.version, s.reserved_until
"""

# Which of the seats are taken, and for how long a PENDING booking may still keep them.
WHY_NOT = f"""
SELECT s.concert_id, s.index,
       ceil(extract(epoch FROM s.reserved_until - now()))::int AS seconds_left
FROM unnest($1::uuid[], $2::int[]) AS w (concert_id, index)
JOIN seat s ON s.concert_id = w.concert_id AND s.index = w.index
WHERE NOT {FREE}
"""

# Lock seats, and all of their neighbours that a rule looks at, before any is taken: $1 and $2 have
# an element a seat (concert, index). In the order of the keys, as whoever takes seats does; the
# answer is what those who held the locks committed.
LOCK_SEATS = f"""
SELECT s.concert_id, s.index, {FREE} AS is_free
FROM unnest($1::uuid[], $2::int[]) AS w (concert_id, index)
JOIN seat s ON s.concert_id = w.concert_id AND s.index = w.index
ORDER BY s.concert_id, s.index
FOR NO KEY UPDATE OF s
"""

# The free seats of some stretches of halls (concert, first and last index), and the prices there.
FREE_AROUND = f"""
SELECT w.concert_id, c.plan_id, c.currency, c.no_single_seats,
       (SELECT array_agg(t.code || t.price_minor) FROM price_tier t WHERE t.concert_id = c.id)
         AS prices,
       (SELECT array_agg(s.index) FROM seat s
        WHERE s.concert_id = c.id AND s.index BETWEEN w.first AND w.last AND {FREE}) AS free
FROM unnest($1::uuid[], $2::int[], $3::int[]) AS w (concert_id, first, last)
JOIN concert c ON c.id = w.concert_id
"""
