"""Searching concerts: a page of those that meet a filter, and how many do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bigcat_graphql.catalogue.concerts import SELECT_CONCERTS, concert_of
from bigcat_graphql.catalogue.filters import ConcertFilter, write_conditions
from bigcat_graphql.catalogue.pages import KeysetOrder, Page, PageRequest, Segment, fetch_page
from bigcat_graphql.catalogue.venues import venues_by_ids
from bigcat_graphql.database import fetch_one
from bigcat_graphql.models import Concert

_COUNT = "SELECT count(*) AS total FROM concert c"


class ConcertOrderField(StrEnum):
    """By what concerts are ordered."""

    STARTS_AT = "STARTS_AT"
    PRICE = "PRICE"
    NAME = "NAME"


@dataclass(frozen=True, slots=True)
class ConcertOrder:
    """An order of concerts; ties go by id."""

    field: ConcertOrderField = ConcertOrderField.STARTS_AT
    descending: bool = False


async def search_concerts(
    chosen: ConcertFilter, order: ConcertOrder, page: PageRequest
) -> Page[Concert]:
    """Give a page of the public concerts that meet a filter.

    Raises:
        InvalidArgument: naming the argument that makes no sense, like `filter.localDateRange`.
    """
    keyset = keyset_of(order.field, descending=order.descending)
    conditions = write_conditions(chosen)
    found = await fetch_page(SELECT_CONCERTS, conditions, order=keyset, request=page)
    concerts = found.map(concert_of)
    # Where and when a concert is, by the clock there, is what a list of concerts shows.
    venues = await venues_by_ids({concert.venue_id for concert in concerts.items})
    for concert in concerts.items:
        concert.known_venue = venues.get(concert.venue_id)
    return concerts


async def count_concerts(chosen: ConcertFilter) -> int:
    """Count the public concerts that meet a filter.

    Raises:
        InvalidArgument: naming the part of the filter that makes no sense.
    """
    where = write_conditions(chosen)
    row = await fetch_one(f"{_COUNT} WHERE {where}", *where.args)
    return row["total"] if row else 0


def keyset_of(field: ConcertOrderField, *, descending: bool) -> KeysetOrder:
    """Say by which columns of `concert c` an order compares."""
    return KeysetOrder(field, _SEGMENTS[field], descending)


# Descending prices run from the last currency to the first, but concerts without a price come last
# both ways: they are a segment of their own, ordered like the index that serves it.
_SEGMENTS: dict[ConcertOrderField, tuple[Segment, ...]] = {
    ConcertOrderField.STARTS_AT: (Segment("c", (("starts_at", datetime), ("id", UUID))),),
    ConcertOrderField.NAME: (Segment("c", (("name_folded", str), ("id", UUID))),),
    ConcertOrderField.PRICE: (
        Segment(
            "c",
            (("currency", str), ("lowest_price_minor", int), ("id", UUID)),
            "c.currency IS NOT NULL",
        ),
        Segment("c", (("id", UUID),), "c.currency IS NULL"),
    ),
}
