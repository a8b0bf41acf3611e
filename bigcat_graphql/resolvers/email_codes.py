"""Signing in by mail."""

from typing import Annotated

import strawberry

from bigcat_graphql import accounts
from bigcat_graphql.resolvers.answers import NEEDED, mutation
from bigcat_graphql.schema.accounts import Session
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.email_codes import (
    RequestEmailCodeInput,
    RequestEmailCodePayload,
    SignInWithEmailCodeInput,
    SignInWithEmailCodePayload,
)
from bigcat_graphql.schema.paging import given


@strawberry.type
class EmailCodeMutations:
    """Codes by mail, asked for and used."""

    @mutation(
        RequestEmailCodePayload,
        "Mail a code that proves an e-mail; it answers the same whether the e-mail is known or"
        " not.",
    )
    async def request_email_code(
        self, info: Info, input: Annotated[RequestEmailCodeInput, NEEDED]
    ) -> RequestEmailCodePayload | None:
        """Ask for a code."""
        address = info.context.client_address
        valid_until = await accounts.request_email_code(input.email, address=address)
        return RequestEmailCodePayload(valid_until=valid_until)

    @mutation(
        SignInWithEmailCodePayload,
        "Sign in with a mailed code: it verifies the e-mail, can set a new password, and gives a"
        " guest the bookings on another device.",
    )
    async def sign_in_with_email_code(
        self, info: Info, input: Annotated[SignInWithEmailCodeInput, NEEDED]
    ) -> SignInWithEmailCodePayload | None:
        """Sign in."""
        signed_in = await accounts.sign_in_with_email_code(
            input.email,
            input.code,
            new_password=given(input.new_password),
            viewer=info.context.viewer,
            address=info.context.client_address,
        )
        return SignInWithEmailCodePayload(session=Session.of(signed_in))
