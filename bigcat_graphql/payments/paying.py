"""payBooking: begin an attempt to pay, ask its provider, and answer with what has come of it."""

import asyncio
from contextlib import suppress
from uuid import UUID

import structlog

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, WrongBookingState
from bigcat_graphql.booking.idempotency import Intent, change_outcome
from bigcat_graphql.booking.lookup import get_booking
from bigcat_graphql.booking.rules import check_key
from bigcat_graphql.errors import DomainError
from bigcat_graphql.models import Booking, BookingEndReason, BookingStatus, Payment, PaymentStatus
from bigcat_graphql.payments import till
from bigcat_graphql.payments.attempt import MUTATION, Attempt, InTheWay, Paid
from bigcat_graphql.payments.errors import PaymentDeclined
from bigcat_graphql.payments.provider import ProviderUnreachable
from bigcat_graphql.payments.registry import choose_provider
from bigcat_graphql.payments.settlement import RefundRefused, settle
from bigcat_graphql.payments.steps import give_up, read_payment

_LOG = structlog.get_logger()
# Below the server's own limit on a query (15 s): a buyer whose provider takes longer is told that
# the payment is open, and watches the booking.
_PATIENCE_SECONDS = 12.0
_NOTHING_CAME_OF_IT = (PaymentStatus.FAILED, PaymentStatus.VOIDED, PaymentStatus.ORPHANED)


async def pay_booking(
    viewer: Viewer,
    *,
    key: BookingKey,
    provider: str | None,
    payment_method: str | None,
    idempotency_key: str,
) -> Paid:
    """Pay a PENDING booking; it comes back CONFIRMED, or with a payment that is open still.

    Open means that the provider has not decided, waits for the buyer, or did not answer in time.

    Raises:
        NotFound: it is not the viewer's booking.
        InvalidInput: there is no such provider, or it takes no such payment method or amount.
        WrongBookingState: it is not PENDING, an attempt is under way, or its seats were lost.
        PaymentDeclined: the provider said no; the booking stays PENDING.
        IdempotencyConflict: the key came before with another request.
        Busy: locks or connections were not to be had in time.
        OutcomeUnknown: the connection was lost at commit; the same key tells.
    """
    check_key(idempotency_key)
    chosen = choose_provider(provider)
    request = (key, chosen.name, payment_method)
    intent = Intent(viewer.account_id, MUTATION, idempotency_key, request)
    outcome = await till.submit(Attempt(intent, key, chosen, payment_method))
    if isinstance(outcome, InTheWay):
        await _break_off(key, outcome.payment_id)
        outcome = await till.submit(Attempt(intent, key, chosen, payment_method))
    if isinstance(outcome, InTheWay):
        raise WrongBookingState(BookingStatus.PENDING, payment_in_progress=True)
    if isinstance(outcome, DomainError):
        raise outcome
    if isinstance(outcome, Paid):
        return outcome
    return await _go_on(intent, key, outcome.payment_id)


async def _break_off(key: BookingKey, payment_id: UUID) -> None:
    """Let go of an attempt that waits for its buyer, who has come back to pay in another way."""
    # Should it have come through in this moment, the new attempt finds the booking paid.
    payment = await give_up(await read_payment(key.concert_id, payment_id))
    if payment.status is PaymentStatus.ORPHANED:
        with suppress(ProviderUnreachable, RefundRefused):
            await settle(key.concert_id, payment_id)


async def _go_on(intent: Intent, key: BookingKey, payment_id: UUID) -> Paid:
    payment = await _settle_in_time(key, payment_id)
    booking = await get_booking(key)
    refusal = _refusal_of(payment, booking)
    if refusal is None:
        return Paid(booking, payment)
    # A repeat of the key is told the same, whatever has become of the booking by then.
    await change_outcome(intent, refusal)
    raise refusal


async def _settle_in_time(key: BookingKey, payment_id: UUID) -> Payment:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await settle(key.concert_id, payment_id)
    except (ProviderUnreachable, RefundRefused, TimeoutError) as error:
        # It stays open; the reconciler asks again, and `bookingUpdated` tells what comes of it.
        # A refund that is refused is no news about the payment, which a repeat may ask for.
        _LOG.warning("payment_left_open", payment_id=payment_id.hex, error=repr(error))
    return await read_payment(key.concert_id, payment_id)


def _refusal_of(payment: Payment, booking: Booking) -> DomainError | None:
    """Say how an attempt failed; None while it has not."""
    if payment.status is PaymentStatus.FAILED and booking.reserved_until is not None:
        return PaymentDeclined(booking.reserved_until)
    is_lost = booking.end_reason is BookingEndReason.SEATS_LOST
    if is_lost or payment.status in _NOTHING_CAME_OF_IT:
        return WrongBookingState(booking.status_now)
    return None
