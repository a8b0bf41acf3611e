"""Waiting in front of a sale."""

from collections.abc import AsyncIterable
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from bigcat_graphql import live, onsale
from bigcat_graphql.errors import InvalidArgument, NotFound
from bigcat_graphql.resolvers.answers import NEEDED, mutation, signed_in
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import cost
from bigcat_graphql.schema.ids import own_id, read_key
from bigcat_graphql.schema.paging import given
from bigcat_graphql.schema.queue_payloads import (
    JoinQueueInput,
    JoinQueuePayload,
    LeaveQueueInput,
    LeaveQueuePayload,
)
from bigcat_graphql.schema.sale_draws import SaleDraw
from bigcat_graphql.schema.sale_queues import QueueEntry, QueueFrame, show_sight
from bigcat_graphql.schema.sharing import Shared

_WATCHING_COST = 10


@strawberry.type
class SaleQueueQueries:
    """The draw, for whoever wants to check it."""

    @strawberry.field(
        description=(
            "The draw of a concert's sale queue, with all that is needed to compute it again; null"
            " when there is no queue."
        )
    )
    async def sale_draw(
        self,
        info: Info,
        concert_id: Annotated[strawberry.ID, strawberry.argument(description="Of which concert.")],
    ) -> SaleDraw | None:
        """Find it."""
        key = own_id(read_key(concert_id, "Concert"))
        draw = await onsale.find_draw(key) if key else None
        return SaleDraw.of(draw, info.context.base_url) if draw else None


@strawberry.type
class SaleQueueSubscriptions:
    """The line as it moves."""

    @strawberry.subscription(
        description=(
            "The head of a sale queue: where it is now, then one frame a second, the same for"
            " everybody but for `entry`."
        ),
        directives=[cost(_WATCHING_COST)],
    )
    async def queue_position(
        self,
        info: Info,
        concert_id: Annotated[strawberry.ID, strawberry.argument(description="Of which concert.")],
    ) -> AsyncIterable[QueueFrame]:
        """Watch the line, and one's own place in it."""
        key = own_id(read_key(concert_id, "Concert"))
        if key is None:
            raise InvalidArgument("concertId", "there is no such concert")
        sources = [live.Source(("queue", key), partial(onsale.hold_queue, key))]
        if viewer := info.context.viewer:
            # First of all one's own place; its frames are for nobody else.
            hold = partial(onsale.hold_place, key, viewer)
            sources.insert(0, live.Source(("place", key, viewer.account_id), hold))
        return Shared(sources, show_sight)


@strawberry.type
class SaleQueueMutations:
    """A place in line."""

    @mutation(
        JoinQueuePayload,
        "Take a place in a sale queue; an account has one place, and joining again gives the same"
        " one with its newest state.",
    )
    async def join_queue(
        self, info: Info, input: Annotated[JoinQueueInput, NEEDED]
    ) -> JoinQueuePayload | None:
        """Join."""
        viewer, concert_id = signed_in(info), _read_concert(input.concert_id)
        if code := given(input.access_code):
            await onsale.show_code(viewer, concert_id=concert_id, code=code)
        row = await onsale.join_queue(
            viewer,
            concert_id=concert_id,
            nonce=given(input.nonce),
            proof_of_work=given(input.proof_of_work),
        )
        return JoinQueuePayload(entry=QueueEntry.of(row))

    @mutation(LeaveQueuePayload, "Give up the place.")
    async def leave_queue(
        self, info: Info, input: Annotated[LeaveQueueInput, NEEDED]
    ) -> LeaveQueuePayload | None:
        """Leave."""
        row = await onsale.leave_queue(signed_in(info), concert_id=_read_concert(input.concert_id))
        return LeaveQueuePayload(entry=QueueEntry.of(row))


def _read_concert(text: str) -> UUID:
    concert_id = own_id(read_key(text, "Concert"))
    if concert_id is None:
        raise NotFound(("input", "concertId"))
    return concert_id
