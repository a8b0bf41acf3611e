"""A buyer who pays by the fake Stripe, and the webhooks that it delivers."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

from bigcat_graphql import payments
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.errors import Busy
from bigcat_graphql.models import Booking, Concert, Payment
from bigcat_graphql.payments.provider import ProviderUnreachable
from bigcat_graphql.payments.settlement import RefundRefused
from tests.payments.stripe_fake import StripeFake
from tests.payments.stripe_fake_books import Json
from tests.payments.stripe_fake_post import write_webhook

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
