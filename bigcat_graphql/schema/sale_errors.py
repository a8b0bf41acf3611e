"""Expected failures in front of a sale."""

from uuid import UUID

import strawberry

from bigcat_graphql import onsale
from bigcat_graphql.models import ConcertStatus
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.describing import output
from bigcat_graphql.schema.error_codes import UserErrorCode
from bigcat_graphql.schema.sale_queues import QueueEntry
from bigcat_graphql.schema.user_errors import Failure


@output
class WrongConcertStateError(Failure):
    """Not possible in the state the concert is in."""

    code: UserErrorCode = strawberry.field(description="WRONG_CONCERT_STATE.")
    concert_status: ConcertStatus = strawberry.field(description="Where the concert stands.")


@output
class AdmissionRequiredError(Failure):
    """Something is needed first; `code` says what."""

    code: UserErrorCode = strawberry.field(
        description=(
            "QUEUE_ADMISSION_REQUIRED, EMAIL_NOT_VERIFIED, ACCESS_CODE_REQUIRED or"
            " PROOF_OF_WORK_REQUIRED."
        )
    )
    challenge: str | None = strawberry.field(
        description="An Altcha challenge in JSON; null unless PROOF_OF_WORK_REQUIRED."
    )
    concert_id: strawberry.Private[UUID | None]

    @strawberry.field(description="The viewer's place in the sale queue; null without one.")
    async def queue_entry(self, info: Info) -> QueueEntry | None:
        """Find it, only where it is asked for."""
        viewer = info.context.viewer
        if viewer is None or self.concert_id is None:
            return None
        row = await onsale.find_entry(viewer, concert_id=self.concert_id)
        return QueueEntry.of(row) if row else None
