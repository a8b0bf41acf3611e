"""The steps of a payment: what its provider says now, written down with what follows from it.

    CREATED, REQUIRES_ACTION ── authorized ──> AUTHORIZED, seats BOOKED ── captured ──> CAPTURED
       ├── declined ──> FAILED                   └── refused ──> FAILED, booking CANCELLED
       └── authorized, seats lost ──> ORPHANED ── let go ──> VOIDED
                                          └── charged, given back in full ──> REFUNDED

A step is one transaction under the locks of account and booking. It judges by the payment as it is
then, and does nothing where somebody else was quicker. No provider is called here.
"""

from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.events import BookingChanged, Event, tell, tell_within
from bigcat_graphql.booking.grace import give_grace
from bigcat_graphql.booking.release import end_unpaid
from bigcat_graphql.booking.resume import Held, PaidSeats, hold_booking, lose_seats, serve_payment
from bigcat_graphql.booking.statements import TOUCH_BOOKING
from bigcat_graphql.models import BookingStatus, Payment, PaymentStatus
from bigcat_graphql.payments.events import PaymentCameLate
from bigcat_graphql.payments.owing import Refused, compare_refunds, owe_in_full
from bigcat_graphql.payments.provider import (
    ProviderState,
    ProviderStatus,
)

WAITING = (PaymentStatus.CREATED, PaymentStatus.REQUIRES_ACTION)
CHARGED = (
    PaymentStatus.CAPTURED,
    PaymentStatus.PARTIALLY_REFUNDED,
    PaymentStatus.REFUNDED,
    PaymentStatus.DISPUTED,
)
_GOOD = (ProviderStatus.AUTHORIZED, ProviderStatus.CAPTURED)
_BAD = (ProviderStatus.DECLINED, ProviderStatus.VOIDED)

# A payment is looked at again as long as something is left to do. Whoever is at work now has half a
# minute before the reconciler comes by.
_PLAN = """
UPDATE payment p
SET look_at = CASE
    WHEN p.status IN ('CREATED', 'REQUIRES_ACTION', 'AUTHORIZED', 'ORPHANED', 'DISPUTED')
      OR EXISTS (SELECT FROM refund r WHERE r.concert_id = p.concert_id AND r.payment_id = p.id
                 AND r.status <> 'SUCCEEDED' AND r.reason <> 'AT_PROVIDER')
    THEN coalesce(p.look_at, now() + interval '30 seconds') END
WHERE p.concert_id = $1 AND p.id = $2
"""

_UNDISPUTED = """
UPDATE payment
SET status = CASE WHEN refunded_minor = 0 THEN 'CAPTURED'
                  WHEN refunded_minor = captured_minor THEN 'REFUNDED'
                  ELSE 'PARTIALLY_REFUNDED' END
WHERE concert_id = $1 AND id = $2
"""


async def take_step(
    payment: Payment, state: ProviderState, refused: Refused = frozenset()
) -> Payment:
    """Write down what the provider says of a payment, and what follows for seats and tickets.

    Args:
        payment: What it is about.
        state: What the provider says.
        refused: What `read_refused` said before the provider was asked.

    Returns:
        The payment as it is then.
    """

    async def work() -> list[Event]:
        held = await hold_booking(key_of(payment))
        return await finish_step(
            held.key, payment.id, await _follow(held, payment.id, state, refused)
        )

    tell(await database.run_transaction(work))
    return await read_payment(payment.concert_id, payment.id)


async def give_up(payment: Payment) -> Payment:
    """Say that an attempt which waits for its buyer must go, unless it has come through meanwhile.

    First here, then at the provider: let go there while its seats become BOOKED, it would lose
    them to the buyer, who has paid nobody then.

    Returns:
        The payment as it is then.
    """

    async def work() -> list[Event]:
        held = await hold_booking(key_of(payment))
        now = await read_payment(payment.concert_id, payment.id)
        if now.status is not PaymentStatus.REQUIRES_ACTION:
            return []
        gone = ProviderState(ProviderStatus.VOIDED, now.provider_reference or "")
        await _orphan(now, gone)
        return await finish_step(held.key, payment.id, await give_grace(held.key))

    tell(await database.run_transaction(work))
    return await read_payment(payment.concert_id, payment.id)


async def read_payment(concert_id: UUID, payment_id: UUID) -> Payment:
    """Read a payment that exists."""
    return await Payment.get(concert_id=concert_id, id=payment_id)


def key_of(payment: Payment) -> BookingKey:
    """Name the booking that a payment is for."""
    return BookingKey(payment.concert_id, payment.booking_id)


