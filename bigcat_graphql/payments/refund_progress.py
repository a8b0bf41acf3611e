"""The steps of refunds: what their provider says, written down as `steps` does with payments."""

from bigcat_graphql import database
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.events import Event, tell
from bigcat_graphql.booking.resume import hold_booking
from bigcat_graphql.models import Payment, Refund, RefundStatus
from bigcat_graphql.payments.owing import arrive
from bigcat_graphql.payments.provider import RefundProgress, RefundState
from bigcat_graphql.payments.returning import fail, take_back
from bigcat_graphql.payments.steps import finish_step, key_of, read_payment


async def take_refund_step(refund: Refund, state: RefundState) -> None:
    """Write down what the provider says of a refund."""
    key = BookingKey(refund.concert_id, refund.booking_id)

    async def work() -> list[Event]:
        await hold_booking(key)
        return await finish_step(key, refund.payment_id, await _follow_refund(refund, state))

    tell(await database.run_transaction(work))


async def take_return_step(payment: Payment, refunded_minor: int) -> None:
    """Write down that less has gone back of a payment than when it was read, before it was asked.

    Nothing where somebody else has changed that since: they were told as much, or will be.
    """

    async def work() -> list[Event]:
        held = await hold_booking(key_of(payment))
        now = await read_payment(payment.concert_id, payment.id)
        short_minor = payment.refunded_minor - refunded_minor
        is_ours = now.refunded_minor == payment.refunded_minor
        found = is_ours and await take_back(now, short_minor)
        return await finish_step(held.key, payment.id, [] if found else None)

    tell(await database.run_transaction(work))


async def _follow_refund(refund: Refund, state: RefundState) -> list[Event] | None:
    rows = Refund.filter(concert_id=refund.concert_id, id=refund.id)
    now = await rows.get()
    has_arrived = now.status is RefundStatus.SUCCEEDED
    has_failed = state.status is RefundProgress.FAILED
    if now.attempt != refund.attempt or (has_arrived and not has_failed):
        return None  # somebody else was quicker
    if state.status is RefundProgress.SUCCEEDED:
        await rows.update(provider_reference=state.reference)
        await arrive(await read_payment(refund.concert_id, refund.payment_id), now)
        return []
    if has_failed:
        await fail(now)
        return []
    if now.provider_reference == state.reference:
        return None
    await rows.update(status=RefundStatus.PENDING, provider_reference=state.reference)
    return []
