"""The hot statements, each with its sentence; all run on the ambient Tortoise transaction.

Two rules hold in every one of them. *The predicate decides*: a seat is taken only by a statement
whose WHERE says it is free, so safety never depends on a sweeper, a cache or an earlier read.
*Locks are taken in index order*: two statements that want overlapping seats queue up behind each
other and cannot wait in a ring. A transaction of several such statements, as changeSeats is, still
can; PostgreSQL then ends one, which is run again.
"""

# A seat that can be taken: nobody has it, or the time of whoever has it is over and nobody is on
# the concert's waiting list, which sees it first.
FREE = """
(s.status = 'A' OR (s.status = 'R' AND s.reserved_until <= now() AND NOT EXISTS (
  SELECT FROM waitlist w WHERE w.concert_id = s.concert_id AND w.has_waiting)))
"""

# A PENDING booking takes more seats, all of them or none; its time does not change. $1 concert,
# $2 booking, whose row the caller holds, $3 indexes. It waits for rivals: one that rolls back
# leaves the seats to us, one that commits makes PostgreSQL look again and find them taken.
ADD_SEATS = f"""
WITH free AS (
  SELECT s.index, t.price_minor
  FROM seat s JOIN price_tier t ON t.concert_id = s.concert_id AND t.code = s.tier_code
  WHERE s.concert_id = $1 AND s.index = ANY($3::int[]) AND {FREE}
  ORDER BY s.index
  FOR NO KEY UPDATE OF s
), whole AS (
  SELECT sum(price_minor)::bigint AS total_minor FROM free HAVING count(*) = cardinality($3)
), grown AS (
  UPDATE booking b
  SET total_minor = b.total_minor + whole.total_minor,
      seat_count = b.seat_count + cardinality($3), version = b.version + 1,
      seat_seconds_changed = b.seat_seconds_changed
        - cardinality($3) * extract(epoch FROM now() - b.created_at)
  FROM whole
  WHERE b.concert_id = $1 AND b.id = $2 AND b.status = 'PENDING'
  RETURNING b.reserved_until
)
UPDATE seat s
SET status = 'R', booking_id = $2, price_minor = free.price_minor,
    reserved_until = grown.reserved_until, version = s.version + 1
FROM free, grown
WHERE s.concert_id = $1 AND s.index = free.index
RETURNING s.index, s.status, s.version, s.reserved_until, s.price_minor
"""

# When seats of these tiers within $3 to $4, reserved now, may come back.
NEXT_LAPSE = """
SELECT ceil(extract(epoch FROM min(s.reserved_until) - now()))::int AS seconds_left
FROM seat s
WHERE s.concert_id = $1 AND s.tier_code = ANY($2::text[]) AND s.index BETWEEN $3 AND $4
  AND s.status = 'R' AND s.reserved_until > now()
"""

# The numbered seats, those that are free as 1, the last one first: a binary number, as `hall` has
# sets of seats. Python reads 20,000 in a twentieth of a millisecond; as an array they take two.
FREE_SEATS = f"""
SELECT string_agg(CASE WHEN {FREE} THEN '1' ELSE '0' END, '') AS free
FROM (SELECT * FROM seat WHERE concert_id = $1 AND index < $2 ORDER BY index DESC) s
"""

# Free places of tier $2 within $3 to $4, the first $5: those that nobody has had, and any.
FREE_PLACES = """
SELECT s.index FROM seat s
WHERE s.concert_id = $1 AND s.tier_code = $2 AND s.index BETWEEN $3 AND $4 AND s.status = 'A'
ORDER BY s.index LIMIT $5
"""
ANY_FREE_PLACES = f"""
SELECT s.index FROM seat s
WHERE s.concert_id = $1 AND s.tier_code = $2 AND s.index BETWEEN $3 AND $4 AND {FREE}
ORDER BY s.index LIMIT $5
"""

# A booking's row, locked: its other changes wait, so that its state is true until we commit. The
# time is that of this statement, for its account's lock was waited for before it.
LOCK_BOOKING = """
SELECT b.status, b.version, b.total_minor, b.seat_count, b.created_at, b.reserved_until,
       statement_timestamp() AS now
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

# $3 are the tickets, $4 what is kept of the price of each.
CANCEL_TICKETS = """
UPDATE ticket t SET status = 'CANCELLED', cancelled_at = now(), kept_minor = c.kept_minor
FROM unnest($3::uuid[], $4::bigint[]) AS c (id, kept_minor)
WHERE t.concert_id = $1 AND t.booking_id = $2 AND t.id = c.id AND t.status = 'ISSUED'
RETURNING t.id, t.seat_index
"""

# All active tickets of a booking that was never paid.
VOID_TICKETS = """
UPDATE ticket SET status = 'CANCELLED', cancelled_at = now()
WHERE concert_id = $1 AND booking_id = $2 AND status <> 'CANCELLED'
"""

CANCEL_BOOKING = """
UPDATE booking
SET status = 'CANCELLED', reserved_until = NULL, ended_at = now(), end_reason = $3,
    version = version + 1
