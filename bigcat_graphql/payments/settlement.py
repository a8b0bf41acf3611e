"""Settling: ask the provider how a payment stands, and take every step that is left.

The buyer's mutation, a webhook, a job and the reconciler all do this one thing. Any of them may die
at any moment, and any other go on: what is to be done is read from the rows, never remembered.
"""

import asyncio
from uuid import UUID

import structlog

from bigcat_graphql import database, jobs
from bigcat_graphql.booking.lookup import get_booking
from bigcat_graphql.models import (
    BookingStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundReason,
    RefundStatus,
)
from bigcat_graphql.money import Money
from bigcat_graphql.payments.owing import Refused, read_refused
from bigcat_graphql.payments.provider import (
    PaymentProvider,
    PaymentRequest,
    ProviderState,
    ProviderStatus,
    ProviderUnreachable,
    RefundProgress,
    RefundRequest,
)
from bigcat_graphql.payments.refund_progress import take_refund_step, take_return_step
from bigcat_graphql.payments.registry import provider_named
from bigcat_graphql.payments.steps import (
    WAITING,
    key_of,
    read_payment,
    take_step,
)

_LOG = structlog.get_logger()
_UNDECIDED = (ProviderStatus.PENDING, ProviderStatus.REQUIRES_ACTION)

# Payments whose time to be looked at has come. In any order: those that cannot be settled must not
# stand before the others for ever; and each less and less often, down to once an hour. Whoever
# takes one moves its time on, so that no two nodes ask about it at once.
_TAKE_DUE = """
UPDATE payment p
SET looks = p.looks + 1,
    look_at = now() + make_interval(secs => least(15 * 2 ^ least(p.looks, 10), 3600))
FROM (
  SELECT concert_id, id FROM payment
  WHERE look_at <= now() + make_interval(secs => $1)
  ORDER BY random() LIMIT 100
  FOR NO KEY UPDATE SKIP LOCKED
) due
WHERE p.concert_id = due.concert_id AND p.id = due.id
RETURNING p.concert_id, p.id
"""
_EVERY_SECONDS = 5.0
_AT_ONCE = 8


class RefundRefused(Exception):
    """The provider has refused a refund: it is asked again later, and seen by staff."""


async def settle(concert_id: UUID, payment_id: UUID) -> Payment:
    """Take every step of a payment that is left, refunds included.

    What has to wait for somebody else (the buyer, a bank) is left open.

    Raises:
        ProviderUnreachable: it did not answer; nothing is lost.
        RefundRefused: it will not give money back now.
        LookupError: this process does not know the provider.
    """
    payment = await read_payment(concert_id, payment_id)
    provider = provider_named(payment.provider)
    refused: Refused = frozenset()
    if payment.captured_minor:
        refused = await read_refused(payment)
    state = await _ask(provider, payment)
    if state is not None and state.refunded_minor < payment.refunded_minor:
        await _find_returned(provider, payment, state.refunded_minor)
    while state is not None:
        before = payment.status
        payment = await take_step(payment, state, refused)
        state = await _act(provider, payment) if payment.status is not before else None
    await _send_refunds(provider, payment)
    return await read_payment(concert_id, payment_id)


async def settle_open_payments(ahead_seconds: float = 0) -> int:
    """Settle what is due, as any number of nodes may; errors are logged, each by itself.

    Args:
        ahead_seconds: How much earlier than due a payment is looked at.

    Returns:
        How many there were, at most 100.
    """
    rows = await database.fetch_all(_TAKE_DUE, ahead_seconds)
    gate = asyncio.Semaphore(_AT_ONCE)
    await asyncio.gather(*(_settle_one(gate, row["concert_id"], row["id"]) for row in rows))
    return len(rows)


async def settle_for_ever() -> None:
    """Settle what is due now and every 5 seconds; errors are logged, the next round tries again."""
    while True:
        try:
            await settle_open_payments()
        except Exception as error:  # noqa: BLE001 - a loop that died would tell nobody any more
            _LOG.warning("settling_failed", error=str(error))
        await asyncio.sleep(_EVERY_SECONDS)


