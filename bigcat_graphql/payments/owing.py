"""Money that has to go back: written down with its cause, compared with what the provider says.

A refund is a row from the transaction that makes it due until it has arrived. Everything here runs
in the caller's transaction, which holds the booking's row.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from uuid import UUID

from bigcat_graphql import database, jobs
from bigcat_graphql.booking.events import BookingEnded, TicketsCancelled, tell_within
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Payment, PaymentStatus, Refund, RefundReason, RefundStatus
from bigcat_graphql.payments.events import RefundSucceeded

SETTLE = "settle_payment"
_FOREIGN = RefundReason.AT_PROVIDER
# Refunds that the provider has refused, each with the number of its attempt.
Refused = AbstractSet[tuple[UUID, int]]

# The charged payment of a booking, and how much of it neither went back nor is on its way. Not one
# that came beside it and goes back in full: nobody has tickets for that. A refund that was made at
# the provider and came back to us is neither.
_CHARGED = """
SELECT p.id, p.captured_minor - (
  SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM refund r
  WHERE r.concert_id = p.concert_id AND r.payment_id = p.id
    AND (r.reason <> 'AT_PROVIDER' OR r.status = 'SUCCEEDED')) AS left_minor
FROM payment p
WHERE p.concert_id = $1 AND p.booking_id = $2
  AND p.status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED')
  AND NOT EXISTS (SELECT FROM refund r WHERE r.concert_id = p.concert_id AND r.payment_id = p.id
                  AND r.reason = 'SEATS_LOST')
"""

# No second one where seats were lost: the index on those says so.
_WRITE = """
INSERT INTO refund (id, concert_id, booking_id, payment_id, status, reason, amount_minor, currency,
                    created_at)
SELECT $3, p.concert_id, p.booking_id, p.id, 'REQUESTED', $4, $5, p.currency, now()
FROM payment p WHERE p.concert_id = $1 AND p.id = $2
ON CONFLICT DO NOTHING
"""

# All of an orphan is owed: whatever went back of it at the provider is a part of that, and asked
# for with the rest it would be refused for ever. It was refused, so the next attempt has a new key.
_OWE_LESS = """
UPDATE refund SET amount_minor = amount_minor - $3
WHERE concert_id = $1 AND payment_id = $2 AND reason = 'SEATS_LOST' AND status = 'FAILED'
  AND amount_minor > $3
"""

# What went back at the provider before the tickets did counts for them.
_SETTLE_AHEAD = """
UPDATE payment SET ahead_minor = ahead_minor - $3 WHERE concert_id = $1 AND id = $2
"""

# Attempts that somebody has yet to decide about, of bookings that are over now.
_LOOK_AGAIN = """
UPDATE payment p SET look_at = now()
FROM unnest($1::uuid[], $2::uuid[]) AS ended (concert_id, booking_id)
WHERE p.concert_id = ended.concert_id AND p.booking_id = ended.booking_id
  AND p.status IN ('CREATED', 'REQUIRES_ACTION', 'AUTHORIZED')
RETURNING p.concert_id, p.id
"""

# While it is open, the reconciler comes by as well.
_LOOK_SOON = """
UPDATE payment SET look_at = now() + interval '30 seconds', looks = 0
WHERE concert_id = $1 AND id = $2
"""

_SUCCEED = """
UPDATE refund SET status = 'SUCCEEDED', succeeded_at = now() WHERE concert_id = $1 AND id = $2
"""

_ARRIVED = """
UPDATE payment
SET refunded_minor = refunded_minor + $3, ahead_minor = ahead_minor + $4,
    status = CASE WHEN refunded_minor + $3 = captured_minor THEN 'REFUNDED'
                  WHEN status IN ('ORPHANED', 'DISPUTED') THEN status
                  ELSE 'PARTIALLY_REFUNDED' END
