"""A fake Stripe for the whole run, empty for each test that asks for it."""

from collections.abc import AsyncIterator

import pytest
import stripe

from bigcat_graphql import payments
from bigcat_graphql.payments.stripe_provider import StripeProvider
from bigcat_graphql.settings import override_settings
from tests.payments.stripe_fake import KEY, StripeFake, run_fake
from tests.payments.stripe_fake_post import SECRET


@pytest.fixture(scope="session")
async def fake_served() -> AsyncIterator[StripeFake]:
    async with run_fake() as one:
        yield one


@pytest.fixture
def fake(fake_served: StripeFake, monkeypatch: pytest.MonkeyPatch) -> StripeFake:
    # The SDK would wait for half a second before it asks again.
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.001)
    fake_served.forget_everything()
    return fake_served


@pytest.fixture
async def stripe_provider(fake: StripeFake) -> AsyncIterator[StripeProvider]:
    one = StripeProvider(KEY, fake.address)
    yield one
    await one.close()


@pytest.fixture
async def stripe_set_up(fake: StripeFake) -> AsyncIterator[None]:
    """Take payments by the fake Stripe and by provider `test`, and webhooks of both."""
    payments.take_part()
    with override_settings(
        payment_providers=("test", "stripe"),
        stripe_secret_key=KEY,
        stripe_webhook_secrets=(SECRET,),
        stripe_url=fake.address,
        test_webhook_secret=SECRET,
    ):
        yield
        await payments.close_providers()
