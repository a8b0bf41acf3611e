"""Many attempts to pay in one transaction: keys, bookings, seats, payments, each for all at once.

An attempt whose provider has to be asked is only written down here, and asked about after the
commit. One whose outcome is known without asking anybody is done here whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking import BookingKey, WrongBookingState
from bigcat_graphql.booking.batch_keys import claim_keys, read_repeats, settle_keys
from bigcat_graphql.booking.batch_statements import BRIEF_WAIT_MS
from bigcat_graphql.booking.confirm import Confirmed, confirm_bookings
from bigcat_graphql.booking.events import BookingChanged, Event, tell
from bigcat_graphql.booking.grace import give_grace, keep_while_paying
from bigcat_graphql.booking.idempotency import Answer
from bigcat_graphql.booking.payable import Payable, lock_payable
from bigcat_graphql.booking.statements import TOUCH_BOOKING
from bigcat_graphql.errors import Busy, DomainError, InvalidInput, NotFound
from bigcat_graphql.models import Booking, BookingStatus, Payment, PaymentStatus
from bigcat_graphql.models.payment import LIVE_STATUSES
from bigcat_graphql.payments.attempt import Attempt, Begun, InTheWay, Outcome, Paid
from bigcat_graphql.payments.errors import PaymentDeclined
from bigcat_graphql.payments.provider import PaymentRequest, ProviderState, ProviderStatus

# All attempts of bookings so far. A statement of its own after the locks: it must see what those
# who held them committed. One by one, or a plan made when there were no payments reads all of them.
_ATTEMPTS = """
SELECT w.booking_id, p.id, p.status
FROM unnest($1::uuid[], $2::uuid[]) AS w (concert_id, booking_id)
CROSS JOIN LATERAL (
  SELECT id, status FROM payment p
  WHERE p.concert_id = w.concert_id AND p.booking_id = w.booking_id
  ORDER BY p.created_at
) p
"""

# An attempt that will be asked about keeps what it is for, and is looked at by the reconciler
# should its caller be gone by then.
_WRITE = """
INSERT INTO payment (id, concert_id, booking_id, status, amount_minor, captured_minor,
                     refunded_minor, currency, provider, payment_method, provider_reference,
                     decline_code, created_at, look_at, seat_indexes, seat_prices_minor)
SELECT w.id, b.concert_id, b.id, w.status, b.total_minor,
       CASE WHEN w.status = 'CAPTURED' THEN b.total_minor ELSE 0 END,
       0, b.currency, w.provider, w.payment_method, w.reference, w.decline_code, now(),
       CASE WHEN w.status = 'CREATED' THEN now() + interval '30 seconds' END,
       seats.indexes, seats.prices
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[])
  AS w (id, concert_id, booking_id, status, provider, payment_method, reference, decline_code)
