"""What decides whether accounts may book seats of concerts, read under the accounts' locks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking import batch_statements as sql
from bigcat_graphql.booking.gate import find_turned_away
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.errors import DomainError, NotFound, Unauthenticated
from bigcat_graphql.models import ConcertStatus


@dataclass(frozen=True, slots=True)
class Sales:
    """The sales of some concerts as they are for some accounts."""

    accounts: frozenset[UUID]
    rows: Mapping[tuple[UUID, UUID], Record]
    concerts: Mapping[UUID, Record]
    turned_away: Mapping[tuple[UUID, UUID], DomainError]

    def of(self, concert_id: UUID, account_id: UUID) -> Sale:
        """Give a concert's sale for an account.

        Raises:
            Unauthenticated: there is no such account any more.
            NotFound: there is no such concert with seats.
        """
        if account_id not in self.accounts:
            raise Unauthenticated
        row = self.rows.get((concert_id, account_id))
        if row is None:
            raise NotFound(("input", "concertId"))
        return Sale(
            concert_id=concert_id,
            plan_id=row["plan_id"],
            status=ConcertStatus(row["status_now"]),
            opens_at=row["opens_at"],
            time_zone=row["time_zone"],
            currency=row["currency"],
            ticket_limit=row["ticket_limit"],
            seats_per_booking=row["seats_per_booking"],
            no_single_seats=row["no_single_seats"],
            tickets_held=row["seats"],
            pending_bookings=row["bookings"],
            pending_seconds=row["seconds_left"],
            seat_seconds_kept=row["seat_seconds"],
            turned_away=self.turned_away.get((concert_id, account_id)),
            now=row["now"],
        )

    def currency_of(self, concert_id: UUID) -> str:
        """Give the currency of a concert that there is."""
        currency: str = self.concerts[concert_id]["currency"]
        return currency

    def plan_ids(self) -> dict[UUID, UUID]:
        """Give the plan of each concert."""
        return {concert_id: row["plan_id"] for concert_id, row in self.concerts.items()}


async def read_sales(pairs: Sequence[tuple[UUID, UUID]]) -> Sales:
    """Read the sales for pairs of concert and account, inside the caller's transaction.

    The accounts' rows stay locked until the commit: what this counts cannot change meanwhile.
    """
    locked = await database.fetch_all(sql.LOCK_ACCOUNTS, list({account for _, account in pairs}))
    return await read_sales_of(pairs, [row["id"] for row in locked])


async def read_sales_of(
    pairs: Sequence[tuple[UUID, UUID]], locked_accounts: Collection[UUID]
) -> Sales:
    """Read the sales as `read_sales` does, for a caller who has locked the accounts."""
    unique = set(pairs)
    concerts, accounts = [pair[0] for pair in unique], [pair[1] for pair in unique]
    # A statement of its own: it must see what was committed while the locks were waited for.
    rows = await database.fetch_all(sql.READ_SALES, concerts, accounts)
    lapsed = [row for row in rows if row["has_lapsed"]]
    if lapsed:
        # They count for nothing, unless they are being paid in this very moment.
        over, owners = [row["id"] for row in lapsed], [row["account_id"] for row in lapsed]
        await database.execute(sql.LOCK_LAPSED, over, owners)
        rows = await database.fetch_all(sql.READ_SALES, concerts, accounts)
    gated = {row["id"] for row in rows if row["is_gated"]}
    return Sales(
        frozenset(locked_accounts),
        {(row["id"], row["account_id"]): row for row in rows},
        {row["id"]: row for row in rows},
        await find_turned_away([pair for pair in pairs if pair[0] in gated]),
    )
