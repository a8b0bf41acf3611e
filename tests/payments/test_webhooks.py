"""The inbox of webhooks: what is believed, stored, done, and done again."""

import asyncio
from typing import Any

import orjson
import pytest

from bigcat_graphql import booking, database, payments
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Concert, Payment, PaymentStatus, Refund, RefundStatus
from bigcat_graphql.payments.invariants import violations
from bigcat_graphql.payments.notices import NoInbox, NoticeRefused
from bigcat_graphql.payments.play_notices import SIGNATURE_HEADER, sign_play_notice
from bigcat_graphql.payments.provider import ProviderUnreachable
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel, pay, states
from tests.payments import stripe_fake
from tests.payments.stripe_fake import Moment, Step, StripeFake
from tests.payments.stripe_fake_books import GOOD, NEEDS_ACTION, Json
from tests.payments.stripe_fake_post import SECRET, write_webhook
from tests.payments.stripe_scene import Post, Scene, deliver
from tests.scenes import make_buyer, make_concert

pytestmark = [
    pytest.mark.usefixtures("database", "stripe_set_up"),
    # The SDK gives httpx its form as text, in a way that is going out of use.
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
]


async def events_stored() -> list[Any]:
    rows = await database.fetch_all(
        "SELECT provider, kind, payment_id, deliveries, handled_at IS NOT NULL AS is_done"
        " FROM webhook_event ORDER BY received_at"
    )
    return [tuple(row) for row in rows]


async def waiting_payment(fake: StripeFake) -> tuple[Concert, Payment, Json]:
    """Have a payment that the buyer has confirmed, and the event that nobody knows of yet."""
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    scene = Scene(Post(fake), fake, buyer, concert)
    await scene.pay(made, NEEDS_ACTION)
    payment = await Payment.get(booking_id=made.id)
    assert payment.status is PaymentStatus.REQUIRES_ACTION
    fake.books.confirm(payment.provider_reference or "", GOOD)
    return concert, payment, fake.books.events[-1]


async def test_an_event_is_stored_once_and_done_once(fake: StripeFake) -> None:
    concert, payment, event = await waiting_payment(fake)

    await asyncio.gather(*(deliver(event) for _ in range(4)))
    looked = fake.asked.count(Step.LOOK)
    await deliver(event)

    assert fake.asked.count(Step.LOOK) == looked  # what is done is not looked at again
    assert await states(concert) == "BAAAAAAAAA"
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.CAPTURED
    with override_settings(payment_providers=("test",)):
        await deliver(event)  # buyers cannot choose Stripe any more, and its events still count
    [(provider, kind, payment_id, deliveries, is_done)] = await events_stored()
    assert (provider, kind, payment_id) == ("stripe", event["type"], payment.id)
    assert deliveries >= 6
    assert is_done


async def test_what_an_event_says_is_not_believed(fake: StripeFake) -> None:
    concert, payment, event = await waiting_payment(fake)
    fake.books.cancel(payment.provider_reference or "")

    await deliver(event)  # signed by Stripe, true when it was written, and overtaken since

    assert await states(concert) == "RAAAAAAAAA"
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.FAILED


async def test_refused_webhooks_change_and_store_nothing(fake: StripeFake) -> None:
    concert, payment, event = await waiting_payment(fake)
    body, headers = write_webhook(event)
    old = write_webhook(event, at_seconds=1_700_000_000)
    other = write_webhook(event, secret="whsec_of_somebody_else")

    foreign = {"stripe-signature": headers["stripe-signature"].replace("v1=", "v1=é")}
    for forged in (old, other, (body + b" ", headers), (body, {}), (body, foreign)):
        with pytest.raises(NoticeRefused):
            await payments.take_webhook("stripe", *forged)
    for nobody in ("gold", "", "Stripe"):
        with pytest.raises(NoInbox):
            await payments.take_webhook(nobody, body, headers)
    with override_settings(stripe_webhook_secrets=()), pytest.raises(NoInbox):
        await payments.take_webhook("stripe", body, headers)

    assert await events_stored() == []
    assert await states(concert) == "RAAAAAAAAA"
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.REQUIRES_ACTION


