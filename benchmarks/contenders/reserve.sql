-- Takes seats for a new booking, all or none: one statement, as bookSeats runs for chosen seats.
-- A copy, so that the yardstick stays when the product changes.
-- $1 concert, $2 booking, $3 seats, $4 account, $5 reference
WITH free AS MATERIALIZED (
  SELECT s.index, t.price_minor, t.currency
  FROM seat s JOIN price_tier t ON t.concert_id = s.concert_id AND t.code = s.tier_code
  WHERE s.concert_id = $1 AND s.index = ANY ($3::int[])
    AND (s.status = 'A' OR (s.status = 'R' AND s.reserved_until <= now()))
  ORDER BY s.index
  FOR NO KEY UPDATE OF s
), whole AS (
  SELECT sum(price_minor)::bigint AS total_minor, min(currency) AS currency
  FROM free HAVING count(*) = cardinality($3::int[])
), made AS (
  INSERT INTO booking (id, concert_id, account_id, reference, status, version, total_minor,
                       currency, seat_count, created_at, reserved_until)
  SELECT $2, $1, $4, $5, 'PENDING', 1, total_minor, currency, cardinality($3::int[]), now(),
         now() + interval '10 minutes'
  FROM whole
  RETURNING total_minor, reserved_until
), taken AS (
  UPDATE seat s
  SET status = 'R', booking_id = $2, price_minor = free.price_minor,
      reserved_until = made.reserved_until, version = s.version + 1
  FROM free, made
  WHERE s.concert_id = $1 AND s.index = free.index
)
SELECT total_minor::int AS total_minor, reserved_until FROM made
