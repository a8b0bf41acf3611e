"""What must hold at every moment, asked of the database: each finds what breaks one promise.

Tests and the on-sale simulation share them. Every function reads one statement's snapshot, so it
may run while bookings go on.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from bigcat_graphql import database

# How long a sweeper may leave a lapsed seat lying; takers do not wait for it.
LAPSED_SECONDS_MAX = 10.0

_WHOLE = """
SELECT b.concert_id, b.id, b.seat_count, count(s.index) AS seats
FROM booking b
LEFT JOIN seat s ON s.concert_id = b.concert_id AND s.booking_id = b.id
WHERE (b.status = 'CONFIRMED' OR (b.status = 'PENDING' AND b.reserved_until > now()))
  AND ($1::uuid IS NULL OR b.concert_id = $1)
GROUP BY b.concert_id, b.id
HAVING count(s.index) <> CASE b.status WHEN 'CONFIRMED' THEN (
  SELECT count(*) FROM ticket t WHERE t.concert_id = b.concert_id AND t.booking_id = b.id
  AND t.status IN ('ISSUED', 'CHECKED_IN')) ELSE b.seat_count END
"""

_TICKETED = """
SELECT s.concert_id, s.index, count(t.id) AS tickets
FROM seat s
LEFT JOIN ticket t ON t.concert_id = s.concert_id AND t.seat_index = s.index
  AND t.booking_id = s.booking_id AND t.status IN ('ISSUED', 'CHECKED_IN')
WHERE s.status = 'B' AND ($1::uuid IS NULL OR s.concert_id = $1)
GROUP BY s.concert_id, s.index
HAVING count(t.id) <> 1
"""

_TICKETS_WITHOUT_SEAT = """
SELECT t.concert_id, t.id
FROM ticket t
JOIN seat s ON s.concert_id = t.concert_id AND s.index = t.seat_index
WHERE t.status IN ('ISSUED', 'CHECKED_IN')
  AND (s.status <> 'B' OR s.booking_id <> t.booking_id)
  AND ($1::uuid IS NULL OR t.concert_id = $1)
"""

_OWNED = """
SELECT s.concert_id, s.index, s.status, b.status AS booking_status
FROM seat s
LEFT JOIN booking b ON b.concert_id = s.concert_id AND b.id = s.booking_id
WHERE s.status IN ('R', 'B') AND ($1::uuid IS NULL OR s.concert_id = $1)
  AND (b.id IS NULL
       OR (s.status = 'B' AND b.status <> 'CONFIRMED')
       OR (s.status = 'R' AND s.reserved_until > now() AND b.status <> 'PENDING'))
"""

_CAPACITY = """
SELECT c.id AS concert_id, p.total_count, count(s.index) AS seats
FROM concert c
JOIN seating_plan p ON p.id = c.plan_id
LEFT JOIN seat s ON s.concert_id = c.id AND s.status IN ('A', 'R', 'B', 'X')
WHERE $1::uuid IS NULL OR c.id = $1
GROUP BY c.id, p.total_count
HAVING count(s.index) <> p.total_count
"""

_OVER_LIMIT = """
SELECT b.concert_id, b.account_id, count(*) AS held
FROM booking b
JOIN seat s ON s.concert_id = b.concert_id AND s.booking_id = b.id
JOIN concert c ON c.id = b.concert_id
WHERE (s.status = 'B' OR s.reserved_until > now()) AND ($1::uuid IS NULL OR b.concert_id = $1)
GROUP BY b.concert_id, b.account_id, c.ticket_limit
HAVING count(*) > c.ticket_limit
"""

_PAID = """
SELECT b.concert_id, b.id
FROM booking b
LEFT JOIN payment p ON p.concert_id = b.concert_id AND p.booking_id = b.id
  AND p.status NOT IN ('FAILED', 'VOIDED', 'ORPHANED')
  AND NOT EXISTS (SELECT FROM refund r WHERE r.concert_id = p.concert_id AND r.payment_id = p.id
                  AND r.reason = 'SEATS_LOST')
WHERE ($1::uuid IS NULL OR b.concert_id = $1)
GROUP BY b.concert_id, b.id
HAVING (b.status = 'CONFIRMED' AND b.total_minor > 0 AND count(p.id) <> 1)
    OR (b.status = 'EXPIRED'
        AND count(p.id) FILTER (WHERE p.status IN ('AUTHORIZED', 'CAPTURED')) > 0)
"""

_LAPSED = f"""
SELECT concert_id, index, reserved_until FROM seat
WHERE status = 'R' AND reserved_until < now() - make_interval(secs => {LAPSED_SECONDS_MAX})
  AND ($1::uuid IS NULL OR concert_id = $1)
"""


async def half_bookings(concert_id: UUID | None = None) -> list[str]:
    """Find live bookings that have some of their seats only."""
    return await _find(_WHOLE, concert_id)


async def seats_without_one_ticket(concert_id: UUID | None = None) -> list[str]:
    """Find BOOKED seats that have not exactly one active ticket, of their own booking."""
    return await _find(_TICKETED, concert_id)


async def tickets_without_seat(concert_id: UUID | None = None) -> list[str]:
    """Find active tickets whose seat is somebody else's, or nobody's."""
    return await _find(_TICKETS_WITHOUT_SEAT, concert_id)


async def seats_of_dead_bookings(concert_id: UUID | None = None) -> list[str]:
    """Find taken seats whose booking is over, or does not exist."""
    return await _find(_OWNED, concert_id)


async def lost_seats(concert_id: UUID | None = None) -> list[str]:
    """Find concerts whose free, reserved, booked and blocked seats are not all of the plan's."""
    return await _find(_CAPACITY, concert_id)


async def accounts_over_limit(concert_id: UUID | None = None) -> list[str]:
    """Find accounts with more tickets of a concert than one may have."""
    return await _find(_OVER_LIMIT, concert_id)


async def unpaid_or_unserved(concert_id: UUID | None = None) -> list[str]:
    """Find confirmed bookings without their one payment, and payments kept for nothing."""
    return await _find(_PAID, concert_id)


async def long_lapsed_seats(concert_id: UUID | None = None) -> list[str]:
    """Find reservations that are over and were not swept in time."""
    return await _find(_LAPSED, concert_id)


Invariant = Callable[[UUID | None], Awaitable[list[str]]]

# What a crash may not break for a moment, and what the sweeper has its time for.
ALWAYS: tuple[Invariant, ...] = (
    half_bookings,
    seats_without_one_ticket,
    tickets_without_seat,
    seats_of_dead_bookings,
    lost_seats,
    accounts_over_limit,
    unpaid_or_unserved,
)
EVENTUALLY: tuple[Invariant, ...] = (long_lapsed_seats,)


async def violations(concert_id: UUID | None = None) -> dict[str, list[str]]:
    """Ask everything that holds at every moment; nothing comes back when all is well."""
    found = {check.__name__: await check(concert_id) for check in ALWAYS}
    return {name: rows for name, rows in found.items() if rows}


async def _find(statement: str, concert_id: UUID | None) -> list[str]:
    rows = await database.fetch_all(statement, concert_id)
    return [", ".join(f"{name}={value}" for name, value in row.items()) for row in rows]
