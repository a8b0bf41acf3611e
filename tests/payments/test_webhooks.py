"""Webhooks in any order, any number of times, before answers and after ends: one same end."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
import pytest

from bigcat_graphql import booking, database, jobs, payments
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, invariants
from bigcat_graphql.errors import Busy
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking, Concert, Payment, PaymentStatus, Refund, Ticket
from bigcat_graphql.payments.invariants import violations as money_violations
from bigcat_graphql.payments.notices import NoInbox, NoticeRefused
from bigcat_graphql.payments.play_notices import SIGNATURE_HEADER, sign_play_notice
from bigcat_graphql.payments.provider import ProviderUnreachable
from bigcat_graphql.payments.settlement import RefundRefused
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel, let_time_pass, states
from tests.payments import stripe_fake
from tests.payments.stripe_fake import Moment, Step, StripeFake
from tests.payments.stripe_fake_books import DECLINED, GOOD, NEEDS_ACTION, Json
from tests.payments.stripe_fake_post import SECRET, write_webhook
from tests.scenes import make_buyer, make_concert

pytestmark = [
    pytest.mark.usefixtures("database", "stripe_set_up"),
    # The SDK gives httpx its form as text, in a way that is going out of use.
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
]

_TRIES = 200


async def deliver(event: Json) -> None:
    """Deliver an event as Stripe does: again and again until it is taken."""
    for _ in range(_TRIES):
        with suppress(ProviderUnreachable, RefundRefused, Busy):
            await payments.take_webhook("stripe", *write_webhook(event))
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"never taken: {event['type']}")


@dataclass
class Post:
    """Stripe's deliveries; by default each event once, in order, when all is over."""

    fake: StripeFake
    dice: random.Random | None = None
    posted: int = 0
    again: list[Json] = field(default_factory=list)

    async def bring(self) -> None:
        """Bring what happened at Stripe since the last time."""
        events = self.fake.books.events[self.posted :]
        self.posted += len(events)
        if self.dice is None:
            for event in events:
                await deliver(event)
            return
        # Two of three now, in any order and at once; the third comes with a later one.
        bag = [*events, *events, *self.again]
        self.again = events
        self.dice.shuffle(bag)
        while bag:
            handful = [bag.pop() for _ in range(min(len(bag), self.dice.randint(1, 4)))]
            await asyncio.gather(*(deliver(event) for event in handful))


@dataclass
class Scene:
    """A buyer, a concert, and Stripe's post."""

    post: Post
    fake: StripeFake
    buyer: Viewer
    concert: Concert

    async def pay(self, made: Booking, method: str | None) -> None:
        with suppress(payments.PaymentDeclined):
            await payments.pay_booking(
                self.buyer,
                key=BookingKey.of(made),
                provider="stripe",
                payment_method=method,
                idempotency_key=uuid4().hex,
            )

    async def reference(self) -> str:
        """Give Stripe's name of the last attempt."""
        payment = await Payment.all().order_by("-created_at", "-id").first()
        assert payment is not None
        assert payment.provider_reference is not None
        return payment.provider_reference


Story = Callable[[Scene], Awaitable[None]]


async def a_card_is_charged(scene: Scene) -> None:
    made = await book(scene.buyer, scene.concert, 0, 1)
    # Stripe is quicker with its events than with its answer.
    if scene.post.dice is not None:
        scene.fake.plan(Step.CREATE, Moment.AFTER, _bring_meanwhile(scene))
        scene.fake.plan(Step.CAPTURE, Moment.AFTER, _bring_meanwhile(scene))
    await scene.pay(made, GOOD)
    await scene.post.bring()


async def a_buyer_tries_two_cards_in_the_browser(scene: Scene) -> None:
    await scene.pay(await book(scene.buyer, scene.concert, 0, 1), None)
    reference = await scene.reference()
    scene.fake.books.confirm(reference, DECLINED)
    await scene.post.bring()
    scene.fake.books.confirm(reference, GOOD)
    await scene.post.bring()
    await scene.post.bring()


async def a_declined_card_is_followed_by_one_that_needs_the_buyer(scene: Scene) -> None:
    made = await book(scene.buyer, scene.concert, 0, 1)
    await scene.pay(made, DECLINED)
    await scene.post.bring()
    await scene.pay(made, NEEDS_ACTION)
    scene.fake.books.confirm(await scene.reference(), GOOD)
    await scene.post.bring()
    await scene.post.bring()


async def somebody_else_has_the_seats_by_now(scene: Scene) -> None:
    made = await book(scene.buyer, scene.concert, 0, 1)
    await scene.pay(made, NEEDS_ACTION)
    await let_time_pass(made)
    await book(await make_buyer(), scene.concert, 1)
    scene.fake.books.confirm(await scene.reference(), GOOD)
    await scene.post.bring()
    await scene.post.bring()


