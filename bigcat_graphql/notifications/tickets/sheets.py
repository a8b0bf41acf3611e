"""What stands on a ticket, read from the rooms below: the evening, the seat, the holder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from bigcat_graphql import accounts, booking, catalogue
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.ids import print_reference
from bigcat_graphql.models import Booking, Concert, Ticket, TicketStatus, Venue
from bigcat_graphql.money import Money


@dataclass(frozen=True, slots=True)
class Evening:
    """A concert as its tickets tell of it; instants have the venue's zone."""

    concert_id: UUID
    slug: str
    name: str
    artists: tuple[str, ...]
    starts_at: datetime
    doors_at: datetime | None
    venue: str
    address: tuple[str, ...]
    city: str
    country: str
    position: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One ticket as it is printed."""

    ticket_id: UUID
    code: str
    seat: str
    tier: str
    price: Money


@dataclass(frozen=True, slots=True)
class Sheaf:
    """The good tickets of one booking, in seat order; it may have none."""

    booking_id: UUID
    reference: str
    holder: str
    locale: str | None
    issued_at: datetime | None
    evening: Evening
    sheets: tuple[Sheet, ...]

    def only(self, ticket_id: UUID) -> "Sheaf":
        """Leave one ticket in."""
        chosen = tuple(sheet for sheet in self.sheets if sheet.ticket_id == ticket_id)
        return replace(self, sheets=chosen)


async def read_sheaf(of: Booking) -> Sheaf:
    """Read the ISSUED tickets of a booking, whoever asks."""
    key = BookingKey.of(of)
    concert = (await catalogue.concerts_by_ids([key.concert_id]))[key.concert_id]
    venue = (await catalogue.venues_by_ids([concert.venue_id]))[concert.venue_id]
    holder = (await accounts.accounts_by_ids([of.account_id]))[of.account_id]
    tickets = (await booking.tickets_of([key]))[key]
    good = [ticket for ticket in tickets if ticket.status is TicketStatus.ISSUED]
    return Sheaf(
        booking_id=of.id,
        reference=print_reference(of.reference),
        holder=holder.name,
        locale=holder.locale,
        issued_at=min((ticket.issued_at for ticket in good), default=None),
        evening=_describe(concert, venue),
        sheets=await _read_sheets(concert, good),
    )


def _describe(concert: Concert, venue: Venue) -> Evening:
    zone = ZoneInfo(venue.time_zone)
    doors_at = concert.doors_at
    return Evening(
        concert_id=concert.id,
        slug=concert.slug,
        name=concert.name,
        artists=tuple(concert.artists),
        starts_at=concert.starts_at.astimezone(zone),
        doors_at=doors_at.astimezone(zone) if doors_at else None,
        venue=venue.name,
        address=tuple(venue.address),
        city=venue.city,
        country=venue.country,
        position=_position_of(venue),
    )


def _position_of(venue: Venue) -> tuple[float, float] | None:
    if venue.latitude is None or venue.longitude is None:
        return None
    return venue.latitude, venue.longitude


async def _read_sheets(concert: Concert, tickets: Sequence[Ticket]) -> tuple[Sheet, ...]:
    if not tickets or concert.plan_id is None:
        return ()
    plan = await catalogue.plan_by_id(concert.plan_id)
    tiers = (await catalogue.price_tiers_of([concert.id])).get(concert.id, ())
    names = {tier.code: tier.name for tier in tiers}
    return tuple(
        [
            Sheet(
                ticket_id=ticket.id,
                code=await booking.code_of(ticket),
                seat=plan.place(ticket.seat_index).label,
                tier=names.get(plan.tier_codes[ticket.seat_index], ""),
                price=ticket.price,
            )
            for ticket in tickets
        ]
    )
