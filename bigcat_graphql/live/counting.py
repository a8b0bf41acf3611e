"""Counting the seats of several concerts in one statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from bigcat_graphql.catalogue.availability import SeatCounts
from bigcat_graphql.database import fetch_all
from bigcat_graphql.models import ConcertStatus

# By concert, along the key of its seats; a reservation whose time is over counts as available.
_COUNT = """
SELECT concert.id, seats.*
FROM concert, LATERAL (
  SELECT count(*) FILTER (WHERE status = 'A' OR status = 'R' AND reserved_until <= now()),
         count(*) FILTER (WHERE status = 'R' AND reserved_until > now()),
         count(*) FILTER (WHERE status = 'B'),
         count(*) FILTER (WHERE status = 'X'),
         extract(epoch FROM min(reserved_until)
           FILTER (WHERE status = 'R' AND reserved_until > now()) - now())::float8
  FROM seat WHERE seat.concert_id = concert.id
) AS seats (available, reserved, booked, blocked, lapse_seconds)
WHERE concert.id = ANY($1::uuid[]) AND concert.status <> $2
"""


@dataclass(frozen=True, slots=True)
class Count:
    """Seats by state; `lapse_seconds` later the first of the reservations is over."""

    counts: SeatCounts
    lapse_seconds: float | None


async def count_seats(concert_ids: Iterable[UUID]) -> dict[UUID, Count]:
    """Count them now; a concert that nobody may know of is left out."""
    rows = await fetch_all(_COUNT, list(concert_ids), ConcertStatus.DRAFT.value)
    return {
        row["id"]: Count(
            SeatCounts(row["available"], row["reserved"], row["booked"], row["blocked"]),
            row["lapse_seconds"],
        )
        for row in rows
    }
