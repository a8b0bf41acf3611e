"""How a client says which seats to take, which to give back, and what with which booking."""

from typing import TypeVar
from uuid import UUID

import strawberry
from strawberry import UNSET

from bigcat_graphql import booking
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.models import SeatType
from bigcat_graphql.money import Money
from bigcat_graphql.schema.booking_filters import BookingBy
from bigcat_graphql.schema.describing import describe, one_of, request
from bigcat_graphql.schema.ids import id_of_concert, read_key
from bigcat_graphql.schema.money import MoneyInput
from bigcat_graphql.schema.paging import given

T = TypeVar("T")
Path = tuple[str, ...]


@request
class SeatListInput:
    """Seats by index."""

    plan_version: int = strawberry.field(
        description="Version of the plan the indexes were read from."
    )
    indexes: list[int] = strawberry.field(description="Indexes of numbered seats, each once.")

    def read(self) -> booking.ChosenSeats:
        """Read the choice."""
        return booking.ChosenSeats(self.plan_version, tuple(self.indexes))


@request
@describe(
    "The best AVAILABLE seats that meet all conditions given, side by side where there are such."
)
class BestAvailableInput:
    """The best AVAILABLE seats that meet all conditions given."""

    quantity: int = strawberry.field(description="How many, 1 to `Concert.seatsPerBooking`.")
    section_keys: list[str] | None = strawberry.field(
        description="Only seats in these sections.", default=UNSET
    )
    seat_types: list[SeatType] | None = strawberry.field(
        description="Only seats of these types.", default=UNSET
    )
    tier_ids: list[strawberry.ID] | None = strawberry.field(
        description="Only seats of these price tiers.", default=UNSET
    )
    max_price: MoneyInput | None = strawberry.field(
        description="Only seats at this price or less each, in the concert's currency.",
        default=UNSET,
    )
    accessible: bool = strawberry.field(
        description=(
            "One seat ACCESSIBLE, with COMPANION seats beside it where there are any; "
            "otherwise such seats are left to those who need them."
        ),
        default=False,
    )
    allow_split: bool = strawberry.field(
        description="Where no block is left, spread over neighbouring rows instead of failing.",
        default=True,
    )

    def read(self, path: Path) -> booking.BestAvailable:
        """Read the wish.

        Raises:
            InvalidInput: `maxPrice` is no amount of its currency.
            NotFound: a tier id is not one.
        """
        return booking.BestAvailable(
            quantity=self.quantity,
            section_keys=_read_list(self.section_keys),
            seat_types=_read_list(self.seat_types),
            tier_ids=_read_tiers(self.tier_ids, (*path, "tierIds")),
            max_price=_read_price(self.max_price, (*path, "maxPrice")),
            accessible=self.accessible,
            allow_split=self.allow_split,
        )


@request
class GeneralAdmissionInput:
    """Places in a general-admission area."""

    area_key: str = strawberry.field(description="Key of the area.")
    quantity: int = strawberry.field(description="How many, 1 to `Concert.seatsPerBooking`.")

    def read(self) -> booking.GeneralAdmission:
        """Read the wish."""
        return booking.GeneralAdmission(self.area_key, self.quantity)


@one_of
class SeatSelectionInput:
    """Exactly one way to choose seats."""

    seats: SeatListInput | None = strawberry.field(description="These seats.", default=UNSET)
    best_available: BestAvailableInput | None = strawberry.field(
        description="The best there are.", default=UNSET
    )
    general_admission: GeneralAdmissionInput | None = strawberry.field(
        description="Places in a general-admission area.", default=UNSET
    )

    def read(self, path: Path) -> booking.Selection:
        """Read which seats are meant; `path` is where this input stands.

        Raises:
            InvalidInput: `maxPrice` is no amount of its currency.
            NotFound: a tier id is not one.
        """
        if self.seats:
            return self.seats.read()
        if self.general_admission:
            return self.general_admission.read()
        if self.best_available:
            return self.best_available.read((*path, "bestAvailable"))
        raise InvalidInput("Say which seats, in exactly one way.", path)


