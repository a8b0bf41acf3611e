"""Global ids: base64url of `Type:key`; a key is a concert's id, an own id, or both with a dot."""

import base64
import binascii
import re
from typing import NewType
from uuid import UUID

import strawberry

Key = NewType("Key", str)

_UUID = "[0-9a-f]{32}"
_OWN = re.compile(_UUID)
_OF_CONCERT = re.compile(rf"({_UUID})\.({_UUID})")
_SEAT = re.compile(rf"({_UUID})\.(0|[1-9][0-9]{{0,6}})")
# The longest of ours, a `ConcertAvailability` or two UUIDs, have some 100 characters.
_LONGEST = 200


def write_id(kind: str, *parts: UUID | int) -> strawberry.ID:
    """Write a global id."""
    key = ".".join(part.hex if isinstance(part, UUID) else str(part) for part in parts)
    encoded = base64.urlsafe_b64encode(f"{kind}:{key}".encode())
    return strawberry.ID(encoded.rstrip(b"=").decode())


def read_id(text: str) -> tuple[str, Key] | None:
    """Read a global id as its type and key; None when it is not one of ours."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    kind, _, key = decoded.partition(":")
    # One object has one id: another spelling of the same bytes is not it.
    again = base64.urlsafe_b64encode(decoded.encode()).rstrip(b"=").decode()
    return (kind, Key(key)) if again == text else None


def read_key(text: str, kind: str) -> Key | None:
    """Read the key of a global id of a type; None when it is something else."""
    read = read_id(text)
    return read[1] if read and read[0] == kind else None


def own_id(key: Key | None) -> UUID | None:
    """Read the key of what has an id of its own."""
    return UUID(hex=key) if key and _OWN.fullmatch(key) else None


def id_of_concert(key: Key | None) -> tuple[UUID, UUID] | None:
    """Read the key of what belongs to a concert: the concert's id, and its own."""
    parts = _OF_CONCERT.fullmatch(key) if key else None
    return (UUID(hex=parts[1]), UUID(hex=parts[2])) if parts else None


def seat_of_concert(key: Key | None) -> tuple[UUID, int] | None:
    """Read the key of a seat: the concert's id, and the seat's index."""
    parts = _SEAT.fullmatch(key) if key else None
    return (UUID(hex=parts[1]), int(parts[2])) if parts else None
