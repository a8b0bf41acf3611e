"""The hot statements, each with its sentence; all run on the ambient Tortoise transaction.

Two rules hold in every one of them. *The predicate decides*: a seat is taken only by a statement
whose WHERE says it is free, so safety never depends on a sweeper, a cache or an earlier read.
*Locks are taken in index order*: two statements that want overlapping seats queue up behind each
other and cannot wait in a ring.
"""

# A seat that can be taken: nobody has it, or the time of whoever has it is over.
FREE = "(s.status = 'A' OR (s.status = 'R' AND s.reserved_until <= now()))"

# Parameters of every statement that takes seats: $1 concert, $2 booking, $3 how many seats; a way
# to find seats has its own from $4 on, and a new booking its own after those.
_FIND = """
WITH free AS (
  SELECT s.index, t.price_minor
  FROM seat s JOIN price_tier t ON t.concert_id = s.concert_id AND t.code = s.tier_code
  WHERE s.concert_id = $1 AND {which}
  ORDER BY s.index
  {limit}
  FOR NO KEY UPDATE OF s {locking}
), whole AS (
  -- No row comes out unless every wanted seat was found free: all of them, or none.
  SELECT sum(price_minor)::bigint AS total_minor FROM free HAVING count(*) = $3
)"""

# The chosen seats, waiting for rivals: a rival that rolls back leaves the seats to us, and one
# that commits makes PostgreSQL look at the row again and find it taken.
_CHOSEN = _FIND.format(which=f"s.index = ANY($4::int[]) AND {FREE}", limit="", locking="")

# Seats that best-available picked from a picture that is already old: a locked one is as good as
# taken, because the next pick costs less than waiting.
_PICKED = _FIND.format(
    which=f"s.index = ANY($4::int[]) AND {FREE}", limit="", locking="SKIP LOCKED"
)

# Places $4 to $5 of an area, of tier $6: from a random start, so that rivals do not meet.
_PLACES = _FIND.format(
    which="s.tier_code = $6 AND s.index BETWEEN $4 AND $5 AND s.status = 'A'",
    limit="LIMIT $3",
    locking="SKIP LOCKED",
)

# The same over the whole area, lapsed reservations too, waiting for rivals: what this does not
# find is not there, so "sold out" is true.
_ANY_PLACES = _FIND.format(
    which=f"s.tier_code = $6 AND s.index BETWEEN $4 AND $5 AND {FREE}",
    limit="LIMIT $3",
    locking="",
)

# The booking that takes them, for so many seconds.
_NEW_BOOKING = """, booking_row AS (
  INSERT INTO booking (id, concert_id, account_id, reference, status, version, total_minor,
                       currency, seat_count, created_at, reserved_until)
  SELECT $2, $1, ${account}, ${reference}, 'PENDING', 1, whole.total_minor,
         ${currency}, $3, now(), now() + make_interval(secs => ${seconds})
  FROM whole
  RETURNING reserved_until
)"""

# A PENDING booking that takes more; its time does not change. The caller holds its row.
_GROWN_BOOKING = """, booking_row AS (
  UPDATE booking b
  SET total_minor = b.total_minor + whole.total_minor, seat_count = b.seat_count + $3,
      version = b.version + 1
  FROM whole
  WHERE b.concert_id = $1 AND b.id = $2 AND b.status = 'PENDING'
  RETURNING b.reserved_until
)"""

_TAKE = """
UPDATE seat s
SET status = 'R', booking_id = $2, price_minor = free.price_minor,
    reserved_until = booking_row.reserved_until, version = s.version + 1
FROM free, booking_row
WHERE s.concert_id = $1 AND s.index = free.index
RETURNING s.index, s.status, s.version, s.reserved_until, s.price_minor
"""


def _reserve(find: str, first: int) -> str:
    """Compose a statement that makes a booking of the seats that `find` finds."""
    made = _NEW_BOOKING.format(
        account=first, reference=first + 1, currency=first + 2, seconds=first + 3
    )
    return find + made + _TAKE


RESERVE_CHOSEN = _reserve(_CHOSEN, 5)
RESERVE_PICKED = _reserve(_PICKED, 5)
RESERVE_PLACES = _reserve(_PLACES, 7)
RESERVE_ANY_PLACES = _reserve(_ANY_PLACES, 7)

