"""The public randomness of a draw: a round of drand's quicknet chain, fixed by the time alone."""

from dataclasses import dataclass
from hashlib import sha256

# drand's quicknet: hash of the chain, start in Unix seconds, and a round every 3 seconds.
CHAIN_HASH = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
_GENESIS = 1_692_803_367
_PERIOD_SECONDS = 3
# So that the entries are fixed and published well before anybody can know the randomness.
_AFTER_CLOSE_SECONDS = 6


@dataclass(frozen=True, slots=True)
class Beacon:
    """What one round of a chain said; `randomness` is the digest of `signature`."""

    chain_hash: str
    round: int
    randomness: bytes
    signature: bytes


def round_after(closed_at: int) -> int:
    """Name the first round 6 seconds or more after the lobby closed, in Unix seconds."""
    passed = closed_at + _AFTER_CLOSE_SECONDS - _GENESIS
    return -(-passed // _PERIOD_SECONDS) + 1


def published_at(round_: int) -> int:
    """Say when a round is spoken, in Unix seconds."""
    return _GENESIS + (round_ - 1) * _PERIOD_SECONDS


def find_faults(beacon: Beacon, closed_at: int) -> list[str]:
    """Say what is wrong with a beacon; checking its signature itself takes drand's own tools."""
    faults = []
    if beacon.chain_hash != CHAIN_HASH:
        faults.append("the beacon is of another chain than drand's quicknet")
    if beacon.round != round_after(closed_at):
        faults.append("the beacon's round is not the one that the closing time says")
    if sha256(beacon.signature).digest() != beacon.randomness:
        faults.append("the beacon's randomness is not the digest of its signature")
    return faults
