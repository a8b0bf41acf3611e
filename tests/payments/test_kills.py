"""A server is killed at each step of a purchase: money, seats, tickets and mail agree afterwards.

The steps are those of docs/payments.md. After the kill a server is started again, and either the
buyer sends the same mutation again, or nobody ever comes back.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from bigcat_graphql import database
from bigcat_graphql.booking import invariants
from bigcat_graphql.database import DatabaseUrl, connect
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
from bigcat_graphql.payments.invariants import violations as money_violations
from bigcat_graphql.payments.play_money import Card
from bigcat_graphql.payments.play_notices import SIGNATURE_HEADER, sign_play_notice
from bigcat_graphql.schema.ids import write_id
from tests.booking.verbs import book
from tests.booking.verbs import let_time_pass as let_booking_end
from tests.payments.ambush import Ambush, AtPost, AtStripe, InDatabase, Scene
from tests.payments.post_office import run_post_office
from tests.payments.shop import run_shop
from tests.payments.stripe_fake import KEY, Moment, Step, run_fake
from tests.payments.stripe_fake_post import SECRET
from tests.scenes import make_buyer, make_concert

_PATIENCE_SECONDS = 60

_ENTER = """
mutation ($input: ContinueAsGuestInput!) {
  continueAsGuest(input: $input) { session { accessToken } errors { ... on UserError { code } } }
}
"""
_BOOK = """
mutation ($input: BookSeatsInput!) {
  bookSeats(input: $input) { booking { id } errors { ... on UserError { code } } }
}
"""
_PAY = """
mutation ($input: PayBookingInput!) {
  payBooking(input: $input) { booking { status } errors { ... on UserError { code } } }
}
"""

_CANCEL = """
mutation ($input: CancelBookingInput!) {
  cancelBooking(input: $input) { booking { status } errors { ... on UserError { code } } }
}
"""

CONFIRMING = InDatabase("UPDATE ON booking", "NEW.status = 'CONFIRMED'")
STARTING = InDatabase("INSERT ON payment")
CAPTURING = InDatabase("UPDATE ON payment", "NEW.status = 'CAPTURED'")


def ways(provider: str, method: str, *steps: Ambush, back_after: tuple[Ambush, ...]) -> list[Any]:
    """Each step with a buyer who is gone; after some the buyer comes back and tries again."""
    return [
        pytest.param(provider, method, step, True, id=f"{provider} {method}: {step}")
        for step in steps
    ] + [
        pytest.param(provider, method, step, False, id=f"{provider} {method}: {step}, again")
        for step in back_after
    ]


@pytest.fixture(scope="module")
async def scene_of_all(
    opened_database: DatabaseUrl, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    directory: Path = tmp_path_factory.mktemp("shop")
    async with run_fake() as stripe, run_post_office() as post:
        environment = {
            "DATABASE_URL": str(opened_database),
            "BIGCAT_SECRET_KEY": "the same secret for all lives of a server",
            "BIGCAT_PAYMENT_PROVIDERS": "test stripe",
            "BIGCAT_STRIPE_SECRET_KEY": KEY,
            "BIGCAT_STRIPE_WEBHOOK_SECRETS": SECRET,
            "BIGCAT_STRIPE_URL": stripe.address,
            "BIGCAT_TEST_WEBHOOK_SECRET": SECRET,
            "BIGCAT_SMTP_URL": f"smtp://127.0.0.1:{post.port}?tls=none",
        }
        sql = await connect(replace(opened_database, application_name="ambush"))
        async with run_shop(directory, environment) as shop:
            yield Scene(shop, stripe, post, sql)
        await sql.close()


@pytest.fixture
async def scene(scene_of_all: Scene, database: DatabaseUrl) -> Scene:
    del database
    scene_of_all.stripe.forget_everything()
    if not scene_of_all.shop.is_open():
        await scene_of_all.shop.open()
    return scene_of_all


@dataclass(frozen=True)
class Buyer:
    """Somebody with a booking to pay."""

    scene: Scene
    token: str
    email: str
    booking_id: UUID
    paying: dict[str, Any]

    @classmethod
    async def come(cls, scene: Scene, provider: str, method: str) -> "Buyer":
        """Come in, and book two seats."""
        shop, email = scene.shop, f"buyer{uuid4().hex}@example.org"
        concert = await make_concert()
        entered = await shop.ask(_ENTER, {"input": {"email": email, "name": "Ada"}})
        token = entered["session"]["accessToken"]
        wish = {
            "concertId": write_id("Concert", concert.id),
            "selection": {"bestAvailable": {"quantity": 2}},
            "idempotencyKey": uuid4().hex,
        }
        made = (await shop.ask(_BOOK, {"input": wish}, token=token))["booking"]
        paying = {
            "bookingId": made["id"],
            "provider": provider,
            "paymentMethod": method,
            "idempotencyKey": uuid4().hex,
        }
        booking = await Booking.get(concert_id=concert.id)
        return cls(scene, token, email, booking.id, paying)

    async def pay(self) -> Any:
        """Send the mutation, the same one each time."""
        return await self.scene.shop.ask(_PAY, {"input": self.paying}, token=self.token)

    async def be_answered(self) -> None:
        """Let provider `test` tell that its slow card has answered."""
        payment = await Payment.get(booking_id=self.booking_id)
        ids = {"concertId": str(payment.concert_id), "paymentId": str(payment.id)}
        body = orjson.dumps({"id": uuid4().hex, "type": "payment.changed", **ids})
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS) as http:
            await http.post(
                f"{self.scene.shop.address}/webhooks/test",
                content=body,
                headers={SIGNATURE_HEADER: sign_play_notice(body, SECRET)},
            )

    async def cancel(self) -> Any:
        """Cancel the booking, by the same mutation each time."""
        wish = {"by": {"id": self.paying["bookingId"]}, "idempotencyKey": "cancel"}
        return await self.scene.shop.ask(_CANCEL, {"input": wish}, token=self.token)

    async def die_of(
        self, step: Ambush, cause: Callable[[], Coroutine[Any, Any, Any]] | None = None
    ) -> None:
        """Pay at a server that does not survive it; what it was to do later is due by then."""
        cause = cause or self.pay
        if self.paying["paymentMethod"] == Card.SLOW:
            assert (await self.pay())["booking"]["status"] == "PENDING"
            await database.execute("UPDATE play_payment SET answers_at = now()")
            cause = self.be_answered
        async with step.laid(self.scene):
            dying = asyncio.create_task(cause())
        with suppress(httpx.TransportError):
            await dying
        await let_time_pass()

    async def all_is_settled(self) -> bool:
        """Whether nothing is under way any more, and a ticket sold was sent."""
        booking = await Booking.get(id=self.booking_id)
        open_payments = await Payment.filter(
            booking_id=self.booking_id,
            status__in=[PaymentStatus.CREATED, PaymentStatus.AUTHORIZED, PaymentStatus.ORPHANED],
        )
        if open_payments:
            return False
        if booking.status is BookingStatus.CONFIRMED:
            return bool(self.scene.post.taken_for(self.email))
        return True

    async def all_is_given_back(self) -> bool:
        """Whether the refund has arrived, and nothing is left to do about it."""
        refunds = await Refund.filter(booking_id=self.booking_id)
        return [one.status for one in refunds] == [RefundStatus.SUCCEEDED]

    async def is_told(self) -> bool:
        """Whether there is mail for the buyer."""
        return bool(self.scene.post.taken_for(self.email))


async def let_time_pass() -> None:
    """Let everything be due that a dead process has left for later."""
    for table, change in (
        ("payment", "look_at = now() WHERE look_at IS NOT NULL"),
        ("job", "execute_after = now(), heartbeat = now() - interval '1 day'"),
        ("message", "sending_until = now() WHERE sending_until IS NOT NULL"),
    ):
        await database.execute(f"UPDATE {table} SET {change}")


async def until(what: Callable[[], Awaitable[bool]], scene: Scene) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await what():
            assert scene.shop.is_open(), scene.shop.said()
            await asyncio.sleep(0.02)


async def check_agreement(buyer: Buyer, *, mails: set[int]) -> None:
    """Compare what the buyer has with what the buyer was charged, here and at Stripe."""
    booking = await Booking.get(id=buyer.booking_id)
    tickets = await Ticket.filter(booking_id=booking.id).count()
    charged = await Payment.filter(booking_id=booking.id, status=PaymentStatus.CAPTURED).count()
    sold = booking.status is BookingStatus.CONFIRMED
    assert (tickets, charged) == ((2, 1) if sold else (0, 0))
    assert len(buyer.scene.post.taken_for(buyer.email)) in (mails if sold else {0})
    assert await invariants.violations() == {}
    assert await money_violations() == {}

    intents = buyer.scene.stripe.books.intents.values()
    kept = [one for one in intents if one["status"] in {"requires_capture", "succeeded"}]
    wanted = [booking.total_minor] if sold and buyer.paying["provider"] == "stripe" else []
    assert [one["amount_received"] for one in kept] == wanted


@pytest.mark.parametrize(
    ("provider", "method", "step", "gone"),
    [
        *ways("test", "approve", STARTING, CONFIRMING, back_after=(CONFIRMING,)),
        *ways("test", "slow", CONFIRMING, CAPTURING, back_after=()),
        *ways(
            "stripe",
            "pm_card_visa",
            STARTING,
            AtStripe(Step.CREATE, Moment.BEFORE),
            AtStripe(Step.CREATE, Moment.AFTER),
            CONFIRMING,
            AtStripe(Step.CAPTURE, Moment.BEFORE),
            AtStripe(Step.CAPTURE, Moment.AFTER),
            CAPTURING,
            back_after=(STARTING, AtStripe(Step.CREATE, Moment.AFTER), CAPTURING),
        ),
    ],
)
async def test_a_server_killed_while_it_takes_money_keeps_every_promise(
    scene: Scene, provider: str, method: str, step: Ambush, gone: bool
) -> None:
    buyer = await Buyer.come(scene, provider, method)

    await buyer.die_of(step)
    await scene.shop.open()
    if not gone:
        assert (await buyer.pay())["booking"]["status"] == "CONFIRMED"
    await until(buyer.all_is_settled, scene)

    await check_agreement(buyer, mails={1})


@pytest.mark.parametrize("paying", [("test", "approve"), ("stripe", "pm_card_visa")], ids=str)
@pytest.mark.parametrize(
    ("step", "mails"),
    [
        (InDatabase("UPDATE ON job", "NEW.status = 'picked'"), {1}),
        (InDatabase("INSERT ON message"), {1}),
        (AtPost(Moment.BEFORE), {1}),
        # Taken by the mail server, and nobody learned of it: it is sent again, as the same message.
        (AtPost(Moment.AFTER), {1, 2}),
    ],
    ids=str,
)
async def test_a_server_killed_while_it_sends_mail_sends_it_all_the_same(
    scene: Scene, paying: tuple[str, str], step: Ambush, mails: set[int]
) -> None:
    buyer = await Buyer.come(scene, *paying)

    await buyer.die_of(step)
    await scene.shop.open()
    await until(buyer.all_is_settled, scene)

    await check_agreement(buyer, mails=mails)
    sent = buyer.scene.post.taken_for(buyer.email)
    assert len({message["Message-ID"] for message in sent}) == 1


@pytest.mark.parametrize(
    "step",
    [
        InDatabase("INSERT ON refund"),
        AtStripe(Step.REFUND, Moment.BEFORE),
        AtStripe(Step.REFUND, Moment.AFTER),
        InDatabase("UPDATE ON refund", "NEW.status = 'SUCCEEDED'"),
    ],
    ids=str,
)
async def test_a_server_killed_while_it_gives_money_back_gives_it_back_once(
    scene: Scene, step: Ambush
) -> None:
    buyer = await Buyer.come(scene, "stripe", "pm_card_visa")
    await buyer.pay()
    await until(buyer.all_is_settled, scene)

    await buyer.die_of(step, buyer.cancel)
    await scene.shop.open()
    await buyer.cancel()  # the same again: a cancellation that was rolled back is wished for still
    await until(buyer.all_is_given_back, scene)

    [refund] = scene.stripe.books.refunds.values()
    assert (refund["amount"], refund["status"]) == (13_000, "succeeded")
    assert await Ticket.filter(booking_id=buyer.booking_id, status="ISSUED").count() == 0
    assert await invariants.violations() == {}
    assert await money_violations() == {}


@pytest.mark.parametrize(
    "step",
    [
        InDatabase("UPDATE ON payment", "NEW.status = 'ORPHANED'"),
        InDatabase("INSERT ON job", "NEW.entrypoint = 'message.mail'"),
        InDatabase("UPDATE ON payment", "NEW.status = 'VOIDED'"),
        InDatabase("INSERT ON message"),
    ],
    ids=str,
)
async def test_a_server_killed_while_it_lets_late_money_go_tells_its_buyer_once(
    scene: Scene, step: Ambush
) -> None:
    buyer = await Buyer.come(scene, "test", "late")
    await buyer.pay()
    made = await Booking.get(id=buyer.booking_id)
    [lost, _] = (await Payment.get(booking_id=made.id)).seat_indexes or []
    await let_booking_end(made)
    await book(await make_buyer(), await Concert.get(id=made.concert_id), lost)
    await database.execute("UPDATE play_payment SET answers_at = now()")

    await buyer.die_of(step, buyer.be_answered)
    await scene.shop.open()
    await until(buyer.all_is_settled, scene)
    await until(buyer.is_told, scene)

    assert (await Payment.get(booking_id=made.id)).status is PaymentStatus.VOIDED
    [mail] = scene.post.taken_for(buyer.email)
    assert mail["Subject"].startswith("Paid too late: ")
    assert await invariants.violations() == await money_violations() == {}
