"""Links to a ticket's files: signed, for one file of one ticket, and good for 15 minutes.

A link is what its owner shows to a printer or a calendar that cannot sign in; whoever has it has
the ticket, which is why it ends soon. The path is `/t/<ticket>.<deadline>.<signature>/<file>`.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from bigcat_graphql.clock import utc_now
from bigcat_graphql.settings import get_settings

_LIFE_SECONDS = 15 * 60
_SIGNATURE_BYTES = 16
_TOKEN = re.compile(r"([A-Za-z0-9_-]{43})\.([0-9]{1,12})\.([A-Za-z0-9_-]{22})")


class TicketFile(StrEnum):
    """The files of a ticket, by their names in links."""

    SVG = "code.svg"
    PNG = "code.png"
    PDF = "ticket.pdf"
    CALENDAR = "evening.ics"


@dataclass(frozen=True, slots=True)
class TicketName:
    """Which ticket a link is about."""

    concert_id: UUID
    ticket_id: UUID


def write_link(base_url: str, name: TicketName, file: TicketFile) -> str:
    """Write an absolute link that is good from now on for 15 minutes."""
    key = _encode(name.concert_id.bytes + name.ticket_id.bytes)
    deadline = int(utc_now().timestamp()) + _LIFE_SECONDS
    signature = _sign(key, deadline, file)
    return f"{base_url}/t/{key}.{deadline}.{_encode(signature)}/{file.value}"


def read_link(token: str, file: TicketFile) -> TicketName | None:
    """Read the middle of a link's path; None when it is not ours, of another file, or over."""
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        return None
    key, deadline = parts[1], int(parts[2])
    signed = hmac.compare_digest(_sign(key, deadline, file), _decode(parts[3]))
    if not signed or deadline < utc_now().timestamp():
        return None
    ids = _decode(key)
    return TicketName(UUID(bytes=ids[:16]), UUID(bytes=ids[16:]))


def _sign(key: str, deadline: int, file: TicketFile) -> bytes:
    message = f"{key}.{deadline}/{file.value}".encode()
    secret = _derive_key(get_settings().secret_key)
    return hmac.digest(secret, message, hashlib.sha256)[:_SIGNATURE_BYTES]


@lru_cache(maxsize=2)
def _derive_key(secret: str) -> bytes:
    # A key of its own: no access token can ever pass for a link, nor a link for a token.
    return hmac.digest(secret.encode(), b"bigcat ticket link", hashlib.sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