ADD_CHOSEN = _CHOSEN + _GROWN_BOOKING + _TAKE
ADD_PICKED = _PICKED + _GROWN_BOOKING + _TAKE
ADD_PLACES = _PLACES + _GROWN_BOOKING + _TAKE
ADD_ANY_PLACES = _ANY_PLACES + _GROWN_BOOKING + _TAKE

# Who of the chosen seats is taken, and how long a PENDING booking may still keep it.
WHY_NOT = f"""
SELECT s.index, s.status,
       ceil(extract(epoch FROM s.reserved_until - now()))::int AS seconds_left
FROM seat s
WHERE s.concert_id = $1 AND s.index = ANY($2::int[]) AND NOT {FREE}
ORDER BY s.index
"""

# How many seats of these tiers within $3 to $4 are free, and when reserved ones may come back.
COUNT_FREE = f"""
SELECT count(*) FILTER (WHERE {FREE}) AS remaining,
       ceil(extract(epoch FROM min(s.reserved_until) FILTER (
         WHERE s.status = 'R' AND s.reserved_until > now()) - now()))::int AS seconds_left
FROM seat s
WHERE s.concert_id = $1 AND s.tier_code = ANY($2::text[]) AND s.index BETWEEN $3 AND $4
"""

# The free numbered seats of these tiers, for best-available to choose from.
FREE_SEATS = f"""
SELECT s.index FROM seat s
WHERE s.concert_id = $1 AND s.tier_code = ANY($2::text[]) AND s.index < $3 AND {FREE}
ORDER BY s.index
"""

# One account's bookings of one concert go one after another, so that its ticket limit is exact
# under any number of requests; bookings of other accounts are not held up.
LOCK_ACCOUNT = "SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE"

# The seats an account has of a concert, reserved ones within their time included.
COUNT_HELD = """
SELECT count(*) AS held
FROM booking b JOIN seat s ON s.concert_id = b.concert_id AND s.booking_id = b.id
WHERE b.concert_id = $1 AND b.account_id = $2
  AND (s.status = 'B' OR s.reserved_until > now())
"""

# A booking's row, locked: its other changes wait, so that its state is true until we commit.
LOCK_BOOKING = """
SELECT b.account_id, b.status, b.version, b.total_minor, b.currency, b.seat_count, b.created_at,
       b.reserved_until, now() AS now
FROM booking b
WHERE b.concert_id = $1 AND b.id = $2
FOR NO KEY UPDATE
"""

_OWN = """
WITH own AS (
  SELECT s.index, s.price_minor FROM seat s
  WHERE s.concert_id = $1 AND s.booking_id = $2 {which}
  ORDER BY s.index
  FOR NO KEY UPDATE
)
"""

# A booking's seats become BOOKED, if it still owns them: ownership decides, not the clock.
CONFIRM_SEATS = (
    _OWN.format(which="AND s.status = 'R'")
    + """
UPDATE seat s SET status = 'B', reserved_until = NULL, version = s.version + 1
FROM own WHERE s.concert_id = $1 AND s.index = own.index
RETURNING s.index, s.status, s.version, s.reserved_until, s.price_minor
"""
)

_FREED = """
UPDATE seat s
SET status = 'A', booking_id = NULL, price_minor = NULL, reserved_until = NULL,
    version = s.version + 1
FROM own WHERE s.concert_id = $1 AND s.index = own.index
RETURNING s.index, s.status, s.version, s.reserved_until, own.price_minor
"""

# All seats of a booking go back on sale, or those of $3.
RELEASE_ALL = _OWN.format(which="") + _FREED
RELEASE_SOME = _OWN.format(which="AND s.index = ANY($3::int[])") + _FREED

# A PENDING booking's seats are kept until $3.
EXTEND_SEATS = (
    _OWN.format(which="AND s.status = 'R'")
    + """
UPDATE seat s SET reserved_until = $3, version = s.version + 1
FROM own WHERE s.concert_id = $1 AND s.index = own.index
RETURNING s.index, s.status, s.version, s.reserved_until, s.price_minor
"""
)

