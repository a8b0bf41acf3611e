"""Attempts to pay as somebody else has left them, and what is in the provider's books."""

from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking, Payment, PaymentStatus


async def leave_open(
    made: Booking,
    *,
    status: PaymentStatus = PaymentStatus.CREATED,
    method: str = "approve",
    due: bool = True,
) -> UUID:
    """Write an attempt as a process that died would have left it."""
    payment_id = new_id()
    await database.execute(
        "INSERT INTO payment (id, concert_id, booking_id, status, amount_minor, refunded_minor,"
        " currency, provider, payment_method, created_at, look_at, seat_indexes, seat_prices_minor)"
        " SELECT $1, $2, $3, $4, $5, 0, $6, 'test', $7, now(),"
        " now() + CASE WHEN $8 THEN interval '0' ELSE interval '1 hour' END,"
        " array_agg(s.index ORDER BY s.index), array_agg(s.price_minor ORDER BY s.index)"
        " FROM seat s WHERE s.concert_id = $2 AND s.booking_id = $3",
        payment_id,
        made.concert_id,
        made.id,
        status.value,
        made.total_minor,
        made.currency,
        method,
        due,
    )
    return payment_id


async def payment_of(made: Booking) -> Payment:
    """Read the last attempt to pay a booking."""
    payments = Payment.filter(concert_id=made.concert_id, booking_id=made.id)
    found = await payments.order_by("-created_at", "-id").first()
    assert found is not None
    return found


async def let_the_provider_answer(made: Booking) -> None:
    """Move the time at which provider `test` answers into the past, as waiting would."""
    await database.execute(
        "UPDATE play_payment SET answers_at = now() - interval '1 second' WHERE id IN"
        " (SELECT id FROM payment WHERE booking_id = $1)",
        made.id,
    )
