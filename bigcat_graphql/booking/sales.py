"""What decides whether an account may book seats of a concert, read under the account's lock."""

from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.booking import statements
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.catalogue.status import STATUS_NOW
from bigcat_graphql.errors import NotFound, Unauthenticated
from bigcat_graphql.models import ConcertStatus

_READ_SALE = f"""
SELECT c.plan_id, c.opens_at, c.currency, c.ticket_limit, c.seats_per_booking, v.time_zone,
       {STATUS_NOW} AS status_now, now() AS now
FROM concert c JOIN venue v ON v.id = c.venue_id
WHERE c.id = $1 AND c.plan_id IS NOT NULL AND c.currency IS NOT NULL AND c.status <> 'DRAFT'
"""


async def lock_sale(account_id: UUID, concert_id: UUID) -> Sale:
    """Read a concert's sale as it is for an account, inside the caller's transaction.

    The account's row stays locked until the commit: what this counts cannot change meanwhile.

    Raises:
        Unauthenticated: there is no such account any more.
        NotFound: there is no such concert with seats.
    """
    if await database.fetch_one(statements.LOCK_ACCOUNT, account_id) is None:
        raise Unauthenticated
    concert = await database.fetch_one(_READ_SALE, concert_id)
    if concert is None:
        raise NotFound(("input", "concertId"))
    # A statement of its own: it must see what the account's last booking committed while this
    # one waited for the lock.
    held = await database.fetch_one(statements.COUNT_HELD, concert_id, account_id)
    return Sale(
        concert_id=concert_id,
        plan_id=concert["plan_id"],
        status=ConcertStatus(concert["status_now"]),
        opens_at=concert["opens_at"],
        time_zone=concert["time_zone"],
        currency=concert["currency"],
        ticket_limit=concert["ticket_limit"],
        seats_per_booking=concert["seats_per_booking"],
        tickets_held=held["held"] if held else 0,
        now=concert["now"],
    )