# The booking becomes CONFIRMED if it is PENDING and $3, the seats it still owns, are all it needs.
CONFIRM_BOOKING = """
UPDATE booking SET status = 'CONFIRMED', reserved_until = NULL, version = version + 1
WHERE concert_id = $1 AND id = $2 AND status = 'PENDING' AND seat_count = $3
RETURNING version, currency
"""

# A ticket for each seat; ids, codes and seats come as arrays of one length.
ISSUE_TICKETS = """
INSERT INTO ticket (id, concert_id, booking_id, seat_index, status, code, price_minor, currency,
                    issued_at)
SELECT id, $1, $2, seat_index, 'ISSUED', code, price_minor, $7, now()
FROM unnest($3::uuid[], $4::int[], $5::text[], $6::bigint[])
  AS t (id, seat_index, code, price_minor)
"""

CANCEL_TICKETS = """
UPDATE ticket SET status = 'CANCELLED', cancelled_at = now()
WHERE concert_id = $1 AND booking_id = $2 AND id = ANY($3::uuid[]) AND status = 'ISSUED'
RETURNING seat_index, price_minor
"""

CANCEL_BOOKING = """
UPDATE booking
SET status = 'CANCELLED', reserved_until = NULL, ended_at = now(), version = version + 1
WHERE concert_id = $1 AND id = $2 AND status IN ('PENDING', 'CONFIRMED')
RETURNING version
"""

# A booking changed without changing its state.
TOUCH_BOOKING = """
UPDATE booking SET version = version + 1 WHERE concert_id = $1 AND id = $2 RETURNING version
"""

SHRINK_BOOKING = """
UPDATE booking
SET total_minor = total_minor - $3, seat_count = seat_count - $4, version = version + 1
WHERE concert_id = $1 AND id = $2 AND status = 'PENDING'
RETURNING version
"""

EXTEND_BOOKING = """
UPDATE booking SET reserved_until = $3, version = version + 1
WHERE concert_id = $1 AND id = $2 AND status = 'PENDING'
RETURNING version
"""

# Bookings whose time is over become EXPIRED; another node's share is skipped, not waited for.
EXPIRE_BOOKINGS = """
WITH lapsed AS (
  SELECT concert_id, id FROM booking
  WHERE status = 'PENDING' AND reserved_until <= now()
  ORDER BY reserved_until
  LIMIT $1
  FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE booking b
SET status = 'EXPIRED', reserved_until = NULL, ended_at = now(), version = b.version + 1
FROM lapsed WHERE b.concert_id = lapsed.concert_id AND b.id = lapsed.id
RETURNING b.concert_id, b.id, b.version
"""

# Seats whose time is over become AVAILABLE. It asks the seats, not their bookings: a seat whose
# taker rolled back after its old booking EXPIRED is found as well.
FREE_LAPSED_SEATS = """
WITH lapsed AS (
  SELECT concert_id, index FROM seat
  WHERE status = 'R' AND reserved_until <= now()
  ORDER BY concert_id, index
  LIMIT $1
  FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE seat s
SET status = 'A', booking_id = NULL, price_minor = NULL, reserved_until = NULL,
    version = s.version + 1
FROM lapsed WHERE s.concert_id = lapsed.concert_id AND s.index = lapsed.index
RETURNING s.concert_id, s.index, s.status, s.version, s.reserved_until
"""

# The key row comes first in the lock order: a repeat that comes meanwhile waits here, and then
# finds the outcome instead of doing it again.
CLAIM_KEY = """
INSERT INTO idempotency_key (id, account_id, mutation, key, request_hash, outcome, created_at)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, now())
ON CONFLICT (account_id, mutation, key) DO NOTHING
RETURNING id
"""

READ_KEY = """
SELECT request_hash, outcome, created_at FROM idempotency_key
WHERE account_id = $1 AND mutation = $2 AND key = $3
"""

CHANGE_OUTCOME = """
UPDATE idempotency_key SET outcome = $4::jsonb
WHERE account_id = $1 AND mutation = $2 AND key = $3
"""

# Keys are kept 48 hours, see docs/decisions/idempotency.md.
FORGET_KEYS = """
DELETE FROM idempotency_key
WHERE id IN (
  SELECT id FROM idempotency_key WHERE created_at < now() - interval '48 hours'
  ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
"""
