"""What payments tells the rooms above it, within its transactions; see `booking.events`."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RefundSucceeded:
    """Money has been given back, and that is being written down."""

    concert_id: UUID
    booking_id: UUID
    refund_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentCameLate:
    """Money was kept ready when its booking was over, and it is being written down to let it go."""

    concert_id: UUID
    booking_id: UUID
    payment_id: UUID
