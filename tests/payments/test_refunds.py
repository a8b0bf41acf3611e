"""Money goes back by the policy, once, however often it is asked for, and in full view."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest

from bigcat_graphql import booking, database, jobs, payments
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.events import within_transaction
from bigcat_graphql.models import (
    Booking,
    BookingStatus,
    Concert,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    Ticket,
)
from bigcat_graphql.money import Money
from bigcat_graphql.payments.events import RefundSucceeded
from bigcat_graphql.payments.invariants import violations
from bigcat_graphql.payments.play_money import PlayMoney
from bigcat_graphql.payments.provider import RefundProgress, RefundRequest
from bigcat_graphql.payments.settlement import RefundRefused
from tests.booking.verbs import book, cancel, pay, states
from tests.payments.attempts import payment_of
from tests.scenes import make_buyer, make_concert, make_organizer
from tests.waiting import until_waiting

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def take_part() -> None:
    payments.take_part()


async def buy(
    concert: Concert, *seats: int, method: str = "approve", buyer: Viewer | None = None
) -> tuple[Viewer, Booking]:
    buyer = buyer or await make_buyer()
    return buyer, await pay(buyer, await book(buyer, concert, *seats), method)


async def set_policy(concert: Concert, *steps: tuple[int, int]) -> None:
    concert.refund_steps = [{"hours_before": h, "percent": p} for h, p in steps]
    await concert.save(update_fields=["refund_steps"])


async def tickets_of(made: Booking) -> list[Ticket]:
    return await Ticket.filter(booking_id=made.id).order_by("seat_index")


async def refunds_of(made: Booking) -> Sequence[Refund]:
    return (await payments.refunds_of([BookingKey.of(made)]))[BookingKey.of(made)]


async def refund_at_the_provider(made: Booking, amount_minor: int) -> None:
    payment = await payment_of(made)
    await database.execute(
        "INSERT INTO play_refund (key, payment_id, amount_minor) VALUES ($1, $2, $3)",
        uuid4().hex,
        payment.id,
        amount_minor,
    )
    await payments.settle(payment.concert_id, payment.id)


async def dispute(made: Booking, *, is_disputed: bool = True) -> None:
    payment = await payment_of(made)
    await database.execute(
        "INSERT INTO play_payment (id, payment_method, amount_minor, status, is_disputed,"
        " answers_at) VALUES ($1, 'approve', $2, 'CAPTURED', $3, now())"
        " ON CONFLICT (id) DO UPDATE SET is_disputed = $3",
        payment.id,
        payment.amount_minor,
        is_disputed,
    )
    await payments.settle(payment.concert_id, payment.id)


@pytest.mark.parametrize(
    ("currency", "price_minor", "back", "kept"),
    [("EUR", 6501, 3251, 3250), ("JPY", 101, 51, 50), ("KWD", 12_345, 6173, 6172)],
)
async def test_a_ticket_gives_back_what_its_policy_says_in_any_currency(
    currency: str, price_minor: int, back: int, kept: int
) -> None:
    concert = await make_concert(price_minor=price_minor, currency=currency)
    await set_policy(concert, (24, 50))
    buyer, paid = await buy(concert, 0, 1)
    first = (await tickets_of(paid))[0]
    quote = await booking.quote_cancellation(buyer, name=BookingKey.of(paid), ticket_ids=[first.id])

    await cancel(buyer, paid, tickets=[first.id])
    await payments.settle_open_payments(3600)

    assert quote is not None
    assert (quote.refund.amount_minor, quote.kept.amount_minor) == (back, kept)
    assert [(one.amount_minor, one.status) for one in await refunds_of(paid)] == [
        (back, RefundStatus.SUCCEEDED)
    ]
    payment = await payment_of(paid)
    assert (payment.refunded_minor, payment.status) == (back, PaymentStatus.PARTIALLY_REFUNDED)
    assert (await tickets_of(paid))[0].kept_minor == kept
    assert await violations() == {}


async def test_a_booking_keeps_the_policy_it_was_made_under() -> None:
    concert = await make_concert()
    buyer, paid = await buy(concert, 0)
    await set_policy(concert)

    await cancel(buyer, paid)

    assert [one.amount_minor for one in await refunds_of(paid)] == [6500]


async def test_an_organizer_gives_everything_back_and_is_named() -> None:
    concert = await make_concert()
    await set_policy(concert)
    _, paid = await buy(concert, 0)

    ended = await cancel(await make_organizer(concert), paid)

    assert ended.end_reason == "ORGANIZER"
    assert [one.amount_minor for one in await refunds_of(paid)] == [6500]
    assert await violations() == {}


async def test_nothing_to_give_back_makes_no_refund() -> None:
    concert = await make_concert()
    await set_policy(concert)
    buyer, paid = await buy(concert, 0)

    await cancel(buyer, paid)

    assert await refunds_of(paid) == []
    assert (await payment_of(paid)).status is PaymentStatus.CAPTURED
    assert await violations() == {}


async def test_a_cancellation_that_is_repeated_gives_back_once_and_names_the_same_refund() -> None:
    concert = await make_concert()
    buyer, paid = await buy(concert, 0, 1)

    answers = [
        await booking.cancel_booking(
            buyer, name=BookingKey.of(paid), ticket_ids=None, idempotency_key="k"
        )
        for _ in range(2)
    ]

    assert len({answer.id for answer in answers}) == 1
    assert [one.id for one in await refunds_of(paid)] == [answers[0].id]


async def test_a_refund_is_a_job_of_the_transaction_that_cancels() -> None:
    concert = await make_concert()
    buyer, paid = await buy(concert, 0)

    await cancel(buyer, paid)

    assert [job.kind for job in await jobs.list_jobs()] == ["settle_payment"]


async def test_a_repeat_that_overtakes_the_first_finds_that_money_went_back(
    rival: database.Connection,
) -> None:
    refund_id, payment_id, money = uuid4(), uuid4(), Money(6500, "USD")
    asked = RefundRequest(refund_id, 0, payment_id, "test-1", money, money, None)
    async with rival.transaction():
        await rival.execute(
            "INSERT INTO play_refund (key, payment_id, amount_minor) VALUES ($1, $2, 6500)",
            str(refund_id),
            payment_id,
        )
        repeat = asyncio.create_task(PlayMoney().refund(asked))
        await until_waiting(rival)

    assert (await repeat).status is RefundProgress.SUCCEEDED
    assert await rival.fetchval("SELECT count(*) FROM play_refund") == 1


async def test_settling_at_once_by_many_gives_back_once() -> None:
    told: list[RefundSucceeded] = []

    async def listen(happenings: Sequence[RefundSucceeded]) -> None:
        told.extend(happenings)

    within_transaction(RefundSucceeded, listen)
    concert = await make_concert()
    buyer, paid = await buy(concert, 0)
    await cancel(buyer, paid)
    payment = await payment_of(paid)

    await asyncio.gather(*(payments.settle(payment.concert_id, payment.id) for _ in range(8)))

    done = await payment_of(paid)
    assert (done.status, done.refunded_minor) == (PaymentStatus.REFUNDED, 6500)
    assert [one.booking_id for one in told if one.booking_id == paid.id] == [paid.id]
    assert await violations() == {}


async def test_a_refund_that_is_refused_is_asked_for_again_until_it_arrives() -> None:
    concert = await make_concert()
    buyer, paid = await buy(concert, 0, method="refund_fails")
    await cancel(buyer, paid)
    payment = await payment_of(paid)

    with pytest.raises(RefundRefused):
        await payments.settle(payment.concert_id, payment.id)
    assert [one.status for one in await refunds_of(paid)] == [RefundStatus.FAILED]
    assert [one.why for one in await payments.list_attention()] == ["refund refused"]
    assert await violations() == {}
    await payments.settle(payment.concert_id, payment.id)

    assert [(one.status, one.attempt) for one in await refunds_of(paid)] == [("SUCCEEDED", 1)]
    assert await payments.list_attention() == []
    assert await violations() == {}


async def test_a_repeat_of_the_payment_is_answered_while_its_refund_is_refused() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await cancel(buyer, await pay(buyer, made, "refund_fails", key="k"))

    again = await pay(buyer, made, "refund_fails", key="k")

    assert again.status_now is BookingStatus.CANCELLED
    assert [one.status for one in await refunds_of(made)] == [RefundStatus.FAILED]


async def test_a_charge_beside_the_one_that_pays_is_not_what_its_tickets_give_back() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")
    first = await payment_of(made)
    # The bank charges it in the moment in which the buyer takes another card.
    await database.execute("UPDATE play_payment SET status = 'CAPTURED' WHERE id = $1", first.id)
    paid = await pay(buyer, made)
    await payments.settle(first.concert_id, first.id)
    assert [one.amount_minor for one in await refunds_of(made)] == [6500]

    await cancel(buyer, paid)
    await payments.settle_open_payments(3600)

    charged = await Payment.filter(booking_id=made.id)
    assert [(one.captured_minor, one.refunded_minor) for one in charged] == [(6500, 6500)] * 2
    assert await payments.list_attention() == []
    assert await violations() == {}


async def test_of_an_orphan_that_went_back_in_part_at_the_provider_the_rest_goes_back() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")
    orphan = await payment_of(made)
    await database.execute("UPDATE play_payment SET status = 'CAPTURED' WHERE id = $1", orphan.id)
    await database.execute(
        "INSERT INTO play_refund (key, payment_id, amount_minor) VALUES ('hand', $1, 3000)",
        orphan.id,
    )
    await pay(buyer, made)  # all of the first is asked back, and refused: it is too much by now
    assert [one.status for one in await refunds_of(made)] == [RefundStatus.FAILED]

    await payments.settle(orphan.concert_id, orphan.id)

    gone = await Payment.get(concert_id=orphan.concert_id, id=orphan.id)
    assert (gone.status, gone.refunded_minor, gone.ahead_minor) == (PaymentStatus.REFUNDED, 6500, 0)
    assert await payments.list_attention() == []
    assert await violations() == {}


async def test_a_refund_made_at_the_provider_changes_only_money_and_is_seen() -> None:
    concert = await make_concert()
    buyer, paid = await buy(concert, 0, 1)

    await refund_at_the_provider(paid, 6500)

    assert await states(concert) == "BBAAAAAAAA"
    assert (await payment_of(paid)).status is PaymentStatus.PARTIALLY_REFUNDED
    assert [one.why for one in await payments.list_attention()] == ["refunded at the provider"]
    assert await violations() == {}

    # What went back already is not given back again.
    await cancel(buyer, paid)
    await payments.settle_open_payments(3600)
    done = await payment_of(paid)
    assert (done.status, done.refunded_minor) == (PaymentStatus.REFUNDED, 13_000)
    assert await payments.list_attention() == []
    assert await violations() == {}


async def test_a_refused_refund_that_was_made_by_hand_counts_as_arrived() -> None:
    concert = await make_concert()
    buyer, paid = await buy(concert, 0, method="refund_fails")
    await cancel(buyer, paid)
    payment = await payment_of(paid)
    with pytest.raises(RefundRefused):
        await payments.settle(payment.concert_id, payment.id)

    await refund_at_the_provider(paid, 6500)

    assert [one.status for one in await refunds_of(paid)] == [RefundStatus.SUCCEEDED]
    assert (await payment_of(paid)).refunded_minor == 6500
    assert await violations() == {}


async def test_a_dispute_is_recorded_and_nothing_goes_back_while_it_lasts() -> None:
    concert = await make_concert()
    buyer, paid = await buy(concert, 0, 1)
    await dispute(paid)
    assert (await payment_of(paid)).status is PaymentStatus.DISPUTED
    assert await states(concert) == "BBAAAAAAAA"
    assert [one.why for one in await payments.list_attention()] == ["disputed"]

    await cancel(buyer, paid, tickets=[(await tickets_of(paid))[0].id])
    await payments.settle_open_payments(3600)
    assert [one.status for one in await refunds_of(paid)] == [RefundStatus.REQUESTED]
    assert await violations() == {}
    await dispute(paid, is_disputed=False)

    assert [one.status for one in await refunds_of(paid)] == [RefundStatus.SUCCEEDED]
    assert (await payment_of(paid)).status is PaymentStatus.PARTIALLY_REFUNDED
    assert await payments.list_attention() == []
    assert await violations() == {}


async def test_quotes_say_what_there_is_to_lose() -> None:
    concert = await make_concert()
    await set_policy(concert, (48, 80))
    buyer, paid = await buy(concert, 0, 1)
    pending = await book(buyer, concert, 2)
    key = BookingKey.of(paid)

    quote = await booking.quote_cancellation(buyer, name=key, ticket_ids=None)
    assert quote is not None
    assert (str(quote.refund), str(quote.kept)) == ("104.00 USD", "26.00 USD")
    assert quote.valid_until is not None
    assert (concert.starts_at - quote.valid_until).total_seconds() == 48 * 3600
    nothing = await booking.quote_cancellation(buyer, name=BookingKey.of(pending), ticket_ids=None)
    assert nothing is not None
    assert (nothing.refund.amount_minor, nothing.kept.amount_minor) == (0, 0)
    assert nothing.valid_until == pending.reserved_until
    stranger = await make_buyer()
    assert await booking.quote_cancellation(stranger, name=key, ticket_ids=None) is None