WHERE concert_id = $1 AND id = $2 AND status IN ('PENDING', 'CONFIRMED')
RETURNING version
"""

# A booking whose time is over takes its seats back, all of them or none: each is free, or its own
# still. $3 are their indexes, $4 what each costs. The caller confirms it in the same transaction.
RESUME = f"""
WITH wanted AS (
  SELECT * FROM unnest($3::int[], $4::bigint[]) AS w (index, price_minor)
), free AS (
  SELECT s.index
  FROM wanted w JOIN seat s ON s.concert_id = $1 AND s.index = w.index
  WHERE {FREE} OR s.booking_id = $2
  ORDER BY s.index
  FOR NO KEY UPDATE OF s
), whole AS (
  SELECT count(*) FROM free HAVING count(*) = cardinality($3)
), resumed AS (
  UPDATE booking b
  SET status = 'PENDING', reserved_until = now() + interval '1 minute', ended_at = NULL,
      end_reason = NULL, version = b.version + 1
  FROM whole
  WHERE b.concert_id = $1 AND b.id = $2 AND b.status IN ('PENDING', 'EXPIRED')
  RETURNING b.reserved_until
)
UPDATE seat s
SET status = 'R', booking_id = $2, price_minor = w.price_minor,
    reserved_until = resumed.reserved_until, version = s.version + 1
FROM free JOIN wanted w ON w.index = free.index CROSS JOIN resumed
WHERE s.concert_id = $1 AND s.index = free.index
RETURNING s.index
"""

# Its payment came too late. EXPIRED it may be already.
LOSE_BOOKING = """
UPDATE booking
SET status = 'EXPIRED', ended_at = coalesce(ended_at, reserved_until), reserved_until = NULL,
    end_reason = 'SEATS_LOST', version = version + 1
WHERE concert_id = $1 AND id = $2 AND status IN ('PENDING', 'EXPIRED')
RETURNING version
"""

_KEEP = (
    _OWN.format(which="AND s.status = 'R'").rstrip()
    + """, kept AS (
  UPDATE booking b SET {change}, version = b.version + 1
  WHERE b.concert_id = $1 AND b.id = $2 AND b.status = 'PENDING' AND {condition}
    AND b.seat_count = (SELECT count(*) FROM own)
  RETURNING b.reserved_until, b.version
)
UPDATE seat s SET reserved_until = kept.reserved_until, version = s.version + 1
FROM own, kept WHERE s.concert_id = $1 AND s.index = own.index
RETURNING s.index, s.status, s.version, s.reserved_until, kept.version AS booking_version
"""
)

# A declined payment gives a booking that has all its seats $3 more seconds, once, and not beyond $4
# from when it was made.
GIVE_GRACE = _KEEP.format(
    change=(
        "grace_given = true, reserved_until = least(b.reserved_until + make_interval(secs => $3),"
        " b.created_at + make_interval(secs => $4))"
    ),
    condition="NOT b.grace_given AND b.reserved_until < b.created_at + make_interval(secs => $4)",
)

# A booking that has all its seats is kept $3 seconds from now, if that is longer than anyway.
KEEP_FOR = _KEEP.format(
    change="reserved_until = now() + make_interval(secs => $3)",
    condition="b.reserved_until < now() + make_interval(secs => $3)",
)

# A booking changed without changing its state.
TOUCH_BOOKING = """
UPDATE booking SET version = version + 1 WHERE concert_id = $1 AND id = $2 RETURNING version
"""

SHRINK_BOOKING = """
UPDATE booking
SET total_minor = total_minor - $3, seat_count = seat_count - $4, version = version + 1,
    seat_seconds_changed = seat_seconds_changed + $4 * extract(epoch FROM now() - created_at)
WHERE concert_id = $1 AND id = $2 AND status = 'PENDING'
RETURNING version
"""

# What the amount of a refund depends on.
READ_POLICY = """
SELECT b.refund_steps, c.starts_at, now() AS now
FROM booking b JOIN concert c ON c.id = b.concert_id
WHERE b.concert_id = $1 AND b.id = $2
"""

EXTEND_BOOKING = """
UPDATE booking SET reserved_until = $3, version = version + 1
WHERE concert_id = $1 AND id = $2 AND status = 'PENDING'
RETURNING version
"""
