"""Sending a booking's confirmation again."""

from typing import Annotated

import strawberry

from bigcat_graphql import notifications
from bigcat_graphql.booking import GuestReference
from bigcat_graphql.errors import NotFound
from bigcat_graphql.resolvers.answers import NEEDED, mutation, signed_in
from bigcat_graphql.schema.bookings import Booking
from bigcat_graphql.schema.confirmations import ResendConfirmationInput, ResendConfirmationPayload
from bigcat_graphql.schema.context import Info


@strawberry.type
class ConfirmationMutations:
    """What a buyer who lost a mail does."""

    @mutation(ResendConfirmationPayload, "Send the confirmation and the tickets again.")
    async def resend_confirmation(
        self, info: Info, input: Annotated[ResendConfirmationInput, NEEDED]
    ) -> ResendConfirmationPayload | None:
        """Send it again."""
        name = input.by.read()
        if name is None:
            raise NotFound(("input", "by", "reference" if input.by.reference else "id"))
        proven = isinstance(name, GuestReference)
        # By id it takes an account; a guest's reference and e-mail are proof enough.
        viewer = info.context.viewer if proven else signed_in(info)
        row = await notifications.resend_confirmation(viewer, name)
        to_owner = proven or info.context.is_viewer(row.account_id)
        return ResendConfirmationPayload(booking=Booking.of(row, to_owner=to_owner))
