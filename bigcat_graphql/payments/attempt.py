"""payBooking: one attempt to pay, told to the database before and after each provider call.

    CREATED ── authorize ──> AUTHORIZED, seats BOOKED ── capture ──> CAPTURED
       └── declined ──> FAILED       └── seats lost meanwhile ──> VOIDED

Each arrow is a provider call followed by a transaction that takes the step if nobody else has.
Dying in between is harmless: the call is repeated under the same key, by the buyer's next try or
by `settlement`.
"""

from typing import NoReturn
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, WrongBookingState, find_booking
from bigcat_graphql.booking.change import lock_booking, lock_pending
from bigcat_graphql.booking.confirm import confirm_seats
from bigcat_graphql.booking.events import BookingChanged, Event, tell
from bigcat_graphql.booking.idempotency import (
    Answer,
    Intent,
    answer_once,
    change_outcome,
    recall,
)
from bigcat_graphql.booking.lookup import get_booking
from bigcat_graphql.booking.statements import TOUCH_BOOKING
from bigcat_graphql.errors import DomainError, InvalidInput, NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking, Payment, PaymentStatus
from bigcat_graphql.payments.errors import PaymentDeclined
from bigcat_graphql.payments.play_money import PlayMoney

_PROVIDERS: dict[str, PlayMoney] = {provider.name: provider for provider in (PlayMoney(),)}

_START = """
INSERT INTO payment (id, concert_id, booking_id, status, amount_minor, refunded_minor, currency,
                     provider, payment_method, created_at)
SELECT $3, b.concert_id, b.id, 'CREATED', b.total_minor, 0, b.currency, $4, $5, now()
FROM booking b WHERE b.concert_id = $1 AND b.id = $2
"""

# A step is taken by whoever finds the payment where it starts from; anybody else finds it taken.
_STEP = """
UPDATE payment SET status = $4::text, captured_minor = CASE WHEN $4::text = 'CAPTURED' THEN amount_minor ELSE 0 END,
    provider_reference = COALESCE($5, provider_reference)
WHERE concert_id = $1 AND id = $2 AND status = $3
RETURNING id
"""


async def pay_booking(
    viewer: Viewer,
    *,
    key: BookingKey,
    provider: str | None,
    payment_method: str | None,
    idempotency_key: str,
) -> Booking:
    """Pay a PENDING booking; it comes back CONFIRMED, its payment CAPTURED.

    Raises:
        NotFound: it is not the viewer's booking.
        InvalidInput: there is no such provider, or it takes no such payment method.
        WrongBookingState: it is not PENDING, an attempt is open, or its seats were lost.
        PaymentDeclined: the provider said no; the booking stays PENDING.
        IdempotencyConflict: the key came before with another request.
    """
    chosen = _choose_provider(provider, payment_method)
    booking = await find_booking(viewer, key)
    if booking is None or booking.account_id != viewer.account_id:
        raise NotFound(("input", "bookingId"))
    payment_id = new_id()

    async def work() -> list[Event]:
        await lock_pending(key)
        await database.execute(
            _START, key.concert_id, key.booking_id, payment_id, chosen.name, payment_method
        )
        return [await _touch(key)]

    request = (key, chosen.name, payment_method)
    intent = Intent(viewer.account_id, "payBooking", idempotency_key, request)
    answer = await answer_once(intent, Answer(key, made=payment_id), work)
    if answer.made is not None:
        await _advance(await _read(key.concert_id, answer.made), intent)
    return await get_booking(key)


async def take_up(concert_id: UUID, payment_id: UUID) -> None:
    """Go on with an attempt that somebody else left.

    Raises:
        PaymentDeclined: it ends with the provider's no, which is written down.
        WrongBookingState: it ends without its seats, and the money was let go.
    """
    await _advance(await _read(concert_id, payment_id), None)


def _choose_provider(name: str | None, payment_method: str | None) -> PlayMoney:
    provider = next(iter(_PROVIDERS.values())) if name is None else _PROVIDERS.get(name)
    if provider is None:
        known = ", ".join(_PROVIDERS)
        raise InvalidInput(f"There is no such provider; known: {known}.", ("input", "provider"))
    fault = provider.check_method(payment_method)
    if fault is not None:
        raise InvalidInput(fault, ("input", "paymentMethod"))
    return provider


