"""Each card of provider `test` plays its story, and the database ends up as the story says."""

import asyncio
from typing import Any

import pytest

from bigcat_graphql import booking, payments
from bigcat_graphql.booking import WrongBookingState
from bigcat_graphql.booking.invariants import violations
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.models import Booking, BookingStatus, Payment, PaymentStatus, Ticket
from bigcat_graphql.payments import paying
from bigcat_graphql.payments.invariants import violations as money_violations
from bigcat_graphql.payments.play_money import Card, PlayMoney, act_for_buyer
from bigcat_graphql.payments.provider import ProviderState
from tests.booking.verbs import book, cancel, let_time_pass, pay, states
from tests.payments.attempts import let_the_provider_answer, payment_of
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def take_part() -> None:
    payments.take_part()


async def secret_of(made: Booking) -> str:
    return str((await payment_of(made)).client_secret)


async def test_an_unknown_card_is_told_of_all_cards() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    with pytest.raises(InvalidInput) as refusal:
        await pay(buyer, made, "stolen")

    assert all(f"`{card}`" in str(refusal.value) for card in Card)


async def test_a_card_that_needs_action_waits_for_its_buyer() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    waiting = await pay(buyer, made, "needs_action")

    assert waiting.status_now is BookingStatus.PENDING
    payment = await payment_of(made)
    assert payment.status is PaymentStatus.REQUIRES_ACTION
    assert payment.client_secret

    await act_for_buyer(payment.client_secret, approves=True)
    await payments.settle(payment.concert_id, payment.id)

    assert await states(concert) == "BAAAAAAAAA"
    done = await payment_of(made)
    assert (done.status, done.client_secret) == (PaymentStatus.CAPTURED, None)
    assert await violations() == await money_violations() == {}


async def test_a_buyer_can_act_once_and_by_the_secret_only() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")
    secret = await secret_of(made)

    for wrong in ("", secret.upper(), f"play_{made.id.hex}_secret", f" {secret}"):
        with pytest.raises(NotFound):
            await act_for_buyer(wrong, approves=True)
    await act_for_buyer(secret, approves=False)
    with pytest.raises(NotFound):
        await act_for_buyer(secret, approves=True)


async def test_another_card_takes_the_place_of_one_that_waits() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")
    first = await payment_of(made)

    paid = await pay(buyer, made, "approve")

    assert paid.status_now is BookingStatus.CONFIRMED
    assert (await Payment.get(id=first.id)).status is PaymentStatus.VOIDED
    with pytest.raises(NotFound):
        await act_for_buyer(str(first.client_secret), approves=True)


async def test_a_card_that_came_through_in_the_last_moment_is_the_one_that_pays() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")
    await act_for_buyer(await secret_of(made), approves=True)
    first = await payment_of(made)

    # Letting it go is what another card asks for first, and that is still possible here.
    results = await asyncio.gather(
        payments.settle(first.concert_id, first.id),
        pay(buyer, made, "approve"),
        return_exceptions=True,
    )

    assert not any(isinstance(one, AssertionError) for one in results)
    assert await states(concert) == "BAAAAAAAAA"
    assert await Ticket.filter(booking_id=made.id).count() == 1
    assert await violations() == await money_violations() == {}


async def test_another_card_does_not_let_go_of_one_that_came_through_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")
    await act_for_buyer(await secret_of(made), approves=True)
    first = await payment_of(made)
    stock_break_off, stock_capture = paying._break_off, PlayMoney.capture
    found_it_waiting, is_booked, has_tried = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def break_off_late(*given: Any) -> None:
        found_it_waiting.set()
        await is_booked.wait()
        await stock_break_off(*given)
        has_tried.set()

    async def capture_later(*given: Any) -> ProviderState:
        is_booked.set()
        await has_tried.wait()
        return await stock_capture(*given)

    monkeypatch.setattr(paying, "_break_off", break_off_late)
    monkeypatch.setattr(PlayMoney, "capture", capture_later)
    second = asyncio.create_task(pay(buyer, made, "approve"))
    await found_it_waiting.wait()
    settled = await payments.settle(first.concert_id, first.id)

    with pytest.raises(WrongBookingState):
        await second
    assert settled.status is PaymentStatus.CAPTURED
    assert await states(concert) == "BAAAAAAAAA"


async def test_a_buyer_can_give_up_while_the_card_waits() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")

    await cancel(buyer, made)
    assert await states(concert) == "AAAAAAAAAA"
    await payments.settle_open_payments()

    assert (await payment_of(made)).status is PaymentStatus.FAILED


async def test_a_slow_card_is_asked_again_until_it_answers() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    assert (await pay(buyer, made, "slow")).status_now is BookingStatus.PENDING
    with pytest.raises(booking.WrongBookingState) as refusal:
        await pay(buyer, made, "approve")
    assert refusal.value.payment_in_progress
    with pytest.raises(booking.WrongBookingState) as refusal:
        await cancel(buyer, made)
    assert refusal.value.payment_in_progress
    await payments.settle_open_payments(3600)
    assert (await payment_of(made)).status is PaymentStatus.CREATED
    await let_the_provider_answer(made)
    await payments.settle_open_payments(3600)

    assert (await payment_of(made)).status is PaymentStatus.CAPTURED
    assert await states(concert) == "BAAAAAAAAA"


