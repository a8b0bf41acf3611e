"""Answers of the mutations about sessions."""

from typing import Annotated

import strawberry

from bigcat_graphql.schema.accounts import Account, Session
from bigcat_graphql.schema.describing import output
from bigcat_graphql.schema.reading_on import read_on
from bigcat_graphql.schema.user_errors import (
    AuthenticationFailedError,
    InvalidInputError,
    TryAgainError,
)

SignUpError = Annotated[
    InvalidInputError | TryAgainError,
    strawberry.union("SignUpError", description="What can go wrong in signUp."),
]


@output
class SignUpPayload:
    """Answer of signUp."""

    session: Session | None = strawberry.field(description="The new session.", default=None)
    errors: list[SignUpError] = strawberry.field(description="Why not.", default_factory=list)
    query = read_on()


SignInError = Annotated[
    AuthenticationFailedError | InvalidInputError | TryAgainError,
    strawberry.union("SignInError", description="What can go wrong in signIn."),
]


@output
class SignInPayload:
    """Answer of signIn."""

    session: Session | None = strawberry.field(description="The new session.", default=None)
    errors: list[SignInError] = strawberry.field(description="Why not.", default_factory=list)
    query = read_on()


RefreshSessionError = Annotated[
    AuthenticationFailedError | TryAgainError,
    strawberry.union("RefreshSessionError", description="What can go wrong in refreshSession."),
]


@output
class RefreshSessionPayload:
    """Answer of refreshSession."""

    session: Session | None = strawberry.field(description="The new session.", default=None)
    errors: list[RefreshSessionError] = strawberry.field(
        description="Why not.", default_factory=list
    )
    query = read_on()


SignOutError = Annotated[
    AuthenticationFailedError,
    strawberry.union("SignOutError", description="What can go wrong in signOut."),
]


@output
class SignOutPayload:
    """Answer of signOut."""

    account: Account | None = strawberry.field(description="Who was signed out.", default=None)
    errors: list[SignOutError] = strawberry.field(description="Why not.", default_factory=list)
    query = read_on()


ContinueAsGuestError = Annotated[
    InvalidInputError | TryAgainError,
    strawberry.union("ContinueAsGuestError", description="What can go wrong in continueAsGuest."),
]


@output
class ContinueAsGuestPayload:
    """Answer of continueAsGuest."""

    session: Session | None = strawberry.field(description="The new session.", default=None)
    errors: list[ContinueAsGuestError] = strawberry.field(
        description="Why not.", default_factory=list
    )
    query = read_on()
