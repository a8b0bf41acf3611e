"""Which payment providers there are, as the settings say."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.payments.play_money import PlayMoney
from bigcat_graphql.payments.provider import PaymentProvider
from bigcat_graphql.settings import get_settings

if TYPE_CHECKING:
    from bigcat_graphql.payments.stripe_provider import StripeProvider

_stripes: dict[tuple[str, str], "StripeProvider"] = {}


def choose_provider(name: str | None) -> PaymentProvider:
    """Give the provider a buyer names, or the first.

    Raises:
        InvalidInput: buyers cannot pay with such a provider.
    """
    known = get_settings().payment_providers
    if name is not None and name not in known:
        listed = ", ".join(known)
        raise InvalidInput(f"There is no such provider; known: {listed}.", ("input", "provider"))
    return provider_named(known[0] if name is None else name)


def provider_named(name: str) -> PaymentProvider:
    """Give the provider of a payment, which buyers may not be able to choose any more.

    Raises:
        LookupError: this process knows no such provider.
    """
    if name == PlayMoney.name:
        return PlayMoney()
    if name == "stripe":
        settings = get_settings()
        if settings.stripe_secret_key:
            return _stripe(settings.stripe_secret_key, settings.stripe_url)
    raise LookupError(f"no payment provider {name!r}")


async def open_providers() -> None:
    """Load what providers need, so that no buyer waits for it; called at start-up."""
    if "stripe" in get_settings().payment_providers:
        await asyncio.to_thread(import_module, "stripe")


async def close_providers() -> None:
    """Hang up everywhere; a provider that is asked again connects anew."""
    for provider in _stripes.values():
        await provider.close()


def _stripe(secret_key: str, url: str) -> PaymentProvider:
    # One a process: it keeps connections. Late, for its library takes half a second to load.
    from bigcat_graphql.payments.stripe_provider import StripeProvider  # noqa: PLC0415

    if (secret_key, url) not in _stripes:
        _stripes[secret_key, url] = StripeProvider(secret_key, url)
    return _stripes[secret_key, url]
