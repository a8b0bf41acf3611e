"""A door without a net: it checks scanned tickets by itself, each once.

Take along what the box office knows, then scan, a code a line:

    bigcat ticket keys --json > keys.json
    bigcat ticket list SLUG --json > tickets.json
    python examples/door.py keys.json tickets.json

A signature proves that the box office made the code; only the list says that the ticket was
cancelled or let in since. Needs `cryptography`.
"""

import base64
import binascii
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# A code is 95 bytes in base32: layout, key number, end of the concert's id, ticket id, digest of
# the ticket's secret, signature.
_HEAD_BYTES = 31
_CODE_BYTES = _HEAD_BYTES + 64
_LAYOUT = 1


@dataclass
class Door:
    """What one door knows; two doors without a net do not know of each other."""

    concert_id: UUID
    keys: dict[int, Ed25519PublicKey]
    states: dict[UUID, str]

    def scan(self, text: str) -> str:
        """Tell what to do with whoever shows this code."""
        try:
            code = base64.b32decode("".join(text.split()).upper())
        except (binascii.Error, ValueError):
            return "NO    this is no ticket code"
        if len(code) != _CODE_BYTES or code[0] != _LAYOUT:
            return "NO    this is no ticket code"
        if code[3:7] != self.concert_id.bytes[-4:]:
            return "NO    a ticket of another evening"
        if not self._is_signed(code):
            return "NO    forged"
        return self._admit(UUID(bytes=code[7:23]))

    def _is_signed(self, code: bytes) -> bool:
        key = self.keys.get(int.from_bytes(code[1:3], "big"))
        message = b"bigcat ticket code\x00" + code[:_HEAD_BYTES] + self.concert_id.bytes
        try:
            return key is not None and key.verify(code[_HEAD_BYTES:], message) is None
        except InvalidSignature:
            return False

    def _admit(self, ticket_id: UUID) -> str:
        # Not on the list: sold after it was made, and good by its signature.
        state = self.states.get(ticket_id, "ISSUED")
        if state != "ISSUED":
            return "NO    let in before" if state == "CHECKED_IN" else f"NO    {state.lower()}"
        self.states[ticket_id] = "CHECKED_IN"
        return f"IN    ticket {ticket_id}"


def open_door(keys_file: Path, tickets_file: Path) -> Door:
    """Read what the box office gave along."""
    keys = json.loads(keys_file.read_text("utf-8"))["keys"]
    listed = json.loads(tickets_file.read_text("utf-8"))
    return Door(
        concert_id=UUID(listed["concertId"]),
        keys={int(key["kid"]): _read_key(key["x"]) for key in keys},
        states={UUID(ticket["id"]): ticket["status"] for ticket in listed["tickets"]},
    )


def _read_key(text: str) -> Ed25519PublicKey:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return Ed25519PublicKey.from_public_bytes(raw)


def main() -> None:
    """Scan until nobody comes any more."""
    door = open_door(Path(sys.argv[1]), Path(sys.argv[2]))
    for line in sys.stdin:
        if line.strip():
            print(door.scan(line), flush=True)


if __name__ == "__main__":
    main()
