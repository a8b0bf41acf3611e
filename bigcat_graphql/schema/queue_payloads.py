"""Joining and leaving a sale queue: inputs and answers."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from bigcat_graphql.schema.describing import output, request
from bigcat_graphql.schema.reading_on import read_on
from bigcat_graphql.schema.sale_errors import AdmissionRequiredError, WrongConcertStateError
from bigcat_graphql.schema.sale_queues import QueueEntry
from bigcat_graphql.schema.user_errors import InvalidInputError, NotFoundError, TryAgainError


@request
class JoinQueueInput:
    """Input of joinQueue."""

    concert_id: strawberry.ID = strawberry.field(description="For which concert.")
    nonce: str | None = strawberry.field(
        description=(
            "Random bytes of the client's own, 1 to 64 characters: nobody can then have chosen the"
            " draw's digest alone; left out counts as empty."
        ),
        default=UNSET,
    )
    access_code: str | None = strawberry.field(
        description="For a presale that asks for one.", default=UNSET
    )
    proof_of_work: str | None = strawberry.field(
        description="The solution of `AdmissionRequiredError.challenge`.", default=UNSET
    )


@request
class LeaveQueueInput:
    """Input of leaveQueue."""

    concert_id: strawberry.ID = strawberry.field(description="For which concert.")


JoinQueueError = Annotated[
    AdmissionRequiredError
    | WrongConcertStateError
    | NotFoundError
    | InvalidInputError
    | TryAgainError,
    strawberry.union("JoinQueueError", description="What can go wrong in joinQueue."),
]


@output
class JoinQueuePayload:
    """Answer of joinQueue."""

    entry: QueueEntry | None = strawberry.field(description="The place.", default=None)
    errors: list[JoinQueueError] = strawberry.field(description="Why not.", default_factory=list)
    query = read_on()


LeaveQueueError = Annotated[
    NotFoundError | TryAgainError,
    strawberry.union("LeaveQueueError", description="What can go wrong in leaveQueue."),
]


@output
class LeaveQueuePayload:
    """Answer of leaveQueue."""

    entry: QueueEntry | None = strawberry.field(description="The place, LEFT.", default=None)
    errors: list[LeaveQueueError] = strawberry.field(description="Why not.", default_factory=list)
    query = read_on()