async def a_charge_is_contested_and_partly_given_back(scene: Scene) -> None:
    made = await book(scene.buyer, scene.concert, 0, 1)
    await scene.pay(made, GOOD)
    reference = await scene.reference()
    dispute = scene.fake.books.dispute(reference)
    await scene.post.bring()
    scene.fake.books.close_dispute(dispute["id"], "won")
    await scene.post.bring()
    scene.fake.books.refund({"payment_intent": reference, "amount": 1000})
    await scene.post.bring()
    await scene.post.bring()


async def a_ticket_is_cancelled_and_its_refund_takes_days(scene: Scene) -> None:
    made = await book(scene.buyer, scene.concert, 0, 1)
    await scene.pay(made, GOOD)
    scene.fake.books.refund_status = "pending"
    first = await Ticket.filter(booking_id=made.id).order_by("seat_index").first()
    assert first is not None
    await booking.cancel_booking(
        scene.buyer,
        name=BookingKey.of(made),
        ticket_ids=[first.id],
        idempotency_key=uuid4().hex,
    )
    await jobs.run_due()
    await scene.post.bring()
    [refund_id] = scene.fake.books.refunds
    scene.fake.books.settle_refund(refund_id, "failed")
    scene.fake.books.refund_status = "succeeded"
    await scene.post.bring()
    await scene.post.bring()
    await payments.settle_open_payments(ahead_seconds=7200)


async def a_refund_that_had_arrived_comes_back(scene: Scene) -> None:
    made = await book(scene.buyer, scene.concert, 0, 1)
    await scene.pay(made, GOOD)
    await cancel(scene.buyer, made)
    await jobs.run_due()
    await scene.post.bring()
    [refund_id] = scene.fake.books.refunds
    scene.fake.books.settle_refund(refund_id, "failed")  # the buyer's account is closed
    await scene.post.bring()
    await scene.post.bring()
    await payments.settle_open_payments(ahead_seconds=7200)
    ends = [one["status"] for one in scene.fake.books.refunds.values()]
    assert ends == ["failed", "succeeded"]


STORIES: tuple[Story, ...] = (
    a_card_is_charged,
    a_buyer_tries_two_cards_in_the_browser,
    a_declined_card_is_followed_by_one_that_needs_the_buyer,
    somebody_else_has_the_seats_by_now,
    a_charge_is_contested_and_partly_given_back,
    a_ticket_is_cancelled_and_its_refund_takes_days,
    a_refund_that_had_arrived_comes_back,
)


def _bring_meanwhile(scene: Scene) -> stripe_fake.Accident:
    async def bring() -> None:
        # Not awaited: what it brings may have to wait for the answer that waits for us.
        bringing.append(asyncio.create_task(scene.post.bring()))
        await asyncio.sleep(0.02)

    bringing: list[asyncio.Task[None]] = []
    return bring


async def tell(story: Story, fake: StripeFake, dice: random.Random | None) -> Json:
    """Let a story happen, and say how everything is at its end."""
    fake.forget_everything()
    concert, buyer = await make_concert(), await make_buyer()
    await story(Scene(Post(fake, dice), fake, buyer, concert))
    await _let_tasks_end()
    await booking.sweep()
    assert await invariants.violations(concert.id) == {}
    assert await money_violations(concert.id) == {}
    return {
        "seats": await states(concert),
        "bookings": [
            (one.status, one.end_reason)
            for one in await Booking.filter(concert_id=concert.id).order_by("id")
        ],
        "tickets": [
            one.status for one in await Ticket.filter(concert_id=concert.id).order_by("seat_index")
        ],
        "payments": [
            (one.status, one.captured_minor, one.refunded_minor, one.decline_code, one.ahead_minor)
            for one in await Payment.filter(concert_id=concert.id).order_by("id")
        ],
        "refunds": [
            (one.status, one.reason, one.amount_minor)
            for one in await Refund.filter(concert_id=concert.id).order_by("id")
        ],
        "stripe": [(one["status"], one["amount_received"]) for one in fake.books.intents.values()],
    }


async def _let_tasks_end() -> None:
    us = asyncio.current_task()
    late = [
        task
        for task in asyncio.all_tasks()
        if task is not us and getattr(task.get_coro(), "__qualname__", "") == "Post.bring"
    ]
    await asyncio.gather(*late)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_three_of_each_in_any_order_end_as_one_of_each_in_order(
    fake: StripeFake, story: Story
) -> None:
    in_order = await tell(story, fake, None)
    for seed in range(4):
        assert await tell(story, fake, random.Random(seed)) == in_order, seed


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

    for forged in (old, other, (body + b" ", headers), (body, {})):
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
