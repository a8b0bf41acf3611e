"""The root of writing."""

from bigcat_graphql.resolvers.accounts import SessionMutations
from bigcat_graphql.resolvers.booking_changes import BookingMutations
from bigcat_graphql.resolvers.confirmations import ConfirmationMutations
from bigcat_graphql.resolvers.door import DoorMutations
from bigcat_graphql.resolvers.email_codes import EmailCodeMutations
from bigcat_graphql.resolvers.sale_queues import SaleQueueMutations
from bigcat_graphql.resolvers.waitlists import WaitlistMutations
from bigcat_graphql.schema.describing import describe, output


@output
@describe(
    "What can be done; a payload is null only when the top-level `errors` says why, and the same"
    " `idempotencyKey` has the first outcome again: the same object as it is now, or the same"
    " errors."
)
class Mutation(
    BookingMutations,
    ConfirmationMutations,
    DoorMutations,
    EmailCodeMutations,
    SaleQueueMutations,
    WaitlistMutations,
    SessionMutations,
):
    """What can be done."""
