"""Reading payments, for those who may see their booking."""

from collections.abc import Sequence
from uuid import UUID

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, find_booking
from bigcat_graphql.models import Payment


async def latest_payments(keys: Sequence[BookingKey]) -> dict[BookingKey, Payment]:
    """Find the last attempt to pay each booking; one without is left out."""
    concerts, bookings = {key.concert_id for key in keys}, [key.booking_id for key in keys]
    payments = Payment.filter(concert_id__in=concerts, booking_id__in=bookings)
    # Ascending, so that a later attempt takes the place of an earlier one.
    return {
        BookingKey(payment.concert_id, payment.booking_id): payment
        for payment in await payments.order_by("created_at", "id")
    }


async def find_payment(viewer: Viewer | None, concert_id: UUID, payment_id: UUID) -> Payment | None:
    """Find a payment of a booking that the viewer may see."""
    payment = await Payment.get_or_none(concert_id=concert_id, id=payment_id)
    if payment is None:
        return None
    booking = await find_booking(viewer, BookingKey(concert_id, payment.booking_id))
    return payment if booking else None
