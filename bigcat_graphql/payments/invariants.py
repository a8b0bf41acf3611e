"""What must hold of money at every moment, asked of the database; see `booking.invariants`."""

from uuid import UUID

from bigcat_graphql import database

# Booking by booking: what was charged and has not gone back is worth its active tickets, and what
# is kept by the policy of those cancelled, and what is on its way back; less what a person at the
# provider gave back while the tickets are still good, which is marked for a person here.
_BALANCED = """
WITH paid AS (
  SELECT concert_id, booking_id, sum(captured_minor - refunded_minor) AS held_minor,
         sum(ahead_minor) AS ahead_minor
  FROM payment GROUP BY concert_id, booking_id
), owed AS (
  SELECT concert_id, booking_id, sum(amount_minor) AS owed_minor
  FROM refund WHERE status <> 'SUCCEEDED' AND reason <> 'AT_PROVIDER'
  GROUP BY concert_id, booking_id
), sold AS (
  SELECT concert_id, booking_id,
         sum(CASE WHEN status = 'CANCELLED' THEN kept_minor ELSE price_minor END) AS worth_minor
  FROM ticket GROUP BY concert_id, booking_id
)
SELECT b.concert_id, b.id, b.status, held_minor, worth_minor, owed_minor, ahead_minor
FROM booking b
LEFT JOIN paid ON paid.concert_id = b.concert_id AND paid.booking_id = b.id
LEFT JOIN owed ON owed.concert_id = b.concert_id AND owed.booking_id = b.id
LEFT JOIN sold ON sold.concert_id = b.concert_id AND sold.booking_id = b.id
WHERE coalesce(held_minor, 0)
      <> coalesce(worth_minor, 0) + coalesce(owed_minor, 0) - coalesce(ahead_minor, 0)
  AND NOT EXISTS (
    SELECT FROM payment p WHERE p.concert_id = b.concert_id AND p.booking_id = b.id
    AND p.status = 'AUTHORIZED')
  AND ($1::uuid IS NULL OR b.concert_id = $1)
"""

_REFUNDS_ADD_UP = """
SELECT p.concert_id, p.id, p.refunded_minor, coalesce(sum(r.amount_minor), 0) AS arrived_minor
FROM payment p
LEFT JOIN refund r ON r.concert_id = p.concert_id AND r.payment_id = p.id
  AND r.status = 'SUCCEEDED'
WHERE $1::uuid IS NULL OR p.concert_id = $1
GROUP BY p.concert_id, p.id, p.refunded_minor
HAVING p.refunded_minor <> coalesce(sum(r.amount_minor), 0)
"""

# Authorized or charged: either its booking is, or was, CONFIRMED, or somebody looks after it.
_ABANDONED = """
SELECT p.concert_id, p.id, p.status, b.status AS booking_status
FROM payment p JOIN booking b ON b.concert_id = p.concert_id AND b.id = p.booking_id
WHERE ($1::uuid IS NULL OR p.concert_id = $1)
  AND ((p.status IN ('CREATED', 'REQUIRES_ACTION', 'AUTHORIZED', 'ORPHANED')
        AND p.look_at IS NULL)
       OR (p.status = 'AUTHORIZED' AND b.status <> 'CONFIRMED')
       OR (p.status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'DISPUTED')
           AND p.captured_minor > p.refunded_minor AND b.status NOT IN ('CONFIRMED', 'CANCELLED')))
"""

_UNASKED = """
SELECT r.concert_id, r.id, r.status
FROM refund r JOIN payment p ON p.concert_id = r.concert_id AND p.id = r.payment_id
WHERE r.status <> 'SUCCEEDED' AND r.reason <> 'AT_PROVIDER' AND p.look_at IS NULL
  AND ($1::uuid IS NULL OR r.concert_id = $1)
"""


async def unbalanced_bookings(concert_id: UUID | None = None) -> list[str]:
    """Find bookings whose money is not where it belongs; one that is not charged yet may be."""
    return await _find(_BALANCED, concert_id)


async def miscounted_refunds(concert_id: UUID | None = None) -> list[str]:
    """Find payments of which more or less has gone back than their refunds say."""
    return await _find(_REFUNDS_ADD_UP, concert_id)


async def abandoned_payments(concert_id: UUID | None = None) -> list[str]:
    """Find money without a booking, and open payments that nobody would ask about again."""
    return await _find(_ABANDONED, concert_id)


async def forgotten_refunds(concert_id: UUID | None = None) -> list[str]:
    """Find refunds on their way that nobody would ask about again."""
    return await _find(_UNASKED, concert_id)


ALWAYS = (unbalanced_bookings, miscounted_refunds, abandoned_payments, forgotten_refunds)


async def violations(concert_id: UUID | None = None) -> dict[str, list[str]]:
    """Ask everything that holds at every moment; nothing comes back when all is well."""
    found = {check.__name__: await check(concert_id) for check in ALWAYS}
    return {name: rows for name, rows in found.items() if rows}


async def _find(statement: str, concert_id: UUID | None) -> list[str]:
    rows = await database.fetch_all(statement, concert_id)
    return [", ".join(f"{name}={value}" for name, value in row.items()) for row in rows]
