"""Joining and leaving a waiting list: inputs and answers."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from bigcat_graphql import waitlist
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import SeatType
from bigcat_graphql.money import Money
from bigcat_graphql.schema.describing import describe, output, request
from bigcat_graphql.schema.money import MoneyInput
from bigcat_graphql.schema.paging import given
from bigcat_graphql.schema.reading_on import read_on
from bigcat_graphql.schema.sale_errors import AdmissionRequiredError, WrongConcertStateError
from bigcat_graphql.schema.user_errors import (
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    TryAgainError,
)
from bigcat_graphql.schema.waitlists import WaitlistEntry


@request
@describe("Input of joinWaitlist; the account's e-mail must be verified.")
class JoinWaitlistInput:
    """Input of joinWaitlist."""

    concert_id: strawberry.ID = strawberry.field(description="For which concert.")
    quantity: int = strawberry.field(
        description="How many seats, 1 to 8 and at most `Concert.seatsPerBooking`."
    )
    together: bool = strawberry.field(description="Only side by side.", default=False)
    max_price: MoneyInput | None = strawberry.field(
        description="Only seats at this price or less each, in the concert's currency.",
        default=UNSET,
    )
    seat_types: list[SeatType] | None = strawberry.field(
        description="Only seats of these types.", default=UNSET
    )
    section_keys: list[str] | None = strawberry.field(
        description="Only in these sections and areas.", default=UNSET
    )
    accessible: bool = strawberry.field(description="One seat ACCESSIBLE.", default=False)

    def read(self) -> waitlist.Wish:
        """Read what is waited for.

        Raises:
            InvalidInput: the price makes no sense.
        """
        types, keys = given(self.seat_types), given(self.section_keys)
        return waitlist.Wish(
            quantity=self.quantity,
            together=self.together,
            accessible=self.accessible,
            max_price=_read_price(given(self.max_price)),
            seat_types=None if types is None else tuple(types),
            section_keys=None if keys is None else tuple(keys),
        )


@request
class LeaveWaitlistInput:
    """Input of leaveWaitlist."""

    entry_id: strawberry.ID = strawberry.field(description="Which place.")


JoinWaitlistError = Annotated[
    AdmissionRequiredError
    | LimitExceededError
    | WrongConcertStateError
    | NotFoundError
    | InvalidInputError
    | TryAgainError,
    strawberry.union("JoinWaitlistError", description="What can go wrong in joinWaitlist."),
]


@output
class JoinWaitlistPayload:
    """Answer of joinWaitlist."""

    entry: WaitlistEntry | None = strawberry.field(description="The place.", default=None)
    errors: list[JoinWaitlistError] = strawberry.field(description="Why not.", default_factory=list)
    query = read_on()


LeaveWaitlistError = Annotated[
    NotFoundError | TryAgainError,
    strawberry.union("LeaveWaitlistError", description="What can go wrong in leaveWaitlist."),
]


@output
class LeaveWaitlistPayload:
    """Answer of leaveWaitlist."""

    entry: WaitlistEntry | None = strawberry.field(description="The place, LEFT.", default=None)
    errors: list[LeaveWaitlistError] = strawberry.field(
        description="Why not.", default_factory=list
    )
    query = read_on()


def _read_price(price: MoneyInput | None) -> Money | None:
    if price is None:
        return None
    try:
        return price.read()
    except ValueError as error:
        raise InvalidInput(f"maxPrice: {error}.", ("input", "maxPrice")) from None
