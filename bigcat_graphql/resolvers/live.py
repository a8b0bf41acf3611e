"""Watching seats and bookings."""

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import UNSET

from bigcat_graphql import live
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.resolvers.sale_queues import SaleQueueSubscriptions
from bigcat_graphql.schema.booking_filters import read_booking_key
from bigcat_graphql.schema.bookings import Booking
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import cost
from bigcat_graphql.schema.describing import describe, output
from bigcat_graphql.schema.ids import own_id, read_key
from bigcat_graphql.schema.live import (
    SeatAvailabilityEvent,
    SeatVersionInput,
    show_counts,
    show_frame,
)
from bigcat_graphql.schema.paging import given
from bigcat_graphql.schema.prices import ConcertAvailability
from bigcat_graphql.schema.sharing import Shared

_COST = 10
_CONCERTS_MAX = 100


@output
@describe(
    "What can be watched, by graphql-transport-ws or SSE; the first event is the full state, or"
    " what was missed since `since`."
)
class Subscription(SaleQueueSubscriptions):
    """What can be watched."""

    @strawberry.subscription(
        description=(
            "A snapshot, then deltas, at most 10 a second: apply one only if `epoch` and"
            " `fromVersion` are what you have, else subscribe again. Never depends on the viewer."
        ),
        directives=[cost(_COST)],
    )
    async def seat_availability(
        self,
        info: Info,
        concert_id: Annotated[strawberry.ID, strawberry.argument(description="Whose seats.")],
        since: Annotated[
            SeatVersionInput | None,
            strawberry.argument(
                description=(
                    "What you have: the first event is then one merged delta, empty when nothing"
                    " was missed, or a snapshot when the server no longer remembers."
                )
            ),
        ] = UNSET,
    ) -> AsyncIterable[SeatAvailabilityEvent]:
        """Watch a concert's seats."""
        key = own_id(read_key(concert_id, "Concert"))
        if key is None:
            raise InvalidArgument("concertId", "there is no such concert with seats")
        if viewer := info.context.viewer:
            live.count_watch(viewer, key)
        seats = live.Source(("seats", key), partial(live.hold_seats, key))
        return Shared([seats], show_frame, since=since.read() if since else None)

    @strawberry.subscription(
        description=(
            "How many seats are left, for a list of concerts: one event for each now, then one for"
            " each change, at most 1 a second a concert. Never depends on the viewer."
        ),
        directives=[cost(_COST)],
    )
    async def concert_availability(
        self,
        concert_ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Which concerts, at most 100."),
        ],
    ) -> AsyncIterable[ConcertAvailability]:
        """Watch how many seats some concerts have left."""
        if not 1 <= len(concert_ids) <= _CONCERTS_MAX:
            raise InvalidArgument("concertIds", f"name 1 to {_CONCERTS_MAX} concerts")
        keys = list(dict.fromkeys(map(_read_concert, concert_ids)))
        return Shared(
            [live.Source(("counts", key), partial(live.hold_counts, key, keys)) for key in keys],
            show_counts,
        )

    @strawberry.subscription(
        description=(
            "A booking of the viewer after each change, its payment and tickets included; always"
            " the newest state, steps in between may be left out."
        ),
        directives=[cost(_COST)],
    )
    async def booking_updated(
        self,
        info: Info,
        booking_id: Annotated[strawberry.ID, strawberry.argument(description="Which booking.")],
        since: Annotated[
            int | None,
            strawberry.argument(
                description=("The `Booking.version` you have: no event until there is a newer one.")
            ),
        ] = UNSET,
    ) -> AsyncGenerator[Booking, None]:
        """Watch a booking."""
        key = read_booking_key(booking_id)
        if key is None:
            raise InvalidArgument("bookingId", "there is no such booking of yours")
        async with aclosing(live.watch_booking(info.context.viewer, key, given(since))) as rows:
            async for row in rows:
                # What belonged to the state before is old now.
                info.context.forget()
                yield Booking.of(row, to_owner=info.context.is_viewer(row.account_id))


def _read_concert(concert_id: strawberry.ID) -> UUID:
    key = own_id(read_key(concert_id, "Concert"))
    if key is None:
        raise InvalidArgument("concertIds", "one of them is no concert here")
    return key
