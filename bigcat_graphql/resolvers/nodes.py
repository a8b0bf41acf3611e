"""Any object by its id, under the same rules as where it is found otherwise."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Protocol, cast
from uuid import UUID

import strawberry

from bigcat_graphql import accounts, booking, onsale, payments, waitlist
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.schema.accounts import Account
from bigcat_graphql.schema.bookings import Booking
from bigcat_graphql.schema.concerts import Concert
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import list_size
from bigcat_graphql.schema.ids import Key, id_of_concert, own_id, read_id, seat_of_concert
from bigcat_graphql.schema.nodes import Node
from bigcat_graphql.schema.payments import Payment, Refund
from bigcat_graphql.schema.plans import SeatingPlan
from bigcat_graphql.schema.prices import ConcertAvailability, PriceTier
from bigcat_graphql.schema.sale_queues import QueueEntry
from bigcat_graphql.schema.seat_maps import Seat, SeatMap, show_seats
from bigcat_graphql.schema.tickets import Ticket
from bigcat_graphql.schema.venues import Venue
from bigcat_graphql.schema.waitlists import WaitlistEntry

_NODES_MAX = 100


@strawberry.type
class NodeQueries:
    """Reading what is known by its id."""

    @strawberry.field(
        description="Any object by its id; null when there is none or the viewer may not see it."
    )
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> Node | None:
        """Find it."""
        return await _find_node(info, id)

    @strawberry.field(
        description="Up to 100 objects in the order asked, null where `node` would be.",
        directives=[list_size(_NODES_MAX)],
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Their ids, at most 100.")
        ],
    ) -> list[Node | None] | None:
        """Find them, each as `node` would."""
        if len(ids) > _NODES_MAX:
            raise InvalidArgument("ids", f"has at most {_NODES_MAX} items")
        # Awaited by the executor: all at once, and each fails alone.
        return cast("list[Node | None]", [_find_node(info, one) for one in ids])


async def _find_node(info: Info, text: str) -> Node | None:
    read = read_id(text)
    if read is None or read[0] not in _FINDERS:
        return None
    kind, key = read
    return await _FINDERS[kind](info, key)


async def _find_concert(info: Info, key: Key) -> Concert | None:
    concert_id = own_id(key)
    if concert_id is None:
        return None
    row = await info.context.loaders.seen_concert(concert_id, info.context.viewer)
    return Concert.of(row) if row else None


async def _find_concert_with_seats(info: Info, concert_id: UUID | None) -> Concert | None:
    concert = await _find_concert(info, Key(concert_id.hex)) if concert_id else None
    return concert if concert and concert.row.plan_id else None


async def _find_availability(info: Info, key: Key) -> ConcertAvailability | None:
    concert = await _find_concert_with_seats(info, own_id(key))
    return ConcertAvailability.of(concert.row.id) if concert else None


async def _find_seat_map(info: Info, key: Key) -> SeatMap | None:
    concert = await _find_concert_with_seats(info, own_id(key))
    return SeatMap.of(concert.row) if concert else None


async def _find_price_tier(info: Info, key: Key) -> PriceTier | None:
    parts = id_of_concert(key)
    if parts is None or await _find_concert_with_seats(info, parts[0]) is None:
        return None
    rows = await info.context.loaders.price_tiers.load(parts[0]) or ()
    return next((PriceTier.of(row) for row in rows if row.id == parts[1]), None)


async def _find_seat(info: Info, key: Key) -> Seat | None:
    parts = seat_of_concert(key)
    if parts is None or await _find_concert_with_seats(info, parts[0]) is None:
        return None
    state = await info.context.loaders.seat.load(parts)
    return next(iter(await show_seats(info, [state] if state else [])), None)


async def _find_venue(info: Info, key: Key) -> Venue | None:
    venue_id = own_id(key)
    row = await info.context.loaders.venue.load(venue_id) if venue_id else None
    return Venue.of(row) if row else None


async def _find_plan(info: Info, key: Key) -> SeatingPlan | None:
    plan_id = own_id(key)
    plan = await info.context.loaders.plan.load(plan_id) if plan_id else None
    return SeatingPlan.of(plan) if plan else None


async def _find_account(info: Info, key: Key) -> Account | None:
    account_id, viewer = own_id(key), info.context.viewer
    if account_id is None or viewer is None:
        return None
    row = await accounts.find_account(viewer, account_id)
    return Account.of(row, is_viewer=row.id == viewer.account_id) if row else None


async def _find_booking(info: Info, key: Key) -> Booking | None:
    parts, viewer = id_of_concert(key), info.context.viewer
    row = await booking.find_booking(viewer, BookingKey(*parts)) if parts else None
    return Booking.of(row, to_owner=info.context.is_viewer(row.account_id)) if row else None


async def _find_queue_entry(info: Info, key: Key) -> QueueEntry | None:
    parts, viewer = id_of_concert(key), info.context.viewer
    row = await onsale.entry_by_id(viewer, *parts) if parts else None
    return QueueEntry.of(row) if row else None


async def _find_waitlist_entry(info: Info, key: Key) -> WaitlistEntry | None:
    parts, viewer = id_of_concert(key), info.context.viewer
    row = await waitlist.find_entry(viewer, *parts) if parts and viewer else None
    return WaitlistEntry.of(row) if row else None


async def _find_ticket(info: Info, key: Key) -> Ticket | None:
    parts, viewer = id_of_concert(key), info.context.viewer
    row = await booking.find_ticket(viewer, *parts) if parts else None
    return Ticket.of(row, to_owner=await _owns(info, row)) if row else None


async def _find_payment(info: Info, key: Key) -> Payment | None:
    parts, viewer = id_of_concert(key), info.context.viewer
    row = await payments.find_payment(viewer, *parts) if parts else None
    return Payment.of(row, to_buyer=await _owns(info, row)) if row else None


async def _find_refund(info: Info, key: Key) -> Refund | None:
    parts, viewer = id_of_concert(key), info.context.viewer
    row = await payments.find_refund(viewer, *parts) if parts else None
    return Refund.of(row) if row else None


class _OfBooking(Protocol):
    concert_id: UUID
    booking_id: UUID


async def _owns(info: Info, row: _OfBooking) -> bool:
    key = BookingKey(row.concert_id, row.booking_id)
    found = await booking.find_booking(info.context.viewer, key)
    return found is not None and info.context.is_viewer(found.account_id)


_FINDERS: Mapping[str, Callable[[Info, Key], Awaitable[Node | None]]] = {
    "Account": _find_account,
    "Booking": _find_booking,
    "Concert": _find_concert,
    "ConcertAvailability": _find_availability,
    "Payment": _find_payment,
    "PriceTier": _find_price_tier,
    "QueueEntry": _find_queue_entry,
    "Refund": _find_refund,
    "Seat": _find_seat,
    "SeatMap": _find_seat_map,
    "SeatingPlan": _find_plan,
    "Ticket": _find_ticket,
    "Venue": _find_venue,
    "WaitlistEntry": _find_waitlist_entry,
}
