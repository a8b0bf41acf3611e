"""Who is signed in, and signing up, in and out."""

from typing import Annotated

import strawberry

from bigcat_graphql import accounts
from bigcat_graphql.resolvers.answers import NEEDED, mutation
from bigcat_graphql.resolvers.languages import wished_locale
from bigcat_graphql.schema.accounts import Account, Session
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.credentials import (
    ContinueAsGuestInput,
    RefreshSessionInput,
    SignInInput,
    SignOutInput,
    SignUpInput,
)
from bigcat_graphql.schema.session_payloads import (
    ContinueAsGuestPayload,
    RefreshSessionPayload,
    SignInPayload,
    SignOutPayload,
    SignUpPayload,
)


@strawberry.type
class AccountQueries:
    """Who is asking."""

    @strawberry.field(description="Who is signed in; null for a visitor.")
    async def me(self, info: Info) -> Account | None:
        """Find the viewer's account."""
        viewer = info.context.viewer
        row = viewer and await accounts.find_account(viewer, viewer.account_id)
        return Account.of(row) if row else None


@strawberry.type
class SessionMutations:
    """Sessions, begun and ended."""

    @mutation(
        SignUpPayload,
        "Make an account with a password, and sign in; a signed-in guest keeps the bookings.",
    )
    async def sign_up(
        self, info: Info, input: Annotated[SignUpInput, NEEDED]
    ) -> SignUpPayload | None:
        """Sign up."""
        signed_in = await accounts.sign_up(
            input.email,
            input.password,
            input.name,
            viewer=info.context.viewer,
            locale=wished_locale(info, input.locale),
            address=info.context.client_address,
        )
        return SignUpPayload(session=Session.of(signed_in))

    @mutation(SignInPayload, "Sign in with e-mail and password.")
    async def sign_in(
        self, info: Info, input: Annotated[SignInInput, NEEDED]
    ) -> SignInPayload | None:
        """Sign in."""
        address = info.context.client_address
        signed_in = await accounts.sign_in(input.email, input.password, address=address)
        return SignInPayload(session=Session.of(signed_in))

    @mutation(RefreshSessionPayload, "Trade a refresh token for a new session.")
    async def refresh_session(
        self,
        info: Info,  # noqa: ARG002 - every mutation is handed it
        input: Annotated[RefreshSessionInput, NEEDED],
    ) -> RefreshSessionPayload | None:
        """Refresh."""
        signed_in = await accounts.refresh_session(input.refresh_token)
        return RefreshSessionPayload(session=Session.of(signed_in))

    @mutation(SignOutPayload, "End a session, or all sessions of the account.")
    async def sign_out(
        self,
        info: Info,  # noqa: ARG002 - every mutation is handed it
        input: Annotated[SignOutInput, NEEDED],
    ) -> SignOutPayload | None:
        """Sign out."""
        row = await accounts.sign_out(input.refresh_token, everywhere=input.everywhere)
        return SignOutPayload(account=Account.of(row))

    @mutation(ContinueAsGuestPayload, "Make an account without a password, and sign in.")
    async def continue_as_guest(
        self, info: Info, input: Annotated[ContinueAsGuestInput, NEEDED]
    ) -> ContinueAsGuestPayload | None:
        """Sign in as a guest."""
        signed_in = await accounts.continue_as_guest(
            input.email,
            input.name,
            locale=wished_locale(info, input.locale),
            address=info.context.client_address,
        )
        return ContinueAsGuestPayload(session=Session.of(signed_in))