async def run_job(payload: jobs.Payload) -> None:
    """Settle the payment that a job names."""
    await settle(UUID(str(payload["concert"])), UUID(str(payload["payment"])))


async def _settle_one(gate: asyncio.Semaphore, concert_id: UUID, payment_id: UUID) -> None:
    async with gate:
        try:
            await settle(concert_id, payment_id)
        except (ProviderUnreachable, RefundRefused) as error:
            _LOG.warning("payment_left_open", payment_id=payment_id.hex, error=str(error))
        except Exception:  # noqa: BLE001 - one that cannot be settled must not stop the others
            _LOG.exception("settling_failed", payment_id=payment_id.hex)


async def _ask(provider: PaymentProvider, payment: Payment) -> ProviderState | None:
    """Ask how a payment stands that somebody else may have left anywhere."""
    if payment.provider_reference is None and payment.status in WAITING:
        # Perhaps asked before, by one who died: the same key gives the same answer.
        return await provider.authorize(_request(payment))
    if acted := await _act(provider, payment):
        return acted
    if payment.provider_reference is None:
        return None
    state = await provider.look_up(payment.id, payment.provider_reference)
    if payment.status in WAITING and state.status in _UNDECIDED and await _is_over(payment):
        # Nobody waits for it any more. Should it have come through in this moment, it says so.
        return await provider.void(payment.id, payment.provider_reference)
    return state


async def _act(provider: PaymentProvider, payment: Payment) -> ProviderState | None:
    """Do what is ours to do next; None when nothing is."""
    reference = payment.provider_reference or ""
    if payment.status is PaymentStatus.AUTHORIZED:
        return await provider.capture(payment.id, reference)
    if payment.status is PaymentStatus.ORPHANED and payment.captured_minor == 0:
        return await provider.void(payment.id, reference)
    return None


async def _is_over(payment: Payment) -> bool:
    booking = await get_booking(key_of(payment))
    return booking.status_now is not BookingStatus.PENDING


async def _find_returned(provider: PaymentProvider, payment: Payment, refunded_minor: int) -> None:
    """Find refunds that had arrived, and came back since: the buyer's account was closed."""
    rows = Refund.filter(concert_id=payment.concert_id, payment_id=payment.id)
    for refund in await rows.filter(status=RefundStatus.SUCCEEDED).order_by("id"):
        if refund.provider_reference is not None:
            state = await provider.look_up_refund(_refund_request(payment, refund))
            await take_refund_step(refund, state)
    await take_return_step(payment, refunded_minor)


async def _send_refunds(provider: PaymentProvider, payment: Payment) -> None:
    """Give back what is due; while a bank contests the charge, nothing: it may take it all."""
    if payment.status is PaymentStatus.DISPUTED or payment.captured_minor == 0:
        return
    rows = Refund.filter(concert_id=payment.concert_id, payment_id=payment.id)
    refused = False
    due = rows.exclude(status=RefundStatus.SUCCEEDED).exclude(reason=RefundReason.AT_PROVIDER)
    for refund in await due.order_by("id"):
        refused |= not await _send_refund(provider, payment, refund)
    if refused:
        raise RefundRefused(payment.id.hex)


async def _send_refund(provider: PaymentProvider, payment: Payment, refund: Refund) -> bool:
    request = _refund_request(payment, refund)
    is_sent = refund.status is RefundStatus.PENDING
    state = await (provider.look_up_refund if is_sent else provider.refund)(request)
    await take_refund_step(refund, state)
    return state.status is not RefundProgress.FAILED


def _request(payment: Payment) -> PaymentRequest:
    return PaymentRequest(
        payment.id,
        payment.concert_id,
        payment.booking_id,
        payment.amount,
        payment.payment_method,
    )


def _refund_request(payment: Payment, refund: Refund) -> RefundRequest:
    return RefundRequest(
        refund.id,
        refund.attempt,
        payment.id,
        payment.provider_reference or "",
        refund.amount,
        Money(payment.captured_minor, payment.currency),
        refund.provider_reference,
    )
