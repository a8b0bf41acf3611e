"""Webhooks of provider `test`: its cards that answer late can be told to answer now.

The header `Bigcat-Signature` is `t=<seconds since 1970>,v1=<hex HMAC-SHA256>` of those seconds, a
full stop and the body; the body is `{"id", "type", "concertId", "paymentId"}`, ids as UUIDs.
"""

import hmac
import re
from collections.abc import Mapping

import orjson

from bigcat_graphql.clock import utc_now
from bigcat_graphql.payments.notices import (
    OLDEST_SECONDS,
    Notice,
    NoticeReader,
    NoticeRefused,
    read_key,
)

SIGNATURE_HEADER = "bigcat-signature"
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def make_play_reader(secret: str) -> NoticeReader:
    """Make a reader that believes one secret."""

    def read(body: bytes, headers: Mapping[str, str]) -> Notice:
        found = _SIGNATURE.fullmatch(headers.get(SIGNATURE_HEADER, ""))
        if found is None or not hmac.compare_digest(found[2], _digest(body, found[1], secret)):
            raise NoticeRefused("The signature is missing or wrong.")
        if abs(utc_now().timestamp() - int(found[1])) > OLDEST_SECONDS:
            raise NoticeRefused("The signature is over 5 minutes old.")
        try:
            event = orjson.loads(body)
            keys = read_key(event.get("concertId")), read_key(event.get("paymentId"))
            return Notice(str(event["id"])[:200], str(event["type"])[:200], *keys)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            raise NoticeRefused("This is no event of provider test.") from None

    return read


def sign_play_notice(body: bytes, secret: str, *, at_seconds: int | None = None) -> str:
    """Write the header of a webhook, as provider `test` would."""
    seconds = str(int(utc_now().timestamp()) if at_seconds is None else at_seconds)
    return f"t={seconds},v1={_digest(body, seconds, secret)}"


def _digest(body: bytes, seconds: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, "sha256").hexdigest()
