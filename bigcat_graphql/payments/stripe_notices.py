"""Stripe's webhooks: signed with one of the endpoint's secrets."""

from collections.abc import Mapping
from typing import Any

import orjson

from bigcat_graphql.payments.notices import (
    OLDEST_SECONDS,
    Notice,
    NoticeReader,
    NoticeRefused,
    read_key,
)

_LONGEST_NAME = 200


def make_stripe_reader(secrets: tuple[str, ...]) -> NoticeReader:
    """Make a reader that believes any of several secrets, so that one can follow another."""

    def read(body: bytes, headers: Mapping[str, str]) -> Notice:
        _check_signature(body, headers.get("stripe-signature"), secrets)
        try:
            event = orjson.loads(body)
            return _read_event(event["id"], event["type"], event["data"]["object"])
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            raise NoticeRefused("This is no event of Stripe's.") from None

    return read


def _check_signature(body: bytes, signature: str | None, secrets: tuple[str, ...]) -> None:
    import stripe  # noqa: PLC0415 - takes 0.6 s, and most processes never need it

    # The SDK fails at comparing letters that no signature has.
    if signature is not None and not signature.isascii():
        signature = None
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(body, signature, secret, OLDEST_SECONDS)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            continue
        return
    raise NoticeRefused("The signature is missing, wrong, or over 5 minutes old.")


def _read_event(event_id: str, kind: str, subject: dict[str, Any]) -> Notice:
    # Refunds, charges and disputes name the intent that they belong to.
    is_intent = subject.get("object") == "payment_intent"
    reference = subject.get("id" if is_intent else "payment_intent")
    labels = subject.get("metadata") or {}
    return Notice(
        event_id[:_LONGEST_NAME],
        kind[:_LONGEST_NAME],
        concert_id=read_key(labels.get("concert_id")),
        payment_id=read_key(labels.get("payment_id")),
        reference=reference if isinstance(reference, str) else None,
    )
