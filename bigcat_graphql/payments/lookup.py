"""Reading payments and refunds, for those who may see their booking."""

from collections.abc import Sequence
from uuid import UUID

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, find_booking
from bigcat_graphql.models import Payment, Refund


async def latest_payments(keys: Sequence[BookingKey]) -> dict[BookingKey, Payment]:
    """Find the last attempt to pay each booking; one without is left out."""
    return {key: found[0] for key, found in (await payments_of(keys)).items() if found}


async def payments_of(keys: Sequence[BookingKey]) -> dict[BookingKey, list[Payment]]:
    """Find all attempts to pay each booking, the newest first."""
    found: dict[BookingKey, list[Payment]] = {key: [] for key in keys}
    concerts, bookings = _columns(keys)
    payments = Payment.filter(concert_id__in=concerts, booking_id__in=bookings)
    for payment in await payments.order_by("-created_at", "-id"):
        found[BookingKey(payment.concert_id, payment.booking_id)].append(payment)
    return found


async def refunds_of(keys: Sequence[BookingKey]) -> dict[BookingKey, list[Refund]]:
    """Find what went back of each booking or is about to, the newest first."""
    found: dict[BookingKey, list[Refund]] = {key: [] for key in keys}
    concerts, bookings = _columns(keys)
    refunds = Refund.filter(concert_id__in=concerts, booking_id__in=bookings)
    for refund in await refunds.order_by("-created_at", "-id"):
        found[BookingKey(refund.concert_id, refund.booking_id)].append(refund)
    return found


async def find_payment(viewer: Viewer | None, concert_id: UUID, payment_id: UUID) -> Payment | None:
    """Find a payment of a booking that the viewer may see."""
    payment = await Payment.get_or_none(concert_id=concert_id, id=payment_id)
    if payment is None:
        return None
    booking = await find_booking(viewer, BookingKey(concert_id, payment.booking_id))
    return payment if booking else None


async def refund_of(concert_id: UUID, cancellation_id: UUID) -> Refund | None:
    """Find what a cancellation gives back, for whoever has just made it."""
    return await Refund.get_or_none(concert_id=concert_id, id=cancellation_id)


async def find_refund(viewer: Viewer | None, concert_id: UUID, refund_id: UUID) -> Refund | None:
    """Find a refund of a booking that the viewer may see."""
    refund = await Refund.get_or_none(concert_id=concert_id, id=refund_id)
    if refund is None:
        return None
    booking = await find_booking(viewer, BookingKey(concert_id, refund.booking_id))
    return refund if booking else None


def _columns(keys: Sequence[BookingKey]) -> tuple[set[UUID], list[UUID]]:
    return {key.concert_id for key in keys}, [key.booking_id for key in keys]
