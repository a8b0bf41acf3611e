"""Codes by mail, as GraphQL knows them."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET

from bigcat_graphql.schema.accounts import Session
from bigcat_graphql.schema.describing import output, request
from bigcat_graphql.schema.reading_on import read_on
from bigcat_graphql.schema.user_errors import (
    AuthenticationFailedError,
    InvalidInputError,
    TryAgainError,
)


@request
class RequestEmailCodeInput:
    """Input of requestEmailCode."""

    email: str = strawberry.field(description="Where to.")


RequestEmailCodeError = Annotated[
    InvalidInputError | TryAgainError,
    strawberry.union("RequestEmailCodeError", description="What can go wrong in requestEmailCode."),
]


@output
class RequestEmailCodePayload:
    """Answer of requestEmailCode."""

    valid_until: datetime | None = strawberry.field(
        description="When the code sent, if any, stops to be good.", default=None
    )
    errors: list[RequestEmailCodeError] = strawberry.field(
        description="Why not.", default_factory=list
    )
    query = read_on()


@request
class SignInWithEmailCodeInput:
    """Input of signInWithEmailCode."""

    email: str = strawberry.field(description="Where the code was sent.")
    code: str = strawberry.field(description="The code; good for 15 minutes, once.")
    new_password: str | None = strawberry.field(
        description="A new password, 8 to 1,024 characters; left out keeps what there is.",
        default=UNSET,
    )


SignInWithEmailCodeError = Annotated[
    AuthenticationFailedError | InvalidInputError | TryAgainError,
    strawberry.union(
        "SignInWithEmailCodeError", description="What can go wrong in signInWithEmailCode."
    ),
]


@output
class SignInWithEmailCodePayload:
    """Answer of signInWithEmailCode."""

    session: Session | None = strawberry.field(description="The new session.", default=None)
    errors: list[SignInWithEmailCodeError] = strawberry.field(
        description="Why not.", default_factory=list
    )
    query = read_on()
