"""Ids made by the app: UUIDv7 keys, so that new rows lie together, and printed references."""

import secrets
from uuid import UUID

from uuid_utils import uuid7

# No 0/O, 1/I/L and U: what people read out loud must not be mistaken.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 10


def new_id() -> UUID:
    """Make a UUIDv7 key."""
    return UUID(int=uuid7().int)


def new_reference() -> str:
    """Make a booking's reference: 10 random letters and digits (49 bits), kept without dashes."""
    number = secrets.randbelow(len(_ALPHABET) ** _LENGTH)
    letters = []
    for _ in range(_LENGTH):
        number, letter = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "".join(letters)


def print_reference(reference: str) -> str:
    """Write a reference for people, `K7QM-2XVD-9R`."""
    return "-".join(reference[start : start + 4] for start in range(0, len(reference), 4))


def read_reference(text: str) -> str:
    """Read what a person typed: case, blanks and dashes do not matter."""
    return "".join(letter for letter in text.upper() if letter.isalnum())
