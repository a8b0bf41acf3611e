"""Waiting for seats of a sold-out concert."""

from typing import Annotated

import strawberry

from bigcat_graphql import waitlist
from bigcat_graphql.errors import NotFound
from bigcat_graphql.resolvers.answers import NEEDED, mutation, signed_in
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.ids import id_of_concert, own_id, read_key
from bigcat_graphql.schema.waitlist_payloads import (
    JoinWaitlistInput,
    JoinWaitlistPayload,
    LeaveWaitlistInput,
    LeaveWaitlistPayload,
)
from bigcat_graphql.schema.waitlists import WaitlistEntry


@strawberry.type
class WaitlistMutations:
    """A place in line."""

    @mutation(
        JoinWaitlistPayload,
        "Wait for seats of a sold-out concert; joining again changes the wishes and keeps the"
        " place.",
    )
    async def join_waitlist(
        self, info: Info, input: Annotated[JoinWaitlistInput, NEEDED]
    ) -> JoinWaitlistPayload | None:
        """Join."""
        viewer = signed_in(info)
        concert_id = own_id(read_key(input.concert_id, "Concert"))
        if concert_id is None:
            raise NotFound(("input", "concertId"))
        row = await waitlist.join_waitlist(viewer, concert_id=concert_id, wish=input.read())
        return JoinWaitlistPayload(entry=WaitlistEntry.of(row))

    @mutation(LeaveWaitlistPayload, "Give up the place, and the offer with it.")
    async def leave_waitlist(
        self, info: Info, input: Annotated[LeaveWaitlistInput, NEEDED]
    ) -> LeaveWaitlistPayload | None:
        """Leave."""
        viewer = signed_in(info)
        parts = id_of_concert(read_key(input.entry_id, "WaitlistEntry"))
        if parts is None:
            raise NotFound(("input", "entryId"))
        row = await waitlist.leave_waitlist(viewer, concert_id=parts[0], entry_id=parts[1])
        return LeaveWaitlistPayload(entry=WaitlistEntry.of(row))
