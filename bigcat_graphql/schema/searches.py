"""How a client says which concerts and venues, and in which order."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import UNSET

from bigcat_graphql import catalogue, money
from bigcat_graphql.catalogue import ConcertOrderField
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.models import ConcertStatus, SeatType
from bigcat_graphql.schema.describing import describe, describe_enum, one_of, request
from bigcat_graphql.schema.money import MoneyInput
from bigcat_graphql.schema.paging import given


@one_of
class ConcertBy:
    """Exactly one way to name a concert."""

    id: strawberry.ID | None = strawberry.field(description="Its id.", default=UNSET)
    slug: str | None = strawberry.field(description="Its name in URLs.", default=UNSET)


@one_of
class VenueBy:
    """Exactly one way to name a venue."""

    id: strawberry.ID | None = strawberry.field(description="Its id.", default=UNSET)
    slug: str | None = strawberry.field(description="Its name in URLs.", default=UNSET)


@request
class NearInput:
    """A circle on the earth."""

    latitude: float = strawberry.field(description="Degrees north, -90 to 90 (WGS 84).")
    longitude: float = strawberry.field(description="Degrees east, -180 to 180 (WGS 84).")
    radius_km: float = strawberry.field(
        description="Radius in kilometres, more than 0 and at most 20,000."
    )

    def read(self) -> catalogue.Near:
        """Read the circle; the search checks it."""
        return catalogue.Near(self.latitude, self.longitude, self.radius_km)


@request
class LocalDateRange:
    """Dates, both ends included; a reversed range is refused."""

    from_: date | None = strawberry.field(
        name="from", description="First date; left out means no limit.", default=UNSET
    )
    to: date | None = strawberry.field(
        description="Last date; left out means no limit.", default=UNSET
    )

    def read(self) -> catalogue.Range[date]:
        """Read the range; the search checks it."""
        return catalogue.Range(given(self.from_), given(self.to))


@request
class DateTimeRange:
    """Instants, the half-open range [from, to); a reversed range is refused."""

    from_: datetime | None = strawberry.field(
        name="from", description="At or after; left out means no limit.", default=UNSET
    )
    to: datetime | None = strawberry.field(
        description="Before; left out means no limit.", default=UNSET
    )

    def read(self) -> catalogue.Range[datetime]:
        """Read the range; the search checks it."""
        return catalogue.Range(given(self.from_), given(self.to))


@request
@describe(
    "Times of day, the half-open range [from, to); a range whose `from` is later than its"
    " `to` runs over midnight."
)
class LocalTimeRange:
    """A part of the day, or of the night."""

    from_: time | None = strawberry.field(
        name="from", description="At or after; left out means 00:00.", default=UNSET
    )
    to: time | None = strawberry.field(
        description="Before; left out means the end of the day.", default=UNSET
    )

    def read(self) -> catalogue.Range[time]:
        """Read the range; the search checks it."""
        return catalogue.Range(given(self.from_), given(self.to))


@request
@describe(
    "Which concerts: all conditions given must hold, and `seatTypes`, `maxPrice` and "
    "`available` must hold for one and the same price tier."
)
class ConcertFilter:
    """Which concerts."""

    text: str | None = strawberry.field(
        description=(
            "Words that all occur, in part at least, in artists, tour name, venue or "
            "city; case and accents do not matter."
        ),
        default=UNSET,
    )
    artist: str | None = strawberry.field(
        description="Part of an artist's name; case and accents do not matter.", default=UNSET
    )
    venue: str | None = strawberry.field(
        description="Part of the venue's name; case and accents do not matter.", default=UNSET
    )
    city: str | None = strawberry.field(
        description="Part of the city's name; case and accents do not matter.", default=UNSET
    )
    near: NearInput | None = strawberry.field(
        description="Within a distance of a point.", default=UNSET
    )
    local_date: date | None = strawberry.field(
        description="Starts on this date in the venue's zone.", default=UNSET
    )
    local_date_range: LocalDateRange | None = strawberry.field(
        description="Starts on one of these dates in the venue's zone.", default=UNSET
    )
    starts_at: DateTimeRange | None = strawberry.field(
        description="Starts within this range of instants.", default=UNSET
    )
    local_time: LocalTimeRange | None = strawberry.field(
        description="Starts within this time of day in the venue's zone.", default=UNSET
    )
    seat_types: list[SeatType] | None = strawberry.field(
        description="Has seats of at least one of these types.", default=UNSET
    )
    max_price: MoneyInput | None = strawberry.field(
        description="Has seats at this price or less, in this currency.", default=UNSET
    )
    available: bool | None = strawberry.field(
        description="`true`: has AVAILABLE seats; `false`: has none.", default=UNSET
    )
    status: list[ConcertStatus] | None = strawberry.field(
        description="Is in one of these states; left out means any but DRAFT.", default=UNSET
    )

    def read(self, venue_id: UUID | None) -> catalogue.ConcertFilter:
        """Read the conditions; the search checks them.

        Raises:
            InvalidArgument: `maxPrice` is no amount of its currency.
        """
        return catalogue.ConcertFilter(
            text=given(self.text),
            artist=given(self.artist),
            venue=given(self.venue),
            city=given(self.city),
            near=self.near.read() if self.near else None,
            local_date=given(self.local_date),
            local_date_range=self.local_date_range.read()
            if self.local_date_range
            else catalogue.Range(),
            starts_at=self.starts_at.read() if self.starts_at else catalogue.Range(),
            local_time=self.local_time.read() if self.local_time else catalogue.Range(),
            seat_types=given(self.seat_types),
            max_price=_read_price(self.max_price) if self.max_price else None,
            available=given(self.available),
            status=given(self.status),
            venue_id=venue_id,
        )


class OrderDirection(StrEnum):
    """Which way a list is ordered."""

    ASC = "ASC"
    DESC = "DESC"


describe_enum(
    OrderDirection,
    "Which way a list is ordered.",
    {
        "ASC": "Smallest, earliest or A first.",
        "DESC": "Largest, latest or Z first.",
    },
)


describe_enum(
    ConcertOrderField,
    "By what concerts are ordered.",
    {
        "STARTS_AT": "Instant of the start.",
        "PRICE": ("Lowest price, by currency code first; concerts without a price last."),
        "NAME": "Name as shown, ignoring case and accents.",
    },
)


@request
class ConcertOrder:
    """An order of concerts."""

    field: ConcertOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(
        description="Which way.", default=OrderDirection.ASC
    )

    def read(self) -> catalogue.ConcertOrder:
        """Read the order."""
        return catalogue.ConcertOrder(self.field, self.direction is OrderDirection.DESC)


STARTS_FIRST = ConcertOrder(field=ConcertOrderField.STARTS_AT, direction=OrderDirection.ASC)

FilterArgument = Annotated[
    ConcertFilter | None,
    strawberry.argument(description="Which concerts; left out means all."),
]
OrderArgument = Annotated[
    ConcertOrder | None,
    strawberry.argument(description="In which order; ties go by id, so pages are stable."),
]


def read_filter(
    chosen: ConcertFilter | None, venue_id: UUID | None = None
) -> catalogue.ConcertFilter:
    """Read a filter, of one venue's concerts where one is given."""
    return chosen.read(venue_id) if chosen else catalogue.ConcertFilter(venue_id=venue_id)


def read_order(chosen: ConcertOrder | None) -> catalogue.ConcertOrder:
    """Read an order; null is the usual one."""
    return (chosen or STARTS_FIRST).read()


def _read_price(price: MoneyInput) -> money.Money:
    try:
        return price.read()
    except ValueError as error:
        raise InvalidArgument("filter.maxPrice", str(error)) from None
