"""What the demo season's audience has bought: set by set, under all constraints of real sales."""

from uuid import UUID

from bigcat_graphql.database import execute, fetch_one, run_transaction
from bigcat_graphql.ids import new_id

_EMAIL = "audience@example.org"
_NAME = "Demo Audience"
# Neighbours come in parties of this many.
_PARTY = 4

_FIND_AUDIENCE = """
    SELECT id FROM account WHERE email_folded = $1 AND role = 'GUEST'
    ORDER BY created_at LIMIT 1"""

_ADD_AUDIENCE = """
    INSERT INTO account (id, email, email_folded, name, role, created_at)
    VALUES ($1, $2, $2, $3, 'GUEST', now())"""

# Parties of neighbours, spread over the hall by a multiplication that visits every percent; each
# is a CONFIRMED booking with its tickets. Nothing happens where the audience has bought before.
_SELL = """
    WITH parties AS MATERIALIZED (
      SELECT party, gen_random_uuid() AS booking_id
      FROM generate_series(0, (SELECT max("index") FROM seat WHERE concert_id = $1) / $4) AS party
      WHERE party * 37 % 100 < $3
        AND NOT EXISTS (SELECT FROM booking WHERE concert_id = $1 AND account_id = $2)
    ), taken AS MATERIALIZED (
      SELECT p.booking_id, s."index", t.price_minor, t.currency
      FROM parties p
      JOIN seat s ON s.concert_id = $1 AND s."index" / $4 = p.party AND s.status = 'A'
      JOIN price_tier t ON t.concert_id = $1 AND t.code = s.tier_code
    ), bookings AS (
      INSERT INTO booking (id, concert_id, account_id, reference, status, version, seat_count,
                           total_minor, currency, created_at)
      SELECT booking_id, $1, $2,
        -- Ten chance letters in the alphabet of printed references.
        translate(upper(substr(md5(booking_id::text), 1, 10)), '01', 'XY'),
        'CONFIRMED', 1, count(*), sum(price_minor), min(currency), now()
      FROM taken GROUP BY booking_id
    ), tickets AS (
      INSERT INTO ticket (id, concert_id, booking_id, seat_index, status, code, price_minor,
                          currency, issued_at)
      SELECT gen_random_uuid(), $1, booking_id, "index", 'ISSUED',
        replace(gen_random_uuid()::text, '-', ''), price_minor, currency, now()
      FROM taken
    )
    UPDATE seat s
    SET status = 'B', booking_id = taken.booking_id, price_minor = taken.price_minor,
        version = s.version + 1
    FROM taken
    WHERE s.concert_id = $1 AND s."index" = taken."index"
"""


async def find_audience() -> UUID:
    """Find the guest account that buys for the demo, or make it."""

    async def find() -> UUID:
        found = await fetch_one(_FIND_AUDIENCE, _EMAIL)
        if found is not None:
            return UUID(int=found["id"].int)
        audience_id = new_id()
        await execute(_ADD_AUDIENCE, audience_id, _EMAIL, _NAME)
        return audience_id

    return await run_transaction(find)


async def sell_seats(concert_id: UUID, audience_id: UUID, *, percent: int) -> None:
    """Sell about so many percent of a concert's free seats, 100 being all; only once."""

    async def sell() -> None:
        await execute(_SELL, concert_id, audience_id, percent, _PARTY)

    if percent:
        await run_transaction(sell)
