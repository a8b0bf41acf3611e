"""Whatever happens in whatever order, the ledger balances at every step."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest

from bigcat_graphql import booking, database, payments
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking.invariants import violations
from bigcat_graphql.errors import DomainError
from bigcat_graphql.models import Booking, Concert, Payment, PaymentStatus, Refund, Ticket
from bigcat_graphql.models.payment import LIVE_STATUSES
from bigcat_graphql.payments.invariants import violations as money_violations
from bigcat_graphql.payments.play_money import Card, act_for_buyer
from bigcat_graphql.payments.provider import ProviderUnreachable
from bigcat_graphql.payments.settlement import RefundRefused
from tests.booking.verbs import book, cancel, let_time_pass, pay
from tests.payments.attempts import let_the_provider_answer
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

SEQUENCES = 1_000
STEPS = 6
# Several at once, so that they also meet over seats, batches and the reconciler.
AT_ONCE = 20
BATCH = 125
# What may be refused, and then must have changed nothing.
REFUSALS = (DomainError, ProviderUnreachable, RefundRefused)


@dataclass
class Story:
    """One booking that anything may happen to."""

    dice: random.Random
    concert: Concert
    buyer: Viewer
    made: Booking
    seats: tuple[int, ...]

    async def pay(self) -> None:
        await pay(self.buyer, self.made, self.dice.choice(list(Card)).value)

    async def pay_at_once(self) -> None:
        await pay(self.buyer, self.made)

    async def cancel_all(self) -> None:
        await cancel(self.buyer, self.made)

    async def cancel_some(self) -> None:
        tickets = await Ticket.filter(
            concert_id=self.concert.id, booking_id=self.made.id, status="ISSUED"
        )
        if tickets:
            await cancel(self.buyer, self.made, tickets=[self.dice.choice(tickets).id])

    async def lapse(self) -> None:
        await let_time_pass(self.made)

    async def sweep(self) -> None:
        await booking.sweep()

    async def lose_a_seat(self) -> None:
        await book(await make_buyer(), self.concert, self.seats[0])

    async def be_answered(self) -> None:
        await let_the_provider_answer(self.made)

    async def act(self) -> None:
        for payment in await self._payments():
            if payment.client_secret:
                approves = self.dice.random() < 0.7
                await act_for_buyer(payment.client_secret, approves=approves)

    async def settle(self) -> None:
        for payment in await self._payments():
            await payments.settle(payment.concert_id, payment.id)

    async def refund_at_the_provider(self) -> None:
        for payment in await self._payments():
            left = payment.captured_minor - await self._gone(payment)
            if left > 0:
                await database.execute(
                    "INSERT INTO play_refund (key, payment_id, amount_minor) VALUES ($1, $2, $3)",
                    uuid4().hex,
                    payment.id,
                    self.dice.randint(1, left),
                )

    async def dispute(self) -> None:
        for payment in await self._payments():
            if payment.captured_minor:
                await database.execute(
                    "INSERT INTO play_payment (id, payment_method, amount_minor, status,"
                    " is_disputed, answers_at) VALUES ($1, 'approve', $2, 'CAPTURED', true, now())"
                    " ON CONFLICT (id) DO UPDATE SET is_disputed = NOT play_payment.is_disputed",
                    payment.id,
                    payment.amount_minor,
                )

    async def _payments(self) -> list[Payment]:
        return await Payment.filter(concert_id=self.concert.id, booking_id=self.made.id)

    async def _gone(self, payment: Payment) -> int:
        """Add up what went back at the provider or is about to: a real one gives no more."""
        row = await database.fetch_one(
            "SELECT (SELECT coalesce(sum(amount_minor), 0) FROM play_refund WHERE payment_id = $1)"
            " + (SELECT coalesce(sum(amount_minor), 0) FROM refund WHERE payment_id = $1"
            "    AND status <> 'SUCCEEDED') AS gone",
            payment.id,
        )
        return int(row["gone"]) if row else 0

    def steps(self) -> list[Callable[[], Awaitable[None]]]:
        once = [
            self.pay_at_once,
            self.cancel_all,
            self.lapse,
            self.sweep,
            self.lose_a_seat,
            self.refund_at_the_provider,
            self.dispute,
        ]
        often = [self.pay, self.cancel_some, self.be_answered, self.act, self.settle]
        # Nobody does anything of interest to a booking that is not paid.
        rest = self.dice.choices(once + 2 * often, k=STEPS - 1)
        return [self.dice.choice([self.pay, self.pay_at_once]), *rest]


async def begin(seed: int, concert: Concert, first: int) -> Story:
    dice = random.Random(seed)
    seats = tuple(range(first, first + dice.randint(1, 3)))
    buyer = await make_buyer()
    return Story(dice, concert, buyer, await book(buyer, concert, *seats), seats)


async def tell(story: Story) -> None:
    for step in story.steps():
        try:
            await step()
        except REFUSALS:
            continue


async def make_halls() -> list[Concert]:
    """Make one of each number of decimals, with policies that do not divide evenly."""
    halls = []
    for currency, price_minor in (("JPY", 101), ("EUR", 6501), ("KWD", 12_347)):
        hall = await make_concert(
            rows=9, seats_per_row=20, currency=currency, price_minor=price_minor
        )
        hall.refund_steps = [{"hours_before": 1, "percent": 33}]
        await hall.save(update_fields=["refund_steps"])
        halls.append(hall)
    return halls


async def wind_up() -> None:
    """Let every provider answer and every dispute be over, and settle until nothing is open."""
    await database.execute("UPDATE play_payment SET answers_at = now(), is_disputed = false")
    await database.execute(
        "UPDATE play_payment SET status = 'DECLINED' WHERE status = 'REQUIRES_ACTION'"
    )
    for _ in range(40):
        await database.execute("UPDATE payment SET looks = 0 WHERE look_at IS NOT NULL")
        if not await payments.settle_open_payments(7200):
            return


@pytest.mark.parametrize("batch", range(SEQUENCES // BATCH))
async def test_a_thousand_random_stories_keep_the_ledger_balanced(batch: int) -> None:
    payments.take_part()
    halls = await make_halls()
    gate = asyncio.Semaphore(AT_ONCE)

    async def play(number: int) -> None:
        async with gate:
            hall = halls[number % 3]
            story = await begin(batch * BATCH + number, hall, number // 3 * 4)
            await tell(story)

    stories = asyncio.gather(*(play(number) for number in range(BATCH)))
    found: list[dict[str, list[str]]] = []
    while not stories.done():
        await asyncio.wait({stories}, timeout=0.5)
        found.append(await money_violations())
    await stories
    assert not any(found)
    assert await violations() == await money_violations() == {}

    await wind_up()

    assert await violations() == await money_violations() == {}
    still = (*LIVE_STATUSES, PaymentStatus.ORPHANED)
    assert await Payment.filter(status__in=still).values("id", "status", "payment_method") == []
    # Where somebody gave back by hand what we owe as well, the provider has no more to give.
    for refund in await Refund.exclude(status="SUCCEEDED"):
        assert (await Payment.get(id=refund.payment_id)).ahead_minor > 0
