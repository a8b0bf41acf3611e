"""Ticket codes: what a door scans, signed so that it can be checked without asking anybody.

A code is 95 bytes in base32, 152 capital letters and digits, which a QR picture of 41 by 41 modules
holds. In order: the layout (1), the key's number (2), the end of the concert's id (4), the ticket's
id (16), a digest of the ticket's secret (8), and an Ed25519 signature (64) over all of these and
the whole id of the concert. Base32 survives links, typing and scanners that change case.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_LAYOUT = 1
_HEAD = struct.Struct(">BH4s16s8s")
_CODE_BYTES = _HEAD.size + 64
# What is signed begins with this, so that a signature can never be one over something else.
_PURPOSE = b"bigcat ticket code\x00"
# Twice as long as a code: room for blanks that people or scanners add.
_LONGEST = 320


@dataclass(frozen=True, slots=True)
class TicketCode:
    """What a code says; nothing of it is true until its signature is checked."""

    key_number: int
    concert_tail: bytes
    ticket_id: UUID
    secret_digest: bytes
    signature: bytes

    @property
    def head(self) -> bytes:
        """The part before the signature, as bytes."""
        return _HEAD.pack(
            _LAYOUT, self.key_number, self.concert_tail, self.ticket_id.bytes, self.secret_digest
        )

    def may_be_of(self, concert_id: UUID) -> bool:
        """Say whether it names this concert: a hint for people at the door, no proof."""
        return self.concert_tail == _tail(concert_id)

    def is_signed(self, key: Ed25519PublicKey, concert_id: UUID) -> bool:
        """Say whether it was signed with this key for this concert."""
        try:
            key.verify(self.signature, _signed(self.head, concert_id))
        except InvalidSignature:
            return False
        return True


def write_code(
    key: Ed25519PrivateKey, *, key_number: int, concert_id: UUID, ticket_id: UUID, secret: str
) -> str:
    """Write a ticket's code; the same facts make the same code."""
    head = _HEAD.pack(
        _LAYOUT, key_number, _tail(concert_id), ticket_id.bytes, digest_secret(secret)
    )
    return base64.b32encode(head + key.sign(_signed(head, concert_id))).decode()


def read_code(text: str) -> TicketCode | None:
    """Read what was scanned or typed: case and blanks do not matter; None when it is no code."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        code = base64.b32decode("".join(text.split()).upper())
    except (binascii.Error, ValueError):
        return None
    if len(code) != _CODE_BYTES or code[0] != _LAYOUT:
        return None
    _, number, tail, ticket, digest = _HEAD.unpack(code[: _HEAD.size])
    return TicketCode(number, tail, UUID(bytes=ticket), digest, code[_HEAD.size :])


def digest_secret(secret: str) -> bytes:
    """Write a ticket's secret as a code tells of it: changing the one makes the other worthless."""
    return hashlib.sha256(secret.encode()).digest()[:8]


def _tail(concert_id: UUID) -> bytes:
    return concert_id.bytes[-4:]


def _signed(head: bytes, concert_id: UUID) -> bytes:
    return _PURPOSE + head + concert_id.bytes