WHERE concert_id = $1 AND id = $2
"""


async def refund_tickets(cancelled: Sequence[TicketsCancelled]) -> None:
    """Ask for what has to go back of cancelled tickets, in the transaction that cancels them.

    Raises:
        LookupError: nothing was charged for them.
    """
    for tickets in cancelled:
        if tickets.amount_minor:
            await _refund(tickets)


async def look_again(ended: Sequence[BookingEnded]) -> None:
    """Have the open payments of bookings that are over broken off, or served after all."""
    rows = await database.fetch_all(
        _LOOK_AGAIN, [one.concert_id for one in ended], [one.booking_id for one in ended]
    )
    await jobs.enqueue_many([settle_job(row["concert_id"], row["id"]) for row in rows])


async def owe_in_full(payment: Payment) -> None:
    """Ask for all of a charge back that no seats were left for, once."""
    await request_refund(
        payment.concert_id, payment.id, new_id(), RefundReason.SEATS_LOST, payment.amount_minor
    )


async def arrive(payment: Payment, refund: Refund, *, ahead_minor: int = 0) -> None:
    """Write down that a refund has arrived; `ahead_minor` of it before any ticket was cancelled."""
    key = payment.concert_id, payment.id
    await database.execute(_SUCCEED, payment.concert_id, refund.id)
    await database.execute(_ARRIVED, *key, refund.amount_minor, ahead_minor)
    await tell_within([RefundSucceeded(payment.concert_id, payment.booking_id, refund.id)])


async def read_refused(payment: Payment) -> Refused:
    """Read which refunds of a payment are refused, to be known before its provider is asked."""
    rows = Refund.filter(concert_id=payment.concert_id, payment_id=payment.id)
    refused = rows.filter(status=RefundStatus.FAILED).exclude(reason=_FOREIGN)
    return {(refund.id, refund.attempt) for refund in await refused}


async def compare_refunds(payment: Payment, refunded_minor: int, refused: Refused) -> bool:
    """Find what went back at the provider without us: it changes money only, and somebody is told.

    A refund of ours that it had refused counts as arrived if as much went back there. It must have
    been refused before the provider was asked: else what it says may count that very one still.

    Returns:
        Whether there was any.
    """
    ours = await Refund.filter(concert_id=payment.concert_id, payment_id=payment.id).order_by("id")
    sent = sum(one.amount_minor for one in ours if one.status is not RefundStatus.FAILED)
    extra_minor = refunded_minor - sent
    found = extra_minor > 0
    for refund in ours:
        if refund.status is not RefundStatus.FAILED or refund.reason is _FOREIGN:
            continue
        if refund.amount_minor <= extra_minor:
            if (refund.id, refund.attempt) in refused:
                await arrive(payment, refund)
            # Else the next look tells: it is due as long as a refund is refused.
            extra_minor -= refund.amount_minor
    if extra_minor > 0:
        await database.execute(_OWE_LESS, payment.concert_id, payment.id, extra_minor)
        await _write_foreign(payment, extra_minor)
    return found


async def _refund(tickets: TicketsCancelled) -> None:
    row = await database.fetch_one(_CHARGED, tickets.concert_id, tickets.booking_id)
    if row is None:
        raise LookupError(f"no charged payment of booking {tickets.booking_id}")
    back_minor = min(tickets.amount_minor, row["left_minor"])
    if back_minor < tickets.amount_minor:
        gone_minor = tickets.amount_minor - back_minor
        await database.execute(_SETTLE_AHEAD, tickets.concert_id, row["id"], gone_minor)
    if back_minor:
        await request_refund(
            tickets.concert_id,
            row["id"],
            tickets.cancellation_id,
            RefundReason.CANCELLED,
            back_minor,
        )


async def request_refund(
    concert_id: UUID, payment_id: UUID, refund_id: UUID, reason: RefundReason, amount_minor: int
) -> None:
    """Write down that money has to go back, and that it is to be sent at once."""
    await database.execute(_WRITE, concert_id, payment_id, refund_id, reason.value, amount_minor)
    # The job goes at once; should no runner be there, the reconciler finds the payment.
    await database.execute(_LOOK_SOON, concert_id, payment_id)
    await jobs.enqueue_many([settle_job(concert_id, payment_id)])


async def _write_foreign(payment: Payment, amount_minor: int) -> None:
    """Write down what went back at the provider; of an orphan it is not ahead of any ticket."""
    key, refund_id = (payment.concert_id, payment.id), new_id()
    await database.execute(_WRITE, *key, refund_id, RefundReason.AT_PROVIDER.value, amount_minor)
    refund = await Refund.get(concert_id=payment.concert_id, id=refund_id)
    ahead_minor = 0 if payment.status is PaymentStatus.ORPHANED else amount_minor
    await arrive(payment, refund, ahead_minor=ahead_minor)


def settle_job(concert_id: UUID, payment_id: UUID) -> jobs.Job:
    """Make the job that takes every step of a payment that is left; one waits at a time."""
    payload = {"concert": concert_id.hex, "payment": payment_id.hex}
    return jobs.Job(SETTLE, payload, key=f"{SETTLE}:{payment_id.hex}")
