"""StripeProvider against a Stripe that keeps state, honours keys, and has accidents."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import stripe

from bigcat_graphql.clock import utc_now
from bigcat_graphql.ids import new_id
from bigcat_graphql.money import Money
from bigcat_graphql.payments.provider import (
    PaymentRequest,
    ProviderState,
    ProviderStatus,
    ProviderUnreachable,
    RefundProgress,
    RefundRequest,
)
from bigcat_graphql.payments.stripe_provider import StripeProvider
from tests.payments import stripe_fake
from tests.payments.stripe_fake import KEY, Moment, Step, StripeFake
from tests.payments.stripe_fake_books import DECLINED, GOOD, NEEDS_ACTION

# The SDK gives httpx its form as text, in a way that is going out of use.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def provider(stripe_provider: StripeProvider) -> StripeProvider:
    return stripe_provider


def ask_for(
    method: str | None = GOOD, *, amount: Money | None = None, payment_id: UUID | None = None
) -> PaymentRequest:
    return PaymentRequest(
        payment_id or new_id(), uuid4(), uuid4(), amount or Money(6500, "EUR"), method
    )


def give_back(
    paid: ProviderState, minor: int, *, refund_id: UUID | None = None, attempt: int = 0
) -> RefundRequest:
    return RefundRequest(
        refund_id or new_id(),
        attempt,
        uuid4(),
        paid.reference,
        amount=Money(minor, "EUR"),
        charged=Money(6500, "EUR"),
        reference=None,
    )


def id_made(ago: timedelta) -> UUID:
    milliseconds = int((utc_now() - ago).timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62) | 5)


def make_at_stripe(fake: StripeFake, asked: PaymentRequest) -> None:
    """Let an earlier call have made the intent, as nobody here knows."""
    labels = {"payment_id": str(asked.payment_id)}
    fake.books.create_intent(
        {"amount": 6500, "currency": "eur", "capture_method": "manual", "metadata": labels}
    )


async def pay(provider: StripeProvider) -> tuple[PaymentRequest, ProviderState]:
    asked = ask_for()
    kept = await provider.authorize(asked)
    return asked, await provider.capture(asked.payment_id, kept.reference)


async def test_money_is_kept_ready_and_charged_later(
    fake: StripeFake, provider: StripeProvider
) -> None:
    asked = ask_for()

    kept = await provider.authorize(asked)
    assert kept.status is ProviderStatus.AUTHORIZED
    assert fake.books.intents[kept.reference]["amount_received"] == 0

    charged = await provider.capture(asked.payment_id, kept.reference)
    assert (charged.status, charged.reference) == (ProviderStatus.CAPTURED, kept.reference)
    intent = fake.books.intents[kept.reference]
    assert (intent["amount_received"], intent["currency"]) == (6500, "eur")
    assert intent["metadata"]["booking_id"] == str(asked.booking_id)


async def test_every_call_may_be_repeated(fake: StripeFake, provider: StripeProvider) -> None:
    asked = ask_for()
    kept = [await provider.authorize(asked) for _ in range(2)]
    assert kept[0] == kept[1]
    charged = [await provider.capture(asked.payment_id, kept[0].reference) for _ in range(2)]
    assert [one.status for one in charged] == [ProviderStatus.CAPTURED] * 2
    refund = give_back(charged[0], 2000)
    assert await provider.refund(refund) == await provider.refund(refund)

    assert (len(fake.books.intents), len(fake.books.refunds)) == (1, 1)


async def test_the_same_call_at_once_acts_once(fake: StripeFake, provider: StripeProvider) -> None:
    asked = ask_for()
    told = asyncio.Event()
    fake.plan(Step.CREATE, Moment.BEFORE, told.wait)  # type: ignore[arg-type]  # its answer is let go

    first = asyncio.create_task(provider.authorize(asked))
    while Step.CREATE not in fake.asked:
        await asyncio.sleep(0.005)
    with pytest.raises(ProviderUnreachable):
        await provider.authorize(asked)
    told.set()

    assert await provider.authorize(asked) == await first
    assert len(fake.books.intents) == 1


async def test_a_declined_card_says_why(provider: StripeProvider) -> None:
    asked = ask_for(DECLINED)
    refused = await provider.authorize(asked)
    assert (refused.status, refused.decline_code) == (ProviderStatus.DECLINED, "generic")
    assert await provider.authorize(asked) == refused
    assert await provider.look_up(asked.payment_id, refused.reference) == refused


@pytest.mark.parametrize("card", ["pm_of_somebody_else", "pm_card_unknown"])
async def test_a_card_that_stripe_does_not_know_is_declined(
    provider: StripeProvider, card: str
) -> None:
    refused = await provider.authorize(ask_for(card))
    assert (refused.status, refused.decline_code) == (ProviderStatus.DECLINED, "resource_missing")


async def test_a_buyer_who_has_to_act_gets_a_secret_for_it(
    fake: StripeFake, provider: StripeProvider
) -> None:
    asked = ask_for(NEEDS_ACTION)
    waiting = await provider.authorize(asked)
    assert waiting.status is ProviderStatus.REQUIRES_ACTION
    assert waiting.client_secret

    fake.books.confirm(waiting.reference, GOOD)
    kept = await provider.look_up(asked.payment_id, waiting.reference)
    assert (kept.status, kept.client_secret) == (ProviderStatus.AUTHORIZED, None)


async def test_a_buyer_whom_stripe_asks_may_try_several_cards(
    fake: StripeFake, provider: StripeProvider
) -> None:
    asked = ask_for(None)
    waiting = await provider.authorize(asked)
    assert (waiting.status, bool(waiting.client_secret)) == (ProviderStatus.REQUIRES_ACTION, True)

    fake.books.confirm(waiting.reference, DECLINED)
    again = await provider.look_up(asked.payment_id, waiting.reference)
    assert (again.status, again.decline_code) == (ProviderStatus.REQUIRES_ACTION, "generic")
    fake.books.confirm(waiting.reference, GOOD)
    kept = await provider.look_up(asked.payment_id, waiting.reference)
    assert kept.status is ProviderStatus.AUTHORIZED


async def test_a_card_that_was_named_is_declined_when_the_buyer_does_not_act(
    fake: StripeFake, provider: StripeProvider
) -> None:
    asked = ask_for(NEEDS_ACTION)
    waiting = await provider.authorize(asked)
    fake.books.confirm(waiting.reference, DECLINED)
    refused = await provider.look_up(asked.payment_id, waiting.reference)
    assert refused.status is ProviderStatus.DECLINED


async def test_what_was_let_go_is_not_charged(provider: StripeProvider) -> None:
    asked = ask_for()
    kept = await provider.authorize(asked)
    gone = await provider.void(asked.payment_id, kept.reference)
    assert gone.status is ProviderStatus.VOIDED
    assert await provider.void(asked.payment_id, kept.reference) == gone
    assert await provider.capture(asked.payment_id, kept.reference) == gone


async def test_what_was_charged_is_not_let_go(provider: StripeProvider) -> None:
    asked, charged = await pay(provider)
    assert (await provider.void(asked.payment_id, charged.reference)).status is charged.status


async def test_a_charge_that_fails_leaves_the_money_ready(
    fake: StripeFake, provider: StripeProvider
) -> None:
    asked = ask_for()
    kept = await provider.authorize(asked)
    fake.books.captures_fail = True
    state = await provider.capture(asked.payment_id, kept.reference)
    assert state.status is ProviderStatus.AUTHORIZED


async def test_what_went_back_is_seen_whoever_gave_it(
    fake: StripeFake, provider: StripeProvider
) -> None:
    asked, charged = await pay(provider)
    await provider.refund(give_back(charged, 1500))
    fake.books.refund({"payment_intent": charged.reference, "amount": 500})
    assert (await provider.look_up(asked.payment_id, charged.reference)).refunded_minor == 2000


async def test_a_refund_is_made_once_even_after_keys_are_forgotten(
    fake: StripeFake, provider: StripeProvider
) -> None:
    _, charged = await pay(provider)
    refund = give_back(charged, 1500)
    made = await provider.refund(refund)
    fake.forget_keys()
    assert await provider.refund(refund) == made
    assert len(fake.books.refunds) == 1


async def test_a_refund_that_failed_is_made_anew_by_the_next_attempt(
    fake: StripeFake, provider: StripeProvider
) -> None:
    _, charged = await pay(provider)
    fake.books.refund_status = "pending"
    refund_id = new_id()
    first = await provider.refund(give_back(charged, 6500, refund_id=refund_id))
    assert first.status is RefundProgress.PENDING
    fake.books.settle_refund(first.reference, "failed")
    asked = give_back(charged, 6500, refund_id=refund_id)
    assert (await provider.refund(asked)).status is RefundProgress.FAILED

    fake.books.refund_status = "succeeded"
    again = await provider.refund(give_back(charged, 6500, refund_id=refund_id, attempt=1))
    assert again.status is RefundProgress.SUCCEEDED
    assert again.reference != first.reference


async def test_more_than_was_charged_does_not_go_back(provider: StripeProvider) -> None:
    _, charged = await pay(provider)
    await provider.refund(give_back(charged, 6000))
    assert (await provider.refund(give_back(charged, 1000))).status is RefundProgress.FAILED


async def test_a_refund_that_does_not_come_out_even_is_for_a_person(
    provider: StripeProvider,
) -> None:
    asked = ask_for(amount=Money(5_010, "KWD"))
    kept = await provider.authorize(asked)
    charged = await provider.capture(asked.payment_id, kept.reference)
    half = replace(give_back(charged, 1), amount=Money(2_505, "KWD"))
    assert (await provider.refund(half)).status is RefundProgress.FAILED


@pytest.mark.parametrize(("end", "contested"), [("won", False), ("lost", True)])
async def test_a_dispute_is_seen_until_it_is_won(
    fake: StripeFake, provider: StripeProvider, end: str, contested: bool
) -> None:
    asked, charged = await pay(provider)
    dispute = fake.books.dispute(charged.reference)
    assert (await provider.look_up(asked.payment_id, charged.reference)).is_disputed
    fake.books.close_dispute(dispute["id"], end)
    state = await provider.look_up(asked.payment_id, charged.reference)
    assert state.is_disputed is contested


@pytest.mark.parametrize("accident", [stripe_fake.hang_up, stripe_fake.fail, stripe_fake.be_busy])
@pytest.mark.parametrize("moment", Moment)
async def test_an_answer_that_is_lost_is_asked_for_again(
    fake: StripeFake, provider: StripeProvider, accident: stripe_fake.Accident, moment: Moment
) -> None:
    asked = ask_for()
    # Of the call, and of the repeats of it by the SDK: each meets an accident, or what came of it.
    fake.plan(Step.CREATE, moment, accident, times=2)
    with suppress(ProviderUnreachable):
        await provider.authorize(asked)
    fake.forget_accidents()
    if accident is stripe_fake.fail and moment is Moment.BEFORE:
        fake.forget_keys()  # Stripe gives its 500 again for 24 hours

    assert (await provider.authorize(asked)).status is ProviderStatus.AUTHORIZED
    assert len(fake.books.intents) == 1


@pytest.mark.usefixtures("fake")
async def test_stripe_away_is_told_as_such() -> None:
    provider = StripeProvider(KEY, "http://127.0.0.1:9")
    with pytest.raises(ProviderUnreachable):
        await provider.authorize(ask_for())
    await provider.close()


async def test_a_wrong_key_is_no_decline(fake: StripeFake) -> None:
    provider = StripeProvider("sk_test_wrong", fake.address)
    with pytest.raises(stripe.AuthenticationError):
        await provider.authorize(ask_for())
    await provider.close()


@pytest.mark.parametrize("reached", [True, False])
async def test_a_payment_of_yesterday_is_looked_for_and_never_made_anew(
    fake: StripeFake, provider: StripeProvider, reached: bool
) -> None:
    asked = ask_for(payment_id=id_made(timedelta(hours=25)))
    if reached:
        make_at_stripe(fake, asked)

    state = await provider.authorize(asked)

    expected = ProviderStatus.REQUIRES_ACTION if reached else ProviderStatus.DECLINED
    assert state.status is expected
    assert len(fake.books.intents) == int(reached)


@pytest.mark.parametrize(
    ("amount", "count"),
    [
        (Money(6500, "USD"), 6500),
        (Money(6500, "JPY"), 6500),
        (Money(65_000, "KWD"), 65_000),
        (Money(5, "ISK"), 500),
        (Money(5, "UGX"), 500),
        (Money(6500, "HUF"), 6500),
        (Money(6500, "TWD"), 6500),
        (Money(500, "MGA"), 5),
    ],
)
async def test_amounts_are_counted_as_stripe_does(
    fake: StripeFake, provider: StripeProvider, amount: Money, count: int
) -> None:
    assert provider.check(amount, GOOD) is None
    asked = ask_for(amount=amount)
    kept = await provider.authorize(asked)
    assert fake.books.intents[kept.reference]["amount"] == count
    charged = await provider.capture(asked.payment_id, kept.reference)
    fake.books.refund({"payment_intent": charged.reference})
    state = await provider.look_up(asked.payment_id, charged.reference)
    assert state.refunded_minor == amount.amount_minor


@pytest.mark.parametrize(
    "amount", [Money(5_125, "KWD"), Money(550, "MGA"), Money(5_000, "IQD"), Money(1_0000, "CLF")]
)
def test_amounts_that_stripe_cannot_move_are_refused(amount: Money) -> None:
    assert amount.currency in (StripeProvider(KEY, "").check(amount, GOOD) or "")


@pytest.mark.parametrize("method", ["approve", "pm_", "pm_card_visa'; --", "4242424242424242"])
def test_what_is_no_payment_method_is_refused(method: str) -> None:
    assert StripeProvider(KEY, "").check(Money(100, "EUR"), method)


@pytest.mark.parametrize("reached", [True, False])
async def test_a_failure_that_stripe_keeps_is_looked_behind(
    fake: StripeFake, provider: StripeProvider, reached: bool
) -> None:
    asked = ask_for(payment_id=id_made(timedelta(minutes=10)))
    fake.plan(Step.CREATE, Moment.BEFORE, stripe_fake.fail)
    if reached:
        make_at_stripe(fake, asked)

    state = await provider.authorize(asked)  # fails, is repeated by the SDK, and fails as before

    expected = ProviderStatus.REQUIRES_ACTION if reached else ProviderStatus.DECLINED
    assert state.status is expected
    assert fake.asked == [Step.CREATE, Step.CREATE, Step.SEARCH, *[Step.LOOK] * reached]