async def _advance(payment: Payment, intent: Intent | None) -> None:
    """Take the steps that are left; the outcome of a refusal is kept under the intent's key."""
    provider = _PROVIDERS[payment.provider]
    if payment.status in {PaymentStatus.FAILED, PaymentStatus.VOIDED}:
        raise await _refusal_of(payment, intent)
    if payment.status is PaymentStatus.CREATED:
        answer = await provider.authorize(payment.id, payment.amount, payment.payment_method)
        if not answer.is_approved:
            await _decline(payment, answer.reference, intent)
        if not await _confirm(payment, answer.reference, intent):
            # A repeat was quicker, and may have lost the seats: go on from where it is.
            await _advance(await _read(payment.concert_id, payment.id), intent)
            return
    if payment.status in {PaymentStatus.CREATED, PaymentStatus.AUTHORIZED}:
        await provider.capture(payment.id)
        await _step(payment, PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED)


async def _refusal_of(payment: Payment, intent: Intent | None) -> DomainError:
    """Say how an attempt failed that somebody else has ended meanwhile, and say it ever after."""
    kept = await recall(intent) if intent else None
    if isinstance(kept, DomainError):
        return kept
    # `settlement` ended it, which does not know the key.
    refusal = await _explain(payment)
    if intent is not None:
        await change_outcome(intent, refusal)
    return refusal


async def _explain(payment: Payment) -> DomainError:
    booking = await get_booking(_key(payment))
    if payment.status is PaymentStatus.VOIDED or booking.reserved_until is None:
        return WrongBookingState(booking.status_now)
    return PaymentDeclined(booking.reserved_until)


async def _decline(payment: Payment, reference: str, intent: Intent | None) -> NoReturn:
    refusal = await _explain(payment)
    await _refuse(payment, PaymentStatus.CREATED, PaymentStatus.FAILED, reference, refusal, intent)


async def _confirm(payment: Payment, reference: str, intent: Intent | None) -> bool:
    """Make the seats BOOKED if they are still ours; else let the money go and say so.

    Returns:
        Whether it was this call that did it.
    """
    key = _key(payment)

    async def work() -> list[Event]:
        # The booking's row first, as everywhere: a cancellation or the sweeper waits for us.
        booking = await lock_booking(key)
        if await _take_step(payment, PaymentStatus.CREATED, PaymentStatus.AUTHORIZED, reference):
            return await confirm_seats(key, booking.seat_count)
        return []

    try:
        events = await database.run_transaction(work)
    except WrongBookingState as lost:
        await _PROVIDERS[payment.provider].void(payment.id)
        await _refuse(payment, PaymentStatus.CREATED, PaymentStatus.VOIDED, reference, lost, intent)
    tell(events)
    return bool(events)


async def _refuse(
    payment: Payment,
    start: PaymentStatus,
    end: PaymentStatus,
    reference: str,
    refusal: DomainError,
    intent: Intent | None,
) -> NoReturn:
    """End the attempt, and give every repeat of its key the same refusal."""

    async def work() -> list[Event]:
        if not await _take_step(payment, start, end, reference):
            return []
        if intent is not None:
            await change_outcome(intent, refusal)
        return [await _touch(_key(payment))]

    events = await database.run_transaction(work)
    tell(events)
    # No event: a repeat of the key took the step, and its refusal is the one that is kept.
    raise refusal if events else await _refusal_of(payment, intent)


async def _step(payment: Payment, start: PaymentStatus, end: PaymentStatus) -> None:
    async def work() -> list[Event]:
        taken = await _take_step(payment, start, end, None)
        return [await _touch(_key(payment))] if taken else []

    tell(await database.run_transaction(work))


async def _take_step(
    payment: Payment, start: PaymentStatus, end: PaymentStatus, reference: str | None
) -> bool:
    row = await database.fetch_one(
        _STEP, payment.concert_id, payment.id, start.value, end.value, reference
    )
    return row is not None


async def _touch(key: BookingKey) -> Event:
    row = await database.fetch_one(TOUCH_BOOKING, key.concert_id, key.booking_id)
    if row is None:
        raise LookupError(key)
    return BookingChanged(key.concert_id, key.booking_id, row["version"])


async def _read(concert_id: UUID, payment_id: UUID) -> Payment:
    return await Payment.get(concert_id=concert_id, id=payment_id)


def _key(payment: Payment) -> BookingKey:
    return BookingKey(payment.concert_id, payment.booking_id)
