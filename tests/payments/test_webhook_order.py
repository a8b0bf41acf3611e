"""Webhooks three times each, in any order, before answers and after ends: one same end."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from uuid import uuid4

import pytest

from bigcat_graphql import booking, database, jobs, notifications, payments
from bigcat_graphql.booking import BookingKey, invariants
from bigcat_graphql.models import Booking, Payment, Refund, Ticket
from bigcat_graphql.payments.invariants import violations as money_violations
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel, let_time_pass, states
from tests.payments import stripe_fake
from tests.payments.stripe_fake import Moment, Step, StripeFake
from tests.payments.stripe_fake_books import DECLINED, GOOD, NEEDS_ACTION, Json
from tests.payments.stripe_scene import Post, Scene
from tests.scenes import make_buyer, make_concert

pytestmark = [
    pytest.mark.usefixtures("database", "stripe_set_up", "mailbox"),
    # The SDK gives httpx its form as text, in a way that is going out of use.
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
]

_TOLD = "SELECT kind, sent_at IS NOT NULL AS sent FROM message WHERE concert_id = $1 ORDER BY kind"

Story = Callable[[Scene], Awaitable[None]]


@pytest.fixture
def mailbox() -> Iterator[None]:
    """Mail is kept, and goes nowhere."""
    notifications.take_part()
    with override_settings(mailbox=True, smtp_url=None):
        yield


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


async def a_refund_of_the_dashboard_comes_back_before_its_ticket_is_cancelled(
    scene: Scene,
) -> None:
    made = await book(scene.buyer, scene.concert, 0)
    await scene.pay(made, GOOD)
    by_hand = scene.fake.books.refund({"payment_intent": await scene.reference(), "amount": 6500})
    await scene.post.bring()
    scene.fake.books.settle_refund(by_hand["id"], "failed")
    await scene.post.bring()
    await scene.post.bring()
    await cancel(scene.buyer, made)
    await jobs.run_due()
    await scene.post.bring()
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
    a_refund_of_the_dashboard_comes_back_before_its_ticket_is_cancelled,
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
    scene = Scene(Post(fake, dice), fake, buyer, concert)
    await story(scene)
    await _let_tasks_end()
    await scene.post.bring()  # the third of each
    await booking.sweep()
    await jobs.run_due()
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
        "told": [tuple(row) for row in await database.fetch_all(_TOLD, concert.id)],
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
    assert all(sent for _, sent in in_order["told"])
    for seed in range(4):
        assert await tell(story, fake, random.Random(seed)) == in_order, seed
