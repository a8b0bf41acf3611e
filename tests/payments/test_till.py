"""Many attempts in one transaction: each alone in what comes of it."""

import asyncio
from uuid import UUID

import pytest
from tortoise.models import Model

from bigcat_graphql import booking, database, payments
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.invariants import violations
from bigcat_graphql.booking.lookup import get_booking
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import Busy, NotFound
from bigcat_graphql.models import Booking, BookingStatus, Payment, PaymentStatus, Ticket
from bigcat_graphql.payments import starting
from bigcat_graphql.payments.invariants import violations as money_violations
from bigcat_graphql.payments.play_money import PlayMoney
from bigcat_graphql.payments.provider import PaymentRequest, ProviderState
from tests.booking.verbs import book, cancel, let_time_pass, pay, states
from tests.payments.attempts import payment_of
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")


def columns(row: Model) -> dict[str, object]:
    """Read what is in the row's table."""
    return {name: getattr(row, name) for name in sorted(row._meta.db_fields)}


async def test_a_batch_answers_each_by_its_own_and_takes_few_transactions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    concert = await make_concert(rows=4, seats_per_row=10)
    buyers = [await make_buyer() for _ in range(12)]
    made = [await book(buyer, concert, 2 * n, 2 * n + 1) for n, buyer in enumerate(buyers)]
    await let_time_pass(made[3])
    await cancel(buyers[4], made[4])
    cards = ["approve"] * 12
    cards[1], cards[2] = "decline", "needs_action"
    batches: list[int] = []
    stock = starting.start_batch

    async def count(attempts: list[object]) -> object:
        batches.append(len(attempts))
        return await stock(attempts)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr("bigcat_graphql.payments.till.start_batch", count)
    wishes = [pay(buyers[n], made[n], cards[n]) for n in range(12)]
    wishes.append(pay(buyers[0], made[5]))  # somebody else's
    results = await asyncio.gather(*wishes, return_exceptions=True)

    assert isinstance(results[1], payments.PaymentDeclined)
    assert isinstance(results[2], Booking)
    assert results[2].status_now is BookingStatus.PENDING
    for n in (3, 4):
        assert isinstance(results[n], booking.WrongBookingState)
    assert isinstance(results[12], NotFound)
    for n in (0, *range(5, 12)):
        paid = results[n]
        assert isinstance(paid, Booking)
        assert paid.status_now is BookingStatus.CONFIRMED
        assert await Ticket.filter(booking_id=made[n].id).count() == 2
    assert sum(batches) == 13
    assert len(batches) <= 4
    assert await violations() == await money_violations() == {}


async def test_what_a_batch_shows_is_what_it_wrote() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 3, 1)

    paid = await payments.pay_booking(
        buyer,
        key=BookingKey.of(made),
        provider=None,
        payment_method="approve",
        idempotency_key="k",
    )

    assert paid.tickets is not None
    assert paid.payment is not None
    written = await get_booking(BookingKey.of(made))
    assert columns(paid.booking) == columns(written)
    for name in ("status_now", "seconds_left", "extendable_until", "cancellable_until"):
        assert getattr(paid.booking, name) == getattr(written, name)
    assert [columns(one) for one in paid.tickets] == [
        columns(one) for one in await Ticket.filter(booking_id=made.id).order_by("seat_index")
    ]
    assert columns(paid.payment) == columns(await payment_of(made))


async def test_a_booking_that_has_lost_a_seat_is_not_confirmed_in_part() -> None:
    concert = await make_concert()
    buyers = [await make_buyer() for _ in range(2)]
    torn, whole = await book(buyers[0], concert, 0, 1), await book(buyers[1], concert, 2, 3)
    await database.execute(
        "UPDATE seat SET status = 'A', booking_id = NULL, price_minor = NULL, reserved_until = NULL"
        " WHERE concert_id = $1 AND index = 1",
        concert.id,
    )

    results = await asyncio.gather(
        pay(buyers[0], torn), pay(buyers[1], whole), return_exceptions=True
    )

    assert isinstance(results[0], booking.WrongBookingState)
    assert isinstance(results[1], Booking)
    assert await states(concert) == "RABBAAAAAA"
    assert await Payment.filter(booking_id=torn.id).count() == 0
    assert await Ticket.filter(booking_id=torn.id).count() == 0


