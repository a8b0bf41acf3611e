"""What must hold beyond the rooms' own invariants: keys, time, open payments and promises."""

from collections.abc import Mapping
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.schema.ids import id_of_concert, read_key
from bigcat_graphql.simulation.ledger import Promise
from bigcat_graphql.simulation.nodes import RESERVATION_MAX_SECONDS

# A booking that no key made, or that two made: a request that had two effects.
_BOOKINGS_WITHOUT_ONE_KEY = """
SELECT b.id FROM booking b
LEFT JOIN idempotency_key k ON k.account_id = b.account_id AND k.mutation = 'bookSeats'
  AND k.outcome -> 'booking' ->> 'booking_id' = b.id::text
WHERE $1::uuid IS NULL OR b.concert_id = $1
GROUP BY b.concert_id, b.id HAVING count(k.id) <> 1
"""

# A node whose clock is wrong must not date a row, nor keep a seat for longer.
_WRONG_TIME = f"""
SELECT id, created_at, reserved_until FROM booking
WHERE ($1::uuid IS NULL OR concert_id = $1)
  AND (created_at > now() OR created_at < pg_postmaster_start_time() - interval '1 day'
       OR reserved_until > created_at + make_interval(secs => {RESERVATION_MAX_SECONDS}))
"""

# 30 s until an attempt counts as left alone, 5 s between two rounds of the settler, and a kill.
_OPEN_PAYMENTS = """
SELECT concert_id, id, status, created_at FROM payment
WHERE status IN ('CREATED', 'AUTHORIZED') AND created_at < now() - interval '60 seconds'
  AND ($1::uuid IS NULL OR concert_id = $1)
"""

_BOOKINGS = """
SELECT b.id, b.status, array_remove(array_agg(s.index), NULL) AS seats
FROM booking b LEFT JOIN seat s ON s.concert_id = b.concert_id AND s.booking_id = b.id
GROUP BY b.concert_id, b.id
"""

# What time alone may have made of a booking since its buyer was told.
_MAY_BECOME = {"PENDING": {"PENDING", "EXPIRED"}, "EXPIRED": {"PENDING", "EXPIRED"}}


async def bookings_without_one_key(concert_id: UUID | None = None) -> list[str]:
    """Find bookings that were not made by exactly one idempotency key."""
    return await _find(_BOOKINGS_WITHOUT_ONE_KEY, concert_id)


async def rows_of_another_time(concert_id: UUID | None = None) -> list[str]:
    """Find bookings dated, or kept, by a clock that is not the database's."""
    return await _find(_WRONG_TIME, concert_id)


async def payments_left_open(concert_id: UUID | None = None) -> list[str]:
    """Find attempts to pay that nobody takes to their end."""
    return await _find(_OPEN_PAYMENTS, concert_id)


async def broken_promises(promises: Mapping[str, Promise]) -> list[str]:
    """Find bookings that are not what their buyers were told last, once all is quiet."""
    rows = {row["id"]: row for row in await database.fetch_all(_BOOKINGS)}
    broken: list[str] = []
    for name, promise in promises.items():
        key = id_of_concert(read_key(name, "Booking"))
        row = rows.get(key[1]) if key else None
        if row is None:
            broken.append(f"{name}: promised {promise.status}, and there is none")
        elif row["status"] not in _MAY_BECOME.get(promise.status, {promise.status}):
            broken.append(f"{key}: promised {promise.status}, is {row['status']}")
        elif row["status"] == "CONFIRMED" and promise.seats != frozenset(row["seats"]):
            broken.append(f"{key}: promised {sorted(promise.seats)}, has {sorted(row['seats'])}")
    return broken


async def _find(statement: str, concert_id: UUID | None) -> list[str]:
    rows = await database.fetch_all(statement, concert_id)
    return [", ".join(f"{name}={value}" for name, value in row.items()) for row in rows]
