"""The draw of a sale queue: an order that nobody could choose and anybody can compute again.

The seed is committed to before anybody joins, the list of who takes part is fixed before the
beacon's round, and the beacon speaks when both are: whoever knows one of the three does not know
the others in time. `||` joins bytes and H is SHA-256:

    entries root = H(id || H(nonce), for each entrant, by id)
    final        = H("draw-v1" || sale id || seed || entries root || randomness, if there is any)
    the order is by H(final || id), then by id
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

_NAME = b"draw-v1"
SEED_BYTES = 32


@dataclass(frozen=True, slots=True, order=True)
class Entrant:
    """Somebody who takes part: the id that is the receipt, and the digest of their nonce."""

    id: bytes
    nonce_digest: bytes

    @classmethod
    def with_nonce(cls, entry_id: bytes, nonce: str) -> "Entrant":
        """Take part with a nonce of one's own; no nonce counts as an empty one."""
        return cls(entry_id, sha256(nonce.encode()).digest())


def commit_to(seed: bytes) -> bytes:
    """Give the digest that is published when the sale is announced."""
    return sha256(seed).digest()


def root_of(entrants: Iterable[Entrant]) -> bytes:
    """Fix who takes part; the same for any order they are given in."""
    return sha256(b"".join(one.id + one.nonce_digest for one in sorted(entrants))).digest()


def mix(*, sale_id: bytes, seed: bytes, entries_root: bytes, randomness: bytes = b"") -> bytes:
    """Give the digest that decides the order; without randomness the seed alone decides."""
    return sha256(_NAME + sale_id + seed + entries_root + randomness).digest()


def draw(final: bytes, entrants: Iterable[Entrant]) -> list[bytes]:
    """List the entrants' ids from rank 1 on."""
    return sorted((one.id for one in entrants), key=lambda id_: (sha256(final + id_).digest(), id_))
