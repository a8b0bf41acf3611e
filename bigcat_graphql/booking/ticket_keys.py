"""The keys that sign ticket codes: made on first use, kept in the database, never deleted."""

import base64
import secrets
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bigcat_graphql import database
from bigcat_graphql.booking.ticket_codes import TicketCode, write_code
from bigcat_graphql.models import Ticket, TicketKey

_SEED_BYTES = 32
Keys = Mapping[int, Ed25519PrivateKey]

# Of two processes that make a first key, or a next one, one inserts and both then read the same.
_INSERT = """
INSERT INTO ticket_key (number, private_key, created_at) VALUES ($1, $2, now())
ON CONFLICT (number) DO NOTHING
"""

_known: dict[int, Ed25519PrivateKey] = {}


async def code_of(ticket: Ticket) -> str:
    """Write the code of a ticket, with the newest key that this process knows."""
    return _sign(ticket, _known or await _load_keys())


def code_at_once(ticket: Ticket) -> str | None:
    """Write the code of a ticket without waiting; None as long as this process knows no key."""
    return _sign(ticket, _known) if _known else None


def _sign(ticket: Ticket, keys: Keys) -> str:
    number = max(keys)
    return write_code(
        keys[number],
        key_number=number,
        concert_id=ticket.concert_id,
        ticket_id=ticket.id,
        secret=ticket.code,
    )


async def find_public_key(code: TicketCode) -> Ed25519PublicKey | None:
    """Find the key that a code says it was signed with; None when there is none of that number."""
    key = _known.get(code.key_number) or (await _load_keys()).get(code.key_number)
    return key.public_key() if key else None


async def public_key_set() -> dict[str, list[dict[str, str]]]:
    """Give the public keys as a JWK Set (RFC 7517), the newest first, for doors without a net."""
    keys = await _load_keys()
    return {"keys": [_show(number, keys[number]) for number in sorted(keys, reverse=True)]}


async def make_next_key() -> int:
    """Make a key that signs from now on, and give its number; codes of older keys stay good.

    Other processes go on with the key they know until they start again or meet a new one.
    """
    number = max(await _load_keys()) + 1
    await database.execute(_INSERT, number, secrets.token_bytes(_SEED_BYTES))
    return max(await _load_keys())


def forget_keys() -> None:
    """Forget what this process knows of the keys, for another database in the same process."""
    _known.clear()


async def _load_keys() -> Keys:
    rows = await TicketKey.all()
    if not rows:
        await database.execute(_INSERT, 1, secrets.token_bytes(_SEED_BYTES))
        rows = await TicketKey.all()
    for row in rows:
        _known[row.number] = Ed25519PrivateKey.from_private_bytes(row.private_key)
    return _known


def _show(number: int, key: Ed25519PrivateKey) -> dict[str, str]:
    raw = key.public_key().public_bytes_raw()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "Ed25519",
        "use": "sig",
        "kid": str(number),
        "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
    }
