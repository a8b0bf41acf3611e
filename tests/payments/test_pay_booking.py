import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from bigcat_graphql import booking, payments
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking, BookingStatus, Payment, PaymentStatus, Ticket
from bigcat_graphql.payments.play_money import act_for_buyer
from tests.booking.verbs import book, cancel, let_time_pass, pay, states
from tests.payments.attempts import leave_open, let_the_provider_answer, payment_of
from tests.scenes import make_buyer, make_concert, make_organizer

pytestmark = pytest.mark.usefixtures("database")


async def test_an_approved_payment_books_the_seats_and_issues_tickets() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)

    paid = await pay(buyer, made)

    assert paid.status_now is BookingStatus.CONFIRMED
    assert await states(concert) == "BBAAAAAAAA"
    tickets = await Ticket.filter(booking_id=made.id).order_by("seat_index")
    assert [(ticket.seat_index, ticket.price_minor) for ticket in tickets] == [(0, 6500), (1, 6500)]
    assert len({ticket.code for ticket in tickets}) == 2
    key = BookingKey.of(made)
    payment = (await payments.latest_payments([key]))[key]
    assert (payment.status, payment.amount_minor) == (PaymentStatus.CAPTURED, 13_000)


async def test_a_declined_payment_leaves_the_booking_pending() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    with pytest.raises(payments.PaymentDeclined) as refusal:
        await pay(buyer, made, "decline")

    assert made.reserved_until is not None
    assert refusal.value.reserved_until == made.reserved_until + timedelta(minutes=5)
    assert await states(concert) == "RAAAAAAAAA"
    assert (await Payment.get(booking_id=made.id)).status is PaymentStatus.FAILED
    assert (await pay(buyer, made)).status_now is BookingStatus.CONFIRMED


async def test_a_repeat_pays_once() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    first = await pay(buyer, made, key="k")
    again = await pay(buyer, made, key="k")

    assert (again.id, again.version) == (first.id, first.version)
    assert await Payment.filter(booking_id=made.id).count() == 1


async def test_a_repeat_of_a_decline_is_declined_again() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    for _ in range(2):
        with pytest.raises(payments.PaymentDeclined):
            await pay(buyer, made, "decline", key="k")

    assert await Payment.filter(booking_id=made.id).count() == 1


async def test_repeats_of_a_decline_at_the_same_moment_are_all_declined() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    clicks = (pay(buyer, made, "decline", key="k") for _ in range(16))
    results = await asyncio.gather(*clicks, return_exceptions=True)

    assert [type(one) for one in results] == [payments.PaymentDeclined] * 16
    assert await Payment.filter(booking_id=made.id).count() == 1


async def test_a_repeat_is_declined_after_somebody_else_ended_the_attempt() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action", key="k")
    await act_for_buyer(str((await payment_of(made)).client_secret), approves=False)
    await payments.settle_open_payments(3600)

    for _ in range(2):
        with pytest.raises(payments.PaymentDeclined):
            await pay(buyer, made, "needs_action", key="k")


async def test_a_repeat_learns_that_the_seats_were_lost() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "slow", key="k")
    await let_time_pass(made)
    await book(await make_buyer(), concert, 0)
    await let_the_provider_answer(made)

    clicks = (pay(buyer, made, "slow", key="k") for _ in range(4))
    results = await asyncio.gather(*clicks, return_exceptions=True)

    assert [type(one) for one in results] == [booking.WrongBookingState] * 4
    assert (await payment_of(made)).status is PaymentStatus.VOIDED


async def test_two_keys_at_once_make_one_charge() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    results = await asyncio.gather(*(pay(buyer, made) for _ in range(8)), return_exceptions=True)

    assert all(isinstance(one, Booking | booking.WrongBookingState) for one in results)
    charged = await Payment.filter(booking_id=made.id, status=PaymentStatus.CAPTURED).count()
    assert charged == 1
    assert await Ticket.filter(booking_id=made.id).count() == 1


async def test_only_a_pending_booking_can_be_paid() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    gone = await cancel(buyer, await book(buyer, concert, 0))
    lapsed = await book(buyer, concert, 1)
    await let_time_pass(lapsed)

    for made, status in ((gone, BookingStatus.CANCELLED), (lapsed, BookingStatus.EXPIRED)):
        with pytest.raises(booking.WrongBookingState) as refusal:
            await pay(buyer, made)
        assert refusal.value.status is status
    assert await Payment.all().count() == 0