async def test_a_charge_that_is_refused_in_the_end_takes_the_tickets_back() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)

    with pytest.raises(booking.WrongBookingState):
        await pay(buyer, made, "capture_fails")

    ended = await booking.find_booking(buyer, booking.BookingKey.of(made))
    assert ended is not None
    assert (ended.status, ended.end_reason) == ("CANCELLED", "PAYMENT_FAILED")
    assert await states(concert) == "A" * 10
    assert (await payment_of(made)).status is PaymentStatus.FAILED
    assert await Ticket.filter(booking_id=made.id, status="ISSUED").count() == 0
    assert await violations() == await money_violations() == {}


async def test_a_provider_that_is_away_leaves_the_payment_open_and_the_seats_kept() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    open_ = await pay(buyer, made, "unreachable")

    assert open_.status_now is BookingStatus.PENDING
    assert (await payment_of(made)).status is PaymentStatus.CREATED
    await let_the_provider_answer(made)
    await payments.settle_open_payments(3600)
    assert await states(concert) == "BAAAAAAAAA"
    assert await violations() == await money_violations() == {}


async def test_a_payment_that_takes_its_time_keeps_the_seats_for_twelve_minutes_once() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    kept = await pay(buyer, made, "needs_action")
    assert kept.seconds_left is not None
    assert 710 < kept.seconds_left <= 720
    again = await pay(buyer, made, "needs_action")

    # Breaking the first off is a failed attempt, which gives five minutes, once.
    assert kept.reserved_until is not None
    assert again.reserved_until is not None
    assert (again.reserved_until - kept.reserved_until).total_seconds() == 300
    third = await pay(buyer, made, "needs_action")
    assert third.reserved_until == again.reserved_until


async def test_a_second_decline_gives_no_more_time() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    until = []
    for _ in range(2):
        with pytest.raises(payments.PaymentDeclined) as refusal:
            await pay(buyer, made, "decline")
        until.append(refusal.value.reserved_until)

    assert made.reserved_until is not None
    assert [(one - made.reserved_until).total_seconds() for one in until] == [300, 300]
    assert await violations() == {}


async def test_a_late_card_takes_the_seats_back_when_all_are_free() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await pay(buyer, made, "late")
    await let_time_pass(made)
    await booking.sweep()
    assert await states(concert) == "A" * 10
    await payments.settle_open_payments()
    assert (await payment_of(made)).status is PaymentStatus.CREATED
    await let_the_provider_answer(made)

    await payments.settle_open_payments(3600)

    assert await states(concert) == "BBAAAAAAAA"
    paid = await booking.find_booking(buyer, booking.BookingKey.of(made))
    assert paid is not None
    assert paid.status is BookingStatus.CONFIRMED
    assert paid.end_reason is None
    assert paid.ended_at is None
    tickets = await Ticket.filter(booking_id=made.id)
    assert [ticket.price_minor for ticket in tickets] == [6500, 6500]
    assert await violations() == await money_violations() == {}


@pytest.mark.parametrize("is_swept", [True, False])
async def test_a_late_card_is_let_go_when_a_seat_is_gone(*, is_swept: bool) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await pay(buyer, made, "late")
    await let_time_pass(made)
    if is_swept:
        await booking.sweep()
    await book(await make_buyer(), concert, 1)
    await let_the_provider_answer(made)

    await payments.settle_open_payments(3600)

    assert (await payment_of(made)).status is PaymentStatus.VOIDED
    lost = await booking.find_booking(buyer, booking.BookingKey.of(made))
    assert lost is not None
    assert (lost.status, lost.end_reason) == ("EXPIRED", "SEATS_LOST")
    assert await states(concert) == "ARAAAAAAAA"
    assert await violations() == await money_violations() == {}


async def test_a_late_card_buys_no_more_than_an_account_may_have() -> None:
    concert, buyer = await make_concert(ticket_limit=2), await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await pay(buyer, made, "late")
    await let_time_pass(made)
    await pay(buyer, await book(buyer, concert, 5, 6))
    await let_the_provider_answer(made)

    await payments.settle_open_payments(3600)

    assert await states(concert) == "AAAAABBAAA"
    assert (await payment_of(made)).status is PaymentStatus.VOIDED
    assert await violations() == await money_violations() == {}


async def test_late_cards_and_new_buyers_race_for_seats_and_nobody_shares_one() -> None:
    concert = await make_concert()
    buyers = [await make_buyer() for _ in range(5)]
    made = [await book(buyer, concert, 2 * n, 2 * n + 1) for n, buyer in enumerate(buyers)]
    for buyer, one in zip(buyers, made, strict=True):
        await pay(buyer, one, "late")
    for one in made:
        await let_time_pass(one)
        await let_the_provider_answer(one)
    rivals = [await make_buyer() for _ in range(5)]

    await asyncio.gather(
        *(payments.settle_open_payments(3600) for _ in range(2)),
        *(book(rival, concert, 2 * n) for n, rival in enumerate(rivals)),
        booking.sweep(),
        return_exceptions=True,
    )
    await payments.settle_open_payments(3600)

    assert await violations() == await money_violations() == {}
    for one in made:
        served = (await Booking.get(id=one.id)).status is BookingStatus.CONFIRMED
        wanted = PaymentStatus.CAPTURED if served else PaymentStatus.VOIDED
        assert (await payment_of(one)).status is wanted
