"""Refunds that had arrived and came back: the buyer's account was closed, or somebody undid them.

Everything here runs in the caller's transaction, which holds the booking's row.
"""

from bigcat_graphql import database
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Payment, Refund, RefundReason, RefundStatus
from bigcat_graphql.payments.owing import request_refund

# An orphan's money is one again until it has gone back for good.
_CAME_BACK = """
UPDATE payment
SET refunded_minor = refunded_minor - $3, ahead_minor = ahead_minor - $5,
    status = CASE WHEN status = 'DISPUTED' THEN status
                  WHEN $4 THEN 'ORPHANED'
                  WHEN refunded_minor = $3 THEN 'CAPTURED'
                  ELSE 'PARTIALLY_REFUNDED' END
WHERE concert_id = $1 AND id = $2
"""

# The next attempt is another request to the provider: this one it would only repeat.
_FAIL = """
UPDATE refund
SET status = 'FAILED', provider_reference = NULL, succeeded_at = NULL, attempt = attempt + 1
WHERE concert_id = $1 AND id = $2
"""


async def fail(refund: Refund) -> None:
    """Write down that a refund is not with the buyer, or not any more: it is asked for anew."""
    if refund.status is RefundStatus.SUCCEEDED:
        await _come_back(refund)
    await database.execute(_FAIL, refund.concert_id, refund.id)


async def take_back(payment: Payment, amount_minor: int) -> bool:
    """Find which refunds have come back that the provider has no name of ours for.

    One of ours that somebody made by hand is asked for again. One that was made at the provider is
    nobody's wish here, and stays FAILED; but what of it paid for tickets cancelled since is owed.

    Returns:
        Whether there was any.
    """
    rows = Refund.filter(concert_id=payment.concert_id, payment_id=payment.id)
    nameless = rows.filter(status=RefundStatus.SUCCEEDED, provider_reference=None)
    left_minor = amount_minor
    for refund in await nameless.order_by("-id"):
        if refund.amount_minor > left_minor:
            continue
        left_minor -= refund.amount_minor
        if refund.reason is RefundReason.AT_PROVIDER:
            await _undo(refund)
        else:
            await fail(refund)
    return left_minor < amount_minor


async def _undo(refund: Refund) -> None:
    payment = await Payment.get(concert_id=refund.concert_id, id=refund.payment_id)
    ahead_minor = min(max(payment.ahead_minor, 0), refund.amount_minor)
    await _come_back(refund, ahead_minor=ahead_minor)
    await database.execute(_FAIL, refund.concert_id, refund.id)
    if owed_minor := refund.amount_minor - ahead_minor:
        reason = RefundReason.CANCELLED
        await request_refund(refund.concert_id, payment.id, new_id(), reason, owed_minor)


async def _come_back(refund: Refund, *, ahead_minor: int = 0) -> None:
    await database.execute(
        _CAME_BACK,
        refund.concert_id,
        refund.payment_id,
        refund.amount_minor,
        refund.reason is RefundReason.SEATS_LOST,
        ahead_minor,
    )