async def finish_step(key: BookingKey, payment_id: UUID, events: list[Event] | None) -> list[Event]:
    """Plan the next look, and let viewers of the booking know of any change; None means none."""
    if events is None:
        return []
    await database.execute(_PLAN, key.concert_id, payment_id)
    if any(isinstance(event, BookingChanged) for event in events):
        return events
    row = await database.fetch_one(TOUCH_BOOKING, key.concert_id, key.booking_id)
    if row is None:
        raise LookupError(key)
    return [*events, BookingChanged(key.concert_id, key.booking_id, row["version"])]


async def _follow(
    held: Held, payment_id: UUID, state: ProviderState, refused: Refused
) -> list[Event] | None:
    """Do what follows from the state for the payment as it is under the lock; None is nothing."""
    payment = await read_payment(held.key.concert_id, payment_id)
    if payment.status in WAITING:
        if state.status in _GOOD:
            return await _serve(held, payment, state)
        return await (_decline if state.status in _BAD else _wait)(payment, state)
    if payment.status is PaymentStatus.AUTHORIZED:
        return await _charge(payment, state)
    if payment.status in {PaymentStatus.FAILED, PaymentStatus.VOIDED}:
        # Its attempt was over for us: whatever the provider has of it now is nobody's money.
        return await _orphan(payment, state) if state.status in _GOOD else None
    if payment.status is PaymentStatus.ORPHANED and payment.captured_minor == 0:
        return await _let_go(payment, state)
    return await _compare(payment, state, refused)


async def _serve(held: Held, payment: Payment, state: ProviderState) -> list[Event]:
    seats = PaidSeats(payment.seat_indexes or (), payment.seat_prices_minor or ())
    if events := await serve_payment(held, seats):
        await _write_good(payment, state)
        return events
    await _orphan(payment, state)
    lost = held.booking.status_now is BookingStatus.EXPIRED
    return await lose_seats(held.key) if lost else []


async def _write_good(payment: Payment, state: ProviderState) -> None:
    is_charged = state.status is ProviderStatus.CAPTURED
    await _write(
        payment,
        state,
        status=PaymentStatus.CAPTURED if is_charged else PaymentStatus.AUTHORIZED,
        captured_minor=payment.amount_minor if is_charged else 0,
    )


async def _decline(payment: Payment, state: ProviderState) -> list[Event]:
    await _write(
        payment, state, status=PaymentStatus.FAILED, decline_code=(state.decline_code or "")[:100]
    )
    return await give_grace(key_of(payment))


async def _wait(payment: Payment, state: ProviderState) -> list[Event] | None:
    acts = state.status is ProviderStatus.REQUIRES_ACTION
    status = PaymentStatus.REQUIRES_ACTION if acts else PaymentStatus.CREATED
    known = payment.status, payment.provider_reference, payment.client_secret
    if known == (status, state.reference, state.client_secret):
        return None
    await _write(payment, state, status=status)
    return []


async def _charge(payment: Payment, state: ProviderState) -> list[Event] | None:
    if state.status is ProviderStatus.CAPTURED:
        await _write_good(payment, state)
        return []
    if state.status in _BAD:
        events = await end_unpaid(key_of(payment))
        await _write(payment, state, status=PaymentStatus.FAILED)
        return events
    return None


async def _orphan(payment: Payment, state: ProviderState) -> list[Event]:
    """Say that the money must go: first here, then at the provider, so that no crash forgets it."""
    await _write(payment, state, status=PaymentStatus.ORPHANED)
    if state.status is ProviderStatus.CAPTURED:
        await _let_go(payment, state)
    if state.status is ProviderStatus.AUTHORIZED:
        # Of a charge the refund tells; of this nothing else ever would.
        await tell_within([PaymentCameLate(payment.concert_id, payment.booking_id, payment.id)])
    return []


async def _let_go(payment: Payment, state: ProviderState) -> list[Event] | None:
    if state.status is ProviderStatus.CAPTURED:
        await _write(payment, state, captured_minor=payment.amount_minor)
        await owe_in_full(payment)
        return []
    if state.status in _BAD:
        await _write(payment, state, status=PaymentStatus.VOIDED)
        return []
    return None


async def _compare(payment: Payment, state: ProviderState, refused: Refused) -> list[Event] | None:
    """Take over what happened to a charge at the provider: disputes, and refunds made there."""
    is_changed = await compare_refunds(payment, state.refunded_minor, refused)
    was_disputed = payment.status is PaymentStatus.DISPUTED
    if state.is_disputed and payment.status in CHARGED and not was_disputed:
        await _write(payment, state, status=PaymentStatus.DISPUTED)
        return []
    if was_disputed and not state.is_disputed:
        await database.execute(_UNDISPUTED, payment.concert_id, payment.id)
        return []
    return [] if is_changed else None


async def _write(payment: Payment, state: ProviderState, **changes: object) -> None:
    rows = Payment.filter(concert_id=payment.concert_id, id=payment.id)
    await rows.update(
        provider_reference=state.reference or payment.provider_reference,
        client_secret=state.client_secret,
        **changes,
    )