@request
class BookSeatsInput:
    """Input of bookSeats."""

    concert_id: strawberry.ID = strawberry.field(description="Of which concert.")
    selection: SeatSelectionInput = strawberry.field(description="Which seats.")
    idempotency_key: str = strawberry.field(
        description=(
            "Made by the client, new for each intent, 1 to 64 characters, best a UUID; "
            "kept 48 hours per account and mutation."
        )
    )
    admission: str | None = strawberry.field(
        description="`QueueEntry.admission`, needed while a sale queue is on.", default=UNSET
    )
    access_code: str | None = strawberry.field(
        description="For a presale that asks for one.", default=UNSET
    )


@request
class ChangeSeatsInput:
    """Input of changeSeats; at least one of `add` and `removeIndexes`."""

    booking_id: strawberry.ID = strawberry.field(description="Which PENDING booking.")
    add: SeatSelectionInput | None = strawberry.field(
        description="Seats to take as well.", default=UNSET
    )
    remove_indexes: list[int] = strawberry.field(
        description=(
            "Indexes of seats and places of this booking to give back; to give back all, cancel it."
        ),
        default_factory=list,
    )
    idempotency_key: str = strawberry.field(
        description=(
            "Made by the client, new for each intent, 1 to 64 characters, best a UUID; "
            "kept 48 hours per account and mutation."
        )
    )


@request
class ExtendBookingInput:
    """Input of extendBooking."""

    booking_id: strawberry.ID = strawberry.field(description="Which PENDING booking.")
    idempotency_key: str = strawberry.field(
        description=(
            "Made by the client, new for each intent, 1 to 64 characters, best a UUID; "
            "kept 48 hours per account and mutation."
        )
    )


@request
class PayBookingInput:
    """Input of payBooking."""

    booking_id: strawberry.ID = strawberry.field(description="Which PENDING booking.")
    provider: str | None = strawberry.field(
        description="Name of the payment provider; left out means the server's first.",
        default=UNSET,
    )
    payment_method: str | None = strawberry.field(
        description=(
            "The provider's token for the card; provider `test`: `approve` or `decline`; "
            "left out where the provider's own client asks the buyer, see "
            "`Payment.clientSecret`."
        ),
        default=UNSET,
    )
    idempotency_key: str = strawberry.field(
        description=(
            "Made by the client, new for each intent, 1 to 64 characters, best a UUID; "
            "kept 48 hours per account and mutation."
        )
    )


@request
class CancelBookingInput:
    """Input of cancelBooking."""

    by: BookingBy = strawberry.field(description="Exactly one way to name the booking.")
    ticket_ids: list[strawberry.ID] | None = strawberry.field(
        description="Only these tickets of a CONFIRMED booking; left out means the whole booking.",
        default=UNSET,
    )
    idempotency_key: str = strawberry.field(
        description=(
            "Made by the client, new for each intent, 1 to 64 characters, best a UUID; "
            "kept 48 hours per account and mutation."
        )
    )


def _read_list(values: list[T] | None) -> tuple[T, ...] | None:
    found = given(values)
    return None if found is None else tuple(found)


def _read_tiers(ids: list[strawberry.ID] | None, path: Path) -> tuple[UUID, ...] | None:
    found = given(ids)
    if found is None:
        return None
    return tuple(_read_tier(text, (*path, str(place))) for place, text in enumerate(found))


def _read_tier(text: str, path: Path) -> UUID:
    parts = id_of_concert(read_key(text, "PriceTier"))
    if parts is None:
        raise NotFound(path)
    return parts[1]


def _read_price(price: MoneyInput | None, path: Path) -> Money | None:
    if not price:
        return None
    try:
        return price.read()
    except ValueError as error:
        raise InvalidInput(f"maxPrice: {error}.", path) from None
