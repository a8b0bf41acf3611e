"""The bookings of an account, the newest first, a page at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.booking.lookup import (
    LAPSED_NOW,
    SELECT_BOOKING,
    booking_of,
    kept_seconds,
)
from bigcat_graphql.catalogue.pages import KeysetOrder, Page, PageRequest, Segment, fetch_page
from bigcat_graphql.catalogue.statements import Conditions
from bigcat_graphql.models import Booking, BookingStatus

_NEWEST_FIRST = KeysetOrder(
    "bookings", (Segment("b", (("created_at", datetime), ("id", UUID))),), descending=True
)
_STATUS_NOW = f"(CASE WHEN {LAPSED_NOW} THEN 'EXPIRED' ELSE b.status END)"


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Which bookings: all conditions given must hold; None means any."""

    status: Collection[BookingStatus] | None = None
    concert_id: UUID | None = None


async def bookings_of(account_id: UUID, chosen: BookingFilter, page: PageRequest) -> Page[Booking]:
    """Give a page of an account's bookings.

    Raises:
        InvalidArgument: naming the argument that makes no sense.
    """
    where = Conditions()
    where.bind(kept_seconds())
    _add(where, account_id, chosen)
    found = await fetch_page(SELECT_BOOKING, where, order=_NEWEST_FIRST, request=page)
    return found.map(booking_of)


async def count_bookings(account_id: UUID, chosen: BookingFilter) -> int:
    """Count an account's bookings."""
    where = Conditions()
    _add(where, account_id, chosen)
    sql = f"SELECT count(*) AS total FROM booking b WHERE {where}"
    row = await database.fetch_one(sql, *where.args)
    return row["total"] if row else 0


def _add(where: Conditions, account_id: UUID, chosen: BookingFilter) -> None:
    where.add("b.account_id = {}", account_id)
    if chosen.concert_id is not None:
        where.add("b.concert_id = {}", chosen.concert_id)
    if chosen.status is not None:
        values = [status.value for status in chosen.status]
        where.add(f"{_STATUS_NOW} = ANY({{}}::text[])", values)
