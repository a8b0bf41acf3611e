"""What the database says after a rush: questions whose answer must be a certain number."""

from collections.abc import Sequence
from dataclasses import dataclass

from rush_bookers import Booker
from rush_stage import Hall, Stage

from bigcat_graphql.database import Connection, connect

_COUNTS = """
SELECT count(*) AS seats,
       count(*) FILTER (WHERE status = 'A') AS free,
       count(*) FILTER (WHERE status = 'R') AS reserved,
       count(*) FILTER (WHERE status = 'B') AS booked,
       count(*) FILTER (WHERE status = 'X') AS blocked
FROM seat WHERE concert_id = $1
"""

_TWO_OWNERS = """
SELECT count(*) FROM (
    SELECT seat_index FROM ticket WHERE concert_id = $1 AND status = 'ISSUED'
    GROUP BY seat_index HAVING count(*) > 1
) AS twice
"""

# A seat and its ticket must agree on whose it is.
_STRAY_TICKETS = """
SELECT count(*) FROM ticket
LEFT JOIN seat ON seat.concert_id = ticket.concert_id AND seat.index = ticket.seat_index
WHERE ticket.concert_id = $1 AND ticket.status = 'ISSUED'
  AND (seat.status, seat.booking_id) IS DISTINCT FROM ('B', ticket.booking_id)
"""

# A booking has all the seats it was made for and a ticket for each, or it is none.
_HALF_BOOKINGS = """
SELECT count(*) FROM booking
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE status = 'R') AS reserved,
           count(*) FILTER (WHERE status = 'B') AS booked
    FROM seat WHERE seat.concert_id = booking.concert_id AND booking_id = booking.id
) AS seats
CROSS JOIN LATERAL (
    SELECT count(*) AS issued FROM ticket
    WHERE ticket.concert_id = booking.concert_id AND booking_id = booking.id AND status = 'ISSUED'
) AS tickets
WHERE concert_id = $1 AND (reserved, booked, issued) IS DISTINCT FROM CASE status
    WHEN 'CONFIRMED' THEN (0::bigint, seat_count::bigint, seat_count::bigint)
    WHEN 'PENDING' THEN (seat_count::bigint, 0::bigint, 0::bigint)
    ELSE (0::bigint, 0::bigint, 0::bigint)
END
"""

# Money taken means a ticket: one payment of exactly the price for each CONFIRMED booking, or none.
_WRONG_PAYMENTS = """
SELECT count(*) FROM booking
LEFT JOIN LATERAL (
    SELECT sum(amount_minor - refunded_minor) AS taken FROM payment
    WHERE payment.concert_id = booking.concert_id AND booking_id = booking.id
      AND payment.status = 'CAPTURED'
) AS money ON true
WHERE concert_id = $1
  AND coalesce(taken, 0) <> CASE status WHEN 'CONFIRMED' THEN total_minor ELSE 0 END
"""

_UNPAID = "SELECT count(*) FROM booking WHERE concert_id = $1 AND status <> 'CONFIRMED'"

_OWNERS = """
SELECT seat.index, account.email FROM seat
JOIN booking ON booking.concert_id = seat.concert_id AND booking.id = seat.booking_id
JOIN account ON account.id = booking.account_id
WHERE seat.concert_id = $1
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One number of the proof, and what it has to be."""

    what: str
    found: float
    wanted: float
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether it is what it has to be."""
        return self.found <= self.wanted if self.at_most else self.found == self.wanted


async def prove(stage: Stage, bookers: Sequence[Booker]) -> list[Finding]:
    """Ask the database, on a connection of its own that the server knows nothing of."""
    connection = await connect(stage.database)
    try:
        return [
            *await _count_seats(connection, stage.hall),
            *await _count_faults(connection, stage.hall),
            await _compare_owners(connection, stage.hall, bookers),
        ]
    finally:
        await connection.close()


async def _count_seats(connection: Connection, hall: Hall) -> list[Finding]:
    row = await connection.fetchrow(_COUNTS, hall.concert_id)
    assert row is not None  # noqa: S101 - an aggregate without GROUP BY has one row
    states = sum(row[state] for state in ("free", "reserved", "booked", "blocked"))
    return [
        Finding("seats of the hall", row["seats"], hall.seats),
        Finding("free + reserved + booked + blocked", states, hall.seats),
        Finding("seats sold", row["booked"], hall.seats),
    ]


async def _count_faults(connection: Connection, hall: Hall) -> list[Finding]:
    questions = {
        "seats with two owners": _TWO_OWNERS,
        "tickets of a seat that is somebody else's": _STRAY_TICKETS,
        "half bookings": _HALF_BOOKINGS,
        "bookings not paid": _UNPAID,
        "bookings where money and tickets differ": _WRONG_PAYMENTS,
    }
    return [
        Finding(what, await connection.fetchval(sql, hall.concert_id), 0)
        for what, sql in questions.items()
    ]


async def _compare_owners(connection: Connection, hall: Hall, bookers: Sequence[Booker]) -> Finding:
    rows = await connection.fetch(_OWNERS, hall.concert_id)
    kept = {(row["index"], row["email"]) for row in rows}
    told = {(index, booker.email) for booker in bookers for index in booker.seats}
    return Finding("seats whose owner was told something else", len(kept ^ told), 0)
