"""Webhooks as Stripe sends them: the event's body, and its signature."""

import orjson
import stripe

from tests.payments.stripe_fake_books import Json

SECRET = "whsec_of_the_fake"


def write_webhook(
    event: Json, *, secret: str = SECRET, at_seconds: int | None = None
) -> tuple[bytes, dict[str, str]]:
    """Write a webhook's body and headers; each delivery is signed anew."""
    body = orjson.dumps(event)
    return body, sign(body, secret=secret, at_seconds=at_seconds)


def sign(body: bytes, *, secret: str = SECRET, at_seconds: int | None = None) -> dict[str, str]:
    """Write the headers of a body."""
    signature = stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, timestamp=at_seconds
    )
    return {"stripe-signature": signature, "content-type": "application/json"}
