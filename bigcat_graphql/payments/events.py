"""What payments tells the rooms above it, within its transactions; see `booking.events`."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RefundSucceeded:
    """Money has been given back, and that is being written down."""

    concert_id: UUID
    booking_id: UUID
    refund_id: UUID
