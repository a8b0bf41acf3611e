"""What the door asks, and is answered."""

from datetime import datetime
from typing import Annotated

import strawberry

from bigcat_graphql.models import TicketStatus
from bigcat_graphql.schema.describing import output, request
from bigcat_graphql.schema.error_codes import UserErrorCode
from bigcat_graphql.schema.reading_on import read_on
from bigcat_graphql.schema.tickets import Ticket
from bigcat_graphql.schema.user_errors import Failure, NotFoundError, TryAgainError


@request
class CheckInTicketInput:
    """Input of checkInTicket."""

    concert_id: strawberry.ID = strawberry.field(description="At which concert's door.")
    code: str = strawberry.field(description="What was scanned, `Ticket.code`.")


@output
class TicketNotAdmittedError(Failure):
    """The ticket is not good for an admission."""

    code: UserErrorCode = strawberry.field(description="ALREADY_CHECKED_IN or WRONG_TICKET_STATE.")
    ticket_status: TicketStatus = strawberry.field(description="Where the ticket stands.")
    checked_in_at: datetime | None = strawberry.field(
        description="When it was let in; null unless ALREADY_CHECKED_IN."
    )


CheckInTicketError = Annotated[
    TicketNotAdmittedError | NotFoundError | TryAgainError,
    strawberry.union("CheckInTicketError", description="What can go wrong in checkInTicket."),
]


@output
class CheckInTicketPayload:
    """Answer of checkInTicket."""

    ticket: Ticket | None = strawberry.field(description="The ticket, CHECKED_IN.", default=None)
    errors: list[CheckInTicketError] = strawberry.field(
        description="Why not.", default_factory=list
    )
    query = read_on()