JOIN booking b ON b.concert_id = w.concert_id AND b.id = w.booking_id
LEFT JOIN LATERAL (
  SELECT array_agg(s.index ORDER BY s.index) AS indexes,
         array_agg(s.price_minor ORDER BY s.index) AS prices
  FROM seat s
  WHERE w.status = 'CREATED' AND s.concert_id = b.concert_id AND s.booking_id = b.id
) seats ON TRUE
"""


@dataclass(slots=True)
class _Desk:
    """What one run of the transaction has worked out so far."""

    payables: dict[BookingKey, Payable]
    attempts: dict[UUID, list[Record]]
    outcomes: dict[Attempt, Outcome] = field(default_factory=dict)
    states: dict[Attempt, ProviderState | None] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def with_status(self, status: ProviderStatus | None) -> list[Attempt]:
        """List the attempts that nothing has come of yet, by what their providers say."""
        return [
            attempt
            for attempt, state in self.states.items()
            if attempt not in self.outcomes and (state.status if state else None) is status
        ]


async def start_batch(attempts: Sequence[Attempt]) -> dict[Attempt, Outcome]:
    """Begin attempts, or do them whole; no two may have the same key or the same booking.

    Raises:
        Busy: a lock was not to be had in time; nothing was done for any of them.
        OutcomeUnknown: the connection was lost at commit; the same keys tell.
    """
    # A row that is stuck must not hold up all of them: whoever needs it waits alone.
    brief = BRIEF_WAIT_MS if len(attempts) > 1 else None
    outcomes, events = await database.run_transaction(lambda: _start(attempts), lock_wait_ms=brief)
    tell(events)
    return outcomes


async def _start(attempts: Sequence[Attempt]) -> tuple[dict[Attempt, Outcome], list[Event]]:
    """Keys, bookings, seats: the lock order, each step for all attempts at once."""
    claimed = await claim_keys(attempts)
    repeats = await read_repeats([one for one in attempts if one not in claimed])
    new = [attempt for attempt in attempts if attempt in claimed]
    desk = await _read_desk(new)
    for attempt in new:
        _judge(desk, attempt)
    await _confirm(desk)
    await _write(desk)
    await _decline(desk)
    await _begin(desk)
    await settle_keys(desk.outcomes)
    again = {attempt: _repeated(answer) for attempt, answer in repeats.items()}
    return {**again, **desk.outcomes}, desk.events


async def _read_desk(attempts: Sequence[Attempt]) -> _Desk:
    names = [attempt.key for attempt in attempts]
    payables = await lock_payable(names)
    rows = await database.fetch_all(
        _ATTEMPTS, [key.concert_id for key in names], [key.booking_id for key in names]
    )
    earlier: dict[UUID, list[Record]] = {}
    for row in rows:
        earlier.setdefault(row["booking_id"], []).append(row)
    return _Desk(payables, earlier)


def _judge(desk: _Desk, attempt: Attempt) -> None:
    payable = desk.payables.get(attempt.key)
    if payable is None or payable.booking.account_id != attempt.intent.account_id:
        desk.outcomes[attempt] = NotFound(("input", "bookingId"))
        return
    booking = payable.booking
    if booking.status_now is not BookingStatus.PENDING:
        desk.outcomes[attempt] = WrongBookingState(booking.status_now)
        return
    # Before anything is let go of: what cannot be begun takes no other attempt's place.
    if fault := attempt.provider.check(booking.total, attempt.payment_method):
        desk.outcomes[attempt] = InvalidInput(fault, ("input", "paymentMethod"))
        return
    for row in desk.attempts.get(booking.id, ()):
        if row["status"] == PaymentStatus.REQUIRES_ACTION:
            desk.outcomes[attempt] = InTheWay(row["id"])
        elif row["status"] in LIVE_STATUSES:
            desk.outcomes[attempt] = WrongBookingState(booking.status, payment_in_progress=True)
    if attempt not in desk.outcomes:
        # It neither waits nor asks anybody: a provider that would has nothing to say here.
        desk.states[attempt] = attempt.provider.answer_at_once(_request(attempt, booking))


def _request(attempt: Attempt, booking: Booking) -> PaymentRequest:
    return PaymentRequest(
        attempt.payment_id,
        booking.concert_id,
        booking.id,
        booking.total,
        attempt.payment_method,
    )


async def _confirm(desk: _Desk) -> None:
    """Make the seats of all BOOKED that are charged as soon as this commits.

    Authorizing first and charging later would protect nobody here: the charge exists exactly if
    this transaction commits, and with it the seats are BOOKED. There is nobody else to disagree.
    """
    approved = desk.with_status(ProviderStatus.CAPTURED)
    counts = {one.key: desk.payables[one.key].booking.seat_count for one in approved}
    confirmed = await confirm_bookings(counts)
    for attempt in approved:
        if done := confirmed.get(attempt.key):
            desk.events += done.events
            desk.outcomes[attempt] = _paid(desk, attempt, done)
        else:
            # Its time ran out while we waited for its row, and somebody took a seat.
            desk.outcomes[attempt] = WrongBookingState(BookingStatus.EXPIRED)


def _paid(desk: _Desk, attempt: Attempt, done: Confirmed) -> Paid:
    payable, state = desk.payables[attempt.key], desk.states[attempt]
    booking = payable.as_confirmed(done.version)
    payment = database.make_written(
        Payment,
        id=attempt.payment_id,
        concert_id=booking.concert_id,
        booking_id=booking.id,
        status=PaymentStatus.CAPTURED,
        amount_minor=booking.total_minor,
        captured_minor=booking.total_minor,
        currency=booking.currency,
        provider=attempt.provider.name,
        payment_method=attempt.payment_method,
        provider_reference=state.reference if state else None,
        created_at=payable.now,
    )
    return Paid(booking, payment, done.tickets)


async def _write(desk: _Desk) -> None:
    """Write the payments down: charged, declined, or to be asked about."""
    rows = [
        *_rows(desk, (one for one, out in desk.outcomes.items() if isinstance(out, Paid))),
        *_rows(desk, desk.with_status(ProviderStatus.DECLINED)),
        *_rows(desk, desk.with_status(None)),
    ]
    if rows:
        await database.execute(_WRITE, *(list(column) for column in zip(*rows, strict=True)))


_STATUS = {
    ProviderStatus.CAPTURED: PaymentStatus.CAPTURED,
    ProviderStatus.DECLINED: PaymentStatus.FAILED,
}


def _rows(desk: _Desk, attempts: Iterable[Attempt]) -> list[tuple[object, ...]]:
    return [
        (
            attempt.payment_id,
            attempt.key.concert_id,
            attempt.key.booking_id,
            _STATUS[state.status].value if state else PaymentStatus.CREATED.value,
            attempt.provider.name,
            attempt.payment_method,
            state.reference if state else None,
            state.decline_code if state else None,
        )
        for attempt in attempts
        for state in [desk.states[attempt]]
    ]


async def _decline(desk: _Desk) -> None:
    for attempt in desk.with_status(ProviderStatus.DECLINED):
        events = await give_grace(attempt.key) or [await _touch(attempt.key)]
        desk.events += events
        kept = await Booking.get(concert_id=attempt.key.concert_id, id=attempt.key.booking_id)
        desk.outcomes[attempt] = PaymentDeclined(kept.reserved_until or kept.created_at)


async def _begin(desk: _Desk) -> None:
    for attempt in desk.with_status(None):
        # Once: what a second card takes is what the grace after the first one's decline is for.
        is_first = attempt.key.booking_id not in desk.attempts
        kept = await keep_while_paying(attempt.key) if is_first else []
        desk.events += kept or [await _touch(attempt.key)]
        desk.outcomes[attempt] = Begun(attempt.payment_id)


async def _touch(key: BookingKey) -> Event:
    row = await database.fetch_one(TOUCH_BOOKING, key.concert_id, key.booking_id)
    if row is None:
        raise LookupError(key)
    return BookingChanged(key.concert_id, key.booking_id, row["version"])


def _repeated(answer: Answer | DomainError | None) -> Outcome:
    if answer is None:
        return Busy()
    return answer if isinstance(answer, DomainError) else Begun(_made(answer))


def _made(answer: Answer) -> UUID:
    if answer.made is None:
        raise LookupError(answer)
    return answer.made
