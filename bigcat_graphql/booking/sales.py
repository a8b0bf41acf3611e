"""What decides whether accounts may book seats of concerts, read under the accounts' locks."""

from collections.abc import Mapping, Sequence
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
    concerts: Mapping[UUID, Record]
    held: Mapping[tuple[UUID, UUID], Record]
    turned_away: Mapping[tuple[UUID, UUID], DomainError]

    def of(self, concert_id: UUID, account_id: UUID) -> Sale:
        """Give a concert's sale for an account.

        Raises:
            Unauthenticated: there is no such account any more.
            NotFound: there is no such concert with seats.
        """
        if account_id not in self.accounts:
            raise Unauthenticated
        concert = self.concerts.get(concert_id)
        if concert is None:
            raise NotFound(("input", "concertId"))
        held = self.held[concert_id, account_id]
        return Sale(
            concert_id=concert_id,
            plan_id=concert["plan_id"],
            status=ConcertStatus(concert["status_now"]),
            opens_at=concert["opens_at"],
            time_zone=concert["time_zone"],
            currency=concert["currency"],
            ticket_limit=concert["ticket_limit"],
            seats_per_booking=concert["seats_per_booking"],
            no_single_seats=concert["no_single_seats"],
            tickets_held=held["seats"],
            pending_bookings=held["bookings"],
            pending_seconds=held["seconds_left"],
            seat_seconds_kept=held["seat_seconds"],
            turned_away=self.turned_away.get((concert_id, account_id)),
            now=concert["now"],
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
    concerts, accounts = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    locked = await database.fetch_all(sql.LOCK_ACCOUNTS, list(set(accounts)))
    found = await database.fetch_all(sql.READ_SALES, list(set(concerts)))
    # A statement of its own: it must see what was committed while the locks were waited for.
    held = await database.fetch_all(sql.COUNT_HELD, *_unique(concerts, accounts))
    gated = {row["id"] for row in found if row["is_gated"]}
    return Sales(
        frozenset(row["id"] for row in locked),
        {row["id"]: row for row in found},
        {(row["concert_id"], row["account_id"]): row for row in held},
        await find_turned_away([pair for pair in pairs if pair[0] in gated]),
    )


def _unique(concerts: list[UUID], accounts: list[UUID]) -> tuple[list[UUID], list[UUID]]:
    pairs = set(zip(concerts, accounts, strict=True))
    return [concert for concert, _ in pairs], [account for _, account in pairs]
