import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from bigcat_graphql import booking, database, payments
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking, BookingStatus, Payment, PaymentStatus, Ticket
from bigcat_graphql.payments.play_money import Authorization, PlayMoney
from tests.booking.verbs import book, cancel, let_time_pass, pay, states
from tests.scenes import make_buyer, make_concert, make_organizer

pytestmark = pytest.mark.usefixtures("database")


async def leave_open(
    made: Booking, *, status: PaymentStatus, method: str = "approve", seconds: int = 60
) -> UUID:
    """Write an attempt as a process that died would have left it."""
    payment_id = new_id()
    await database.execute(
        "INSERT INTO payment (id, concert_id, booking_id, status, amount_minor, refunded_minor,"
        " currency, provider, payment_method, created_at)"
        " VALUES ($1, $2, $3, $4, $5, 0, $6, 'test', $7, now() - make_interval(secs => $8))",
        payment_id,
        made.concert_id,
        made.id,
        status.value,
        made.total_minor,
        made.currency,
        method,
        float(seconds),
    )
    return payment_id


async def be_away(*_: object) -> None:
    """Do as a provider whose line is cut."""
    raise ConnectionError


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

    assert refusal.value.reserved_until == made.reserved_until
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


async def test_a_repeat_is_declined_after_somebody_else_ended_the_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    with monkeypatch.context() as patch:
        patch.setattr(PlayMoney, "authorize", be_away)
        with pytest.raises(ConnectionError):
            await pay(buyer, made, "decline", key="k")
    await payments.settle_open_payments(0)

    for _ in range(2):
        with pytest.raises(payments.PaymentDeclined):
            await pay(buyer, made, "decline", key="k")


async def test_a_repeat_that_comes_second_learns_that_the_seats_were_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    stock, lost, waiting = PlayMoney.authorize, asyncio.Event(), list[object]()

    async def answer_one_after_the_other(*given: Any) -> Authorization:
        is_first = not waiting
        waiting.append(given)
        await lost.wait()
        while (
            not is_first and (await Payment.get(booking_id=made.id)).status is PaymentStatus.CREATED
        ):
            await asyncio.sleep(0.01)
        return await stock(*given)

    monkeypatch.setattr(PlayMoney, "authorize", answer_one_after_the_other)
    clicks = [asyncio.create_task(pay(buyer, made, key="k")) for _ in range(2)]
    while len(waiting) < 2:
        await asyncio.sleep(0.01)
    await let_time_pass(made)
    await book(await make_buyer(), concert, 0)
    lost.set()

    results = await asyncio.gather(*clicks, return_exceptions=True)

    assert [type(one) for one in results] == [booking.WrongBookingState] * 2
    assert (await Payment.get(booking_id=made.id)).status is PaymentStatus.VOIDED


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
    await leave_open(made, status=PaymentStatus.CREATED)

    assert await payments.settle_open_payments() == 1

    assert await states(concert) == "BAAAAAAAAA"
    assert (await Payment.get(booking_id=made.id)).status is PaymentStatus.CAPTURED
    assert await payments.settle_open_payments() == 0


async def test_an_attempt_that_two_take_up_at_once_is_paid_once() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await leave_open(made, status=PaymentStatus.CREATED)

    await asyncio.gather(*(payments.settle_open_payments() for _ in range(4)))

    assert (await Payment.get(booking_id=made.id)).status is PaymentStatus.CAPTURED
    assert await Ticket.filter(booking_id=made.id).count() == 1


async def test_a_decline_that_nobody_waits_for_any_more_is_written_down() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await leave_open(made, status=PaymentStatus.CREATED, method="decline")

    await payments.settle_open_payments()

    assert (await Payment.get(booking_id=made.id)).status is PaymentStatus.FAILED


async def test_an_attempt_that_cannot_be_settled_does_not_stop_the_others() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    gone, sound = await book(buyer, concert, 0), await book(buyer, concert, 1)
    lost = await leave_open(gone, status=PaymentStatus.CREATED, seconds=90)
    await Payment.filter(id=lost).update(provider="closed-down")
    await leave_open(sound, status=PaymentStatus.CREATED)

    with capture_logs() as logs:
        assert await payments.settle_open_payments() == 2

    assert (await Payment.get(booking_id=sound.id)).status is PaymentStatus.CAPTURED
    assert [line["payment_id"] for line in logs if line["event"] == "settling_failed"] == [lost.hex]


async def test_an_attempt_still_running_is_left_alone() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    await leave_open(await book(buyer, concert, 0), status=PaymentStatus.CREATED, seconds=5)

    assert await payments.settle_open_payments() == 0


async def test_money_for_seats_that_were_lost_is_let_go() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    payment_id = await leave_open(made, status=PaymentStatus.CREATED)
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
    await leave_open(made, status=PaymentStatus.CREATED)
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
    await leave_open(made, status=PaymentStatus.CREATED)

    with pytest.raises(Exception, match="payment_one_live"):
        await leave_open(made, status=PaymentStatus.AUTHORIZED)