async def test_an_event_is_done_also_where_a_refund_is_refused() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    paid = await pay(buyer, await book(buyer, concert, 0), "refund_fails")
    await cancel(buyer, paid)
    payment = await Payment.get(booking_id=paid.id)
    event = {
        "id": "evt_1",
        "type": "refund.failed",
        "concertId": str(payment.concert_id),
        "paymentId": str(payment.id),
    }
    body = orjson.dumps(event)

    await payments.take_webhook("test", body, {SIGNATURE_HEADER: sign_play_notice(body, SECRET)})

    # Else the provider would deliver it for days, and each time the refund be asked for.
    assert [row[4] for row in await events_stored()] == [True]
    assert (await Refund.get(payment_id=payment.id)).status is RefundStatus.FAILED
    assert await violations() == {}


async def test_events_about_nothing_of_ours_are_stored_and_no_more(fake: StripeFake) -> None:
    fake.books.create_intent({"amount": 500, "currency": "eur", "capture_method": "manual"})
    [intent] = fake.books.intents.values()
    fake.books.confirm(intent["id"], GOOD)
    [event] = fake.books.events
    intent["metadata"] = {"concert_id": str(new_id()), "payment_id": str(new_id())}

    await deliver(event)
    await deliver({**event, "id": "evt_2", "data": {"object": intent}})

    assert [row[2:] for row in await events_stored()] == [(None, 1, True)] * 2


async def test_an_event_comes_again_when_stripe_is_away(fake: StripeFake) -> None:
    concert, _, event = await waiting_payment(fake)
    fake.plan(Step.LOOK, Moment.BEFORE, stripe_fake.fail, times=2)  # and the SDK's own repeat

    with pytest.raises(ProviderUnreachable):
        await payments.take_webhook("stripe", *write_webhook(event))
    assert [row[-1] for row in await events_stored()] == [False]

    await deliver(event)
    assert await states(concert) == "BAAAAAAAAA"
    assert [row[-1] for row in await events_stored()] == [True]


async def test_money_for_an_attempt_that_was_given_up_is_let_go(fake: StripeFake) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    fake.plan(Step.CREATE, Moment.BEFORE, stripe_fake.fail)  # and then as well, since it is kept
    await Scene(Post(fake), fake, buyer, concert).pay(made, GOOD)
    await Payment.filter(booking_id=made.id).update(status=PaymentStatus.FAILED, look_at=None)
    payment = await Payment.get(booking_id=made.id, provider_reference=None)

    labels = {"concert_id": str(concert.id), "payment_id": str(payment.id)}
    intent = fake.books.create_intent(
        {"amount": 6500, "currency": "usd", "capture_method": "manual", "metadata": labels}
    )
    fake.books.confirm(intent["id"])  # it did act, and comes to an end after all
    await deliver(fake.books.events[-1])

    assert intent["status"] == "canceled"
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.VOIDED
    assert await states(concert) == "RAAAAAAAAA"


async def test_refund_and_dispute_events_find_their_payment_by_reference(fake: StripeFake) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await Scene(Post(fake), fake, buyer, concert).pay(made, GOOD)
    payment = await Payment.get(booking_id=made.id)

    fake.books.dispute(payment.provider_reference or "")
    await deliver(fake.books.events[-1])

    assert (await Payment.get(id=payment.id)).status is PaymentStatus.DISPUTED
    assert await states(concert) == "BAAAAAAAAA"  # money never moves a seat


async def test_provider_test_tells_that_a_slow_card_has_answered() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await payments.pay_booking(
        buyer,
        key=BookingKey.of(made),
        provider="test",
        payment_method="slow",
        idempotency_key="k",
    )
    payment = await Payment.get(booking_id=made.id)
    await database.execute("UPDATE play_payment SET answers_at = now()")

    ids = {"concertId": str(concert.id), "paymentId": str(payment.id)}
    body = orjson.dumps({"id": "play_1", "type": "payment.changed", **ids})
    await payments.take_webhook("test", body, {SIGNATURE_HEADER: sign_play_notice(body, SECRET)})

    assert (await Payment.get(id=payment.id)).status is PaymentStatus.CAPTURED
    assert (await booking.get_booking(BookingKey.of(made))).status_now.value == "CONFIRMED"
