"""What the waiting list tells the rooms above it, within its transactions."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SeatsOffered:
    """A PENDING booking is being made for somebody who waited: they must hear of it."""

    concert_id: UUID
    booking_id: UUID