async def test_only_the_owner_pays() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    for stranger in (await make_buyer(), await make_organizer(concert)):
        with pytest.raises(NotFound):
            await pay(stranger, made)


@pytest.mark.parametrize(
    ("provider", "method", "field"),
    [
        ("gold", "approve", "provider"),
        ("test", "stolen", "paymentMethod"),
        (None, None, "paymentMethod"),
    ],
)
async def test_unknown_providers_and_methods_are_named(
    provider: str | None, method: str | None, field: str
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    with pytest.raises(InvalidInput) as refusal:
        await payments.pay_booking(
            buyer,
            key=BookingKey.of(made),
            provider=provider,
            payment_method=method,
            idempotency_key=uuid4().hex,
        )

    assert refusal.value.path == ("input", field)


async def test_an_attempt_that_a_dead_process_left_is_taken_to_its_end() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await leave_open(made)

    assert await payments.settle_open_payments() == 1

    assert await states(concert) == "BAAAAAAAAA"
    assert (await Payment.get(booking_id=made.id)).status is PaymentStatus.CAPTURED
    assert await payments.settle_open_payments() == 0


async def test_an_attempt_that_two_take_up_at_once_is_paid_once() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await leave_open(made)

    await asyncio.gather(*(payments.settle_open_payments() for _ in range(4)))

    assert (await Payment.get(booking_id=made.id)).status is PaymentStatus.CAPTURED
    assert await Ticket.filter(booking_id=made.id).count() == 1


async def test_a_decline_that_nobody_waits_for_any_more_is_written_down() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await leave_open(made, method="decline")

    await payments.settle_open_payments()

    assert (await Payment.get(booking_id=made.id)).status is PaymentStatus.FAILED


async def test_an_attempt_that_cannot_be_settled_does_not_stop_the_others() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    gone, sound = await book(buyer, concert, 0), await book(buyer, concert, 1)
    lost = await leave_open(gone)
    await Payment.filter(id=lost).update(provider="closed-down")
    await leave_open(sound)

    with capture_logs() as logs:
        assert await payments.settle_open_payments() == 2

    assert (await Payment.get(booking_id=sound.id)).status is PaymentStatus.CAPTURED
    assert [line["payment_id"] for line in logs if line["event"] == "settling_failed"] == [lost.hex]


async def test_an_attempt_still_running_is_left_alone() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    await leave_open(await book(buyer, concert, 0), due=False)

    assert await payments.settle_open_payments() == 0


async def test_money_for_seats_that_were_lost_is_let_go() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    payment_id = await leave_open(made)
    await let_time_pass(made)
    quicker = await book(await make_buyer(), concert, 1)

    await payments.settle_open_payments()

    assert (await Payment.get(id=payment_id)).status is PaymentStatus.VOIDED
    assert await Ticket.filter(booking_id=made.id).count() == 0
    key = BookingKey.of(quicker)
    assert [seat.index for seat in (await booking.seats_of([key]))[key]] == [1]


async def test_a_late_payment_takes_seats_that_nobody_took() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await leave_open(made)
    await let_time_pass(made)

    await payments.settle_open_payments()

    assert await states(concert) == "BBAAAAAAAA"


async def test_payments_are_seen_by_whoever_sees_the_booking() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await pay(buyer, await book(buyer, concert, 0))
    payment = await Payment.get(booking_id=made.id)

    for viewer in (buyer, await make_organizer(concert)):
        assert await payments.find_payment(viewer, concert.id, payment.id) == payment
    for stranger in (await make_buyer(), None):
        assert await payments.find_payment(stranger, concert.id, payment.id) is None
    assert await payments.find_payment(buyer, concert.id, new_id()) is None


async def test_the_database_allows_one_live_attempt() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await leave_open(made)

    with pytest.raises(Exception, match="payment_one_live"):
        await leave_open(made, status=PaymentStatus.AUTHORIZED)


async def test_a_card_that_does_not_exist_takes_no_other_attempts_place() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")

    with pytest.raises(InvalidInput):
        await pay(buyer, made, "no_such_card")

    assert (await payment_of(made)).status is PaymentStatus.REQUIRES_ACTION
