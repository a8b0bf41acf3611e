"""What somebody says to sign up, in and out."""

import strawberry
from strawberry import UNSET

from bigcat_graphql.schema.describing import request


@request
class SignUpInput:
    """Input of signUp."""

    email: str = strawberry.field(
        description="Unique among accounts with a password; case does not matter."
    )
    password: str = strawberry.field(description="8 to 1,024 characters.")
    name: str = strawberry.field(description="For people, 1 to 200 characters.")
    locale: str | None = strawberry.field(
        description=(
            "What messages and tickets are written in, BCP 47, for example `de-AT`; left out, the"
            " first known language of Accept-Language, else what is spoken where the venue is."
        ),
        default=UNSET,
    )


@request
class SignInInput:
    """Input of signIn."""

    email: str = strawberry.field(description="The account's e-mail; case does not matter.")
    password: str = strawberry.field(description="Its password.")


@request
class RefreshSessionInput:
    """Input of refreshSession."""

    refresh_token: str = strawberry.field(description="From the last `Session`.")


@request
class SignOutInput:
    """Input of signOut."""

    refresh_token: str = strawberry.field(description="From the last `Session`.")
    everywhere: bool = strawberry.field(
        description="End the account's sessions on all devices.", default=False
    )


@request
class ContinueAsGuestInput:
    """Input of continueAsGuest."""

    email: str = strawberry.field(
        description="Where confirmations go; with the reference it opens the booking on any device."
    )
    name: str = strawberry.field(description="For people, 1 to 200 characters.")
    locale: str | None = strawberry.field(
        description=(
            "What messages and tickets are written in, BCP 47, for example `de-AT`; left out, the"
            " first known language of Accept-Language, else what is spoken where the venue is."
        ),
        default=UNSET,
    )
