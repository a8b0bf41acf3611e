"""Money that a person has to look at, and why."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.money import Money

_LIST = """
SELECT p.concert_id, p.id, p.booking_id, b.reference, p.provider, p.provider_reference, p.currency,
       p.created_at, p.looks, why.*
FROM payment p
JOIN booking b ON b.concert_id = p.concert_id AND b.id = p.booking_id
CROSS JOIN LATERAL (
  SELECT 'disputed' AS why, p.captured_minor - p.refunded_minor AS amount_minor
  WHERE p.status = 'DISPUTED'
  UNION ALL
  SELECT 'refunded at the provider', p.ahead_minor WHERE p.ahead_minor <> 0
  UNION ALL
  SELECT 'neither used nor given back yet', p.amount_minor - p.refunded_minor
  WHERE p.status = 'ORPHANED'
  UNION ALL
  SELECT 'refund refused', sum(r.amount_minor)::bigint FROM refund r
  WHERE r.concert_id = p.concert_id AND r.payment_id = p.id AND r.status = 'FAILED'
    AND r.reason <> 'AT_PROVIDER'
  HAVING count(*) > 0
) why
WHERE p.status IN ('ORPHANED', 'DISPUTED') OR p.ahead_minor <> 0
  OR (p.concert_id, p.id) IN (SELECT concert_id, payment_id FROM refund WHERE status <> 'SUCCEEDED')
ORDER BY p.created_at, p.id, why
LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class Concern:
    """A payment, why a person has to look at it, and how much it is about."""

    why: str
    amount: Money
    concert_id: UUID
    payment_id: UUID
    booking_reference: str
    provider: str
    provider_reference: str | None
    created_at: datetime
    looks: int


async def list_attention(limit: int = 1000) -> list[Concern]:
    """List what is disputed, refused, orphaned or was refunded without us, the oldest first."""
    return [
        Concern(
            row["why"],
            Money(row["amount_minor"], row["currency"]),
            row["concert_id"],
            row["id"],
            row["reference"],
            row["provider"],
            row["provider_reference"],
            row["created_at"],
            row["looks"],
        )
        for row in await database.fetch_all(_LIST, limit)
    ]
