"""How a buyer says which seats, and which booking."""

from dataclasses import dataclass
from uuid import UUID

from bigcat_graphql.models import Booking, SeatType
from bigcat_graphql.money import Money


@dataclass(frozen=True, slots=True)
class ChosenSeats:
    """These numbered seats, by index in one version of the plan."""

    plan_version: int
    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BestAvailable:
    """The best free seats that meet all conditions given; None means any."""

    quantity: int
    section_keys: tuple[str, ...] | None = None
    seat_types: tuple[SeatType, ...] | None = None
    tier_ids: tuple[UUID, ...] | None = None
    max_price: Money | None = None
    accessible: bool = False
    allow_split: bool = True


@dataclass(frozen=True, slots=True)
class GeneralAdmission:
    """Places in a general-admission area."""

    area_key: str
    quantity: int


Selection = ChosenSeats | BestAvailable | GeneralAdmission


@dataclass(frozen=True, slots=True)
class BookingKey:
    """A booking, by its concert and its own id."""

    concert_id: UUID
    booking_id: UUID

    @classmethod
    def of(cls, booking: Booking) -> "BookingKey":
        """Name a booking."""
        return cls(booking.concert_id, booking.id)


@dataclass(frozen=True, slots=True)
class GuestReference:
    """A booking, as a guest on any device proves that it is theirs."""

    reference: str
    email: str


BookingName = BookingKey | GuestReference
