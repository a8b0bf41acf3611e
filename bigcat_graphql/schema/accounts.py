"""Accounts, and the sessions of those who are signed in."""

from datetime import datetime
from typing import Annotated, Self

import strawberry
from strawberry import UNSET

from bigcat_graphql import accounts, models
from bigcat_graphql.models import AccountRole
from bigcat_graphql.schema.booking_filters import BookingFilter
from bigcat_graphql.schema.bookings import BookingConnection, find_bookings
from bigcat_graphql.schema.cost import paged
from bigcat_graphql.schema.describing import describe, output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.nodes import Node
from bigcat_graphql.schema.paging import After, Before, First, Last, read_page
from bigcat_graphql.schema.waitlists import WaitlistEntryConnection, find_waitlist_entries


@output
class Account(Node):
    """Somebody who is signed in."""

    row: strawberry.Private[models.Account]
    is_viewer: strawberry.Private[bool]
    name: str = strawberry.field(description="For people.")
    email: str | None = strawberry.field(description="Only to the account itself and to admins.")
    locale: str | None = strawberry.field(
        description="What its messages are written in, BCP 47; null leaves that to the venue."
    )
    role: AccountRole = strawberry.field(description="What it may do.")
    email_verified: bool = strawberry.field(
        description="Has somebody with this account proved that the e-mail is theirs?"
    )

    @classmethod
    def of(cls, row: models.Account, *, is_viewer: bool = True) -> Self:
        """Show an account to itself or to an admin: nobody else gets as far as this."""
        return cls(
            id=write_id("Account", row.id),
            row=row,
            is_viewer=is_viewer,
            name=row.name,
            email=row.email,
            locale=row.locale,
            role=row.role,
            email_verified=row.email_verified_at is not None,
        )

    @strawberry.field(description="Its bookings, the newest first.", directives=[paged()])
    async def bookings(
        self,
        *,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: Annotated[
            BookingFilter | None,
            strawberry.argument(description="Which bookings; left out means all."),
        ] = UNSET,
    ) -> BookingConnection | None:
        """Page through them."""
        page = read_page(first, after, last, before)
        return await find_bookings(self.row.id, filter, page, to_owner=self.is_viewer)

    @strawberry.field(
        description="Its places on waiting lists, the newest first.", directives=[paged()]
    )
    async def waitlist_entries(
        self,
        *,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> WaitlistEntryConnection | None:
        """Page through them."""
        return await find_waitlist_entries(self.row.id, read_page(first, after, last, before))


@output
@describe(
    "A signed-in device: send `Authorization: Bearer ACCESS_TOKEN`, or "
    '`{"authorization": "Bearer ACCESS_TOKEN"}` in `connection_init`.'
)
class Session:
    """A signed-in device."""

    access_token: str = strawberry.field(description="Short-lived, signed.")
    access_token_expires_at: datetime = strawberry.field(
        description="When `accessToken` ends; refresh before."
    )
    refresh_token: str = strawberry.field(
        description=(
            "For refreshSession, once: each refresh gives a new one, and a second use "
            "ends the session. Keep it secret."
        )
    )
    refresh_token_expires_at: datetime = strawberry.field(
        description="When the session ends unless it is refreshed."
    )
    account: Account = strawberry.field(description="Who is signed in.")

    @classmethod
    def of(cls, signed_in: accounts.SignedIn) -> Self:
        """Show a new session."""
        return cls(
            access_token=signed_in.access_token,
            access_token_expires_at=signed_in.access_token_expires_at,
            refresh_token=signed_in.refresh_token,
            refresh_token_expires_at=signed_in.refresh_token_expires_at,
            account=Account.of(signed_in.account),
        )