async def test_a_row_that_is_stuck_holds_up_only_whoever_needs_it(rival: Connection) -> None:
    concert = await make_concert(rows=4, seats_per_row=10)
    buyers = [await make_buyer() for _ in range(6)]
    made = [await book(buyer, concert, n) for n, buyer in enumerate(buyers)]
    async with rival.transaction():
        await rival.execute("SELECT FROM booking WHERE id = $1 FOR UPDATE", made[2].id)
        results = await asyncio.gather(
            *(pay(buyer, one) for buyer, one in zip(buyers, made, strict=True)),
            return_exceptions=True,
        )

    assert [type(one) for one in results] == [Booking] * 2 + [Busy] + [Booking] * 3
    # Nothing was decided, so the same is possible now.
    assert (await pay(buyers[2], made[2])).status_now is BookingStatus.CONFIRMED


async def test_a_cancellation_and_a_payment_at_once_leave_one_of_the_two() -> None:
    payments.take_part()
    concert = await make_concert(rows=4, seats_per_row=10)
    buyers = [await make_buyer() for _ in range(8)]
    made = [await book(buyer, concert, n) for n, buyer in enumerate(buyers)]

    await asyncio.gather(
        *(pay(buyer, one) for buyer, one in zip(buyers, made, strict=True)),
        *(cancel(buyer, one) for buyer, one in zip(buyers, made, strict=True)),
        return_exceptions=True,
    )
    await payments.settle_open_payments(3600)

    assert await violations() == await money_violations() == {}
    for one in await Booking.all():
        paid = await Payment.filter(booking_id=one.id, status=PaymentStatus.CAPTURED).count()
        assert paid == (one.status is BookingStatus.CONFIRMED)


async def test_no_provider_is_called_inside_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    payments.take_part()
    calls: list[str] = []

    def watch(name: str) -> None:
        stock = getattr(PlayMoney, name)

        async def call(self: PlayMoney, *given: object) -> object:
            # Refused inside an open transaction: two must not share a fate.
            await database.run_transaction(_nothing)
            calls.append(name)
            return await stock(self, *given)

        monkeypatch.setattr(PlayMoney, name, call)

    for name in ("authorize", "capture", "void", "look_up", "refund", "look_up_refund"):
        watch(name)
    concert, buyer = await make_concert(), await make_buyer()
    one, other = await book(buyer, concert, 0), await book(buyer, concert, 1)
    await pay(buyer, one, "refund_fails")
    await pay(buyer, other, "needs_action")
    await pay(buyer, other, "slow")
    await payments.settle_open_payments(3600)
    await cancel(buyer, one)
    await payments.settle_open_payments(3600)

    assert {"authorize", "capture", "void", "look_up", "refund"} <= set(calls)


async def test_a_provider_that_hangs_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    async def hang(_self: PlayMoney, _payment: PaymentRequest) -> ProviderState:
        await asyncio.Event().wait()
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(PlayMoney, "authorize", hang)
        patch.setattr("bigcat_graphql.payments.paying._PATIENCE_SECONDS", 0.01)
        open_ = await pay(buyer, made, "slow")

    assert open_.status_now is BookingStatus.PENDING
    assert (await payment_of(made)).status is PaymentStatus.CREATED
    assert await states(concert) == "RAAAAAAAAA"
    payment_id: UUID = (await payment_of(made)).id
    assert (await payments.settle(concert.id, payment_id)).provider_reference is not None


async def _nothing() -> None:
    """Take no step."""
