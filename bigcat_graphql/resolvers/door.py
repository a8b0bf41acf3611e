"""Letting tickets in."""

from typing import Annotated

import strawberry

from bigcat_graphql import booking
from bigcat_graphql.errors import NotFound
from bigcat_graphql.resolvers.answers import NEEDED, mutation, signed_in
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.door import CheckInTicketInput, CheckInTicketPayload
from bigcat_graphql.schema.ids import own_id, read_key
from bigcat_graphql.schema.tickets import Ticket


@strawberry.type
class DoorMutations:
    """What happens at the door."""

    @mutation(
        CheckInTicketPayload,
        "Let a ticket in at the door, once; for the concert's organizer.",
    )
    async def check_in_ticket(
        self, info: Info, input: Annotated[CheckInTicketInput, NEEDED]
    ) -> CheckInTicketPayload | None:
        """Check in."""
        concert_id = own_id(read_key(input.concert_id, "Concert"))
        if concert_id is None:
            raise NotFound(("input", "concertId"))
        row = await booking.check_in_ticket(signed_in(info), concert_id=concert_id, code=input.code)
        return CheckInTicketPayload(ticket=Ticket.of(row, to_owner=False))
