"""The record of a draw: one JSON document with all that is needed to compute the order again."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

from bigcat_graphql.onsale import beacon as beacons
from bigcat_graphql.onsale.beacon import Beacon
from bigcat_graphql.onsale.draw import Entrant, commit_to, draw, mix, root_of

FORMAT = "bigcat draw-v1"


class RecordUnreadable(Exception):
    """A document is no record of a draw; the text says why."""


@dataclass(frozen=True, slots=True)
class DrawRecord:
    """A draw as it was published; `ranks[k]` is the rank of `entrants[k]`, which are by id."""

    sale_id: bytes
    closed_at: int
    commitment: bytes
    seed: bytes
    entries_root: bytes
    beacon: Beacon | None
    entrants: tuple[Entrant, ...]
    ranks: tuple[int, ...]

    def rank_of(self, receipt: str) -> int | None:
        """Find the rank of whoever has this receipt."""
        ranks = {one.id.hex(): rank for one, rank in zip(self.entrants, self.ranks, strict=True)}
        return ranks.get(receipt)


def make_record(
    *, sale_id: bytes, closed_at: int, seed: bytes, entrants: list[Entrant], beacon: Beacon | None
) -> DrawRecord:
    """Draw, and keep what it was drawn from; `closed_at` is in Unix seconds."""
    entrants = sorted(entrants)
    root = root_of(entrants)
    randomness = beacon.randomness if beacon else b""
    final = mix(sale_id=sale_id, seed=seed, entries_root=root, randomness=randomness)
    ranks = {id_: rank for rank, id_ in enumerate(draw(final, entrants), start=1)}
    return DrawRecord(
        sale_id=sale_id,
        closed_at=closed_at,
        commitment=commit_to(seed),
        seed=seed,
        entries_root=root,
        beacon=beacon,
        entrants=tuple(entrants),
        ranks=tuple(ranks[one.id] for one in entrants),
    )


def write_record(record: DrawRecord) -> bytes:
    """Write the document, the same bytes for the same draw."""
    document = _show(record)
    return json.dumps({**document, "digest": _digest(document)}, separators=(",", ":")).encode()


def read_record(document: bytes) -> DrawRecord:
    """Read a document.

    Raises:
        RecordUnreadable: it is not shaped like a record, or was damaged on its way.
    """
    try:
        facts = json.loads(document)
        record = _read(facts)
    except (ValueError, TypeError, KeyError, RecursionError) as fault:
        raise RecordUnreadable(f"This is not the record of a draw: {fault!r}.") from None
    if document != write_record(record) or facts["digest"] != _digest(_show(record)):
        raise RecordUnreadable("The record was changed on its way: its digest does not fit.")
    return record


def find_faults(record: DrawRecord) -> list[str]:
    """Compute the draw again, and say what is not as the record has it; nothing when all is."""
    return list(_faults(record))


def _faults(record: DrawRecord) -> Iterator[str]:
    if commit_to(record.seed) != record.commitment:
        yield "the seed is not the one that was committed to"
    ids = [one.id for one in record.entrants]
    if any(here >= after for here, after in pairwise(ids)):
        yield "the entries are not in the order of their ids, or one is there twice"
    if root_of(record.entrants) != record.entries_root:
        yield "the entries are not those whose root was published"
    if record.beacon is not None:
        yield from beacons.find_faults(record.beacon, record.closed_at)
    again = make_record(
        sale_id=record.sale_id,
        closed_at=record.closed_at,
        seed=record.seed,
        entrants=list(record.entrants),
        beacon=record.beacon,
    )
    if again.ranks != record.ranks:
        yield "the ranks are not those that the seed, the entries and the beacon give"


def _show(record: DrawRecord) -> dict[str, Any]:
    entries = zip(record.entrants, record.ranks, strict=True)
    return {
        "format": FORMAT,
        "saleId": record.sale_id.hex(),
        "closedAt": record.closed_at,
        "commitment": record.commitment.hex(),
        "seed": record.seed.hex(),
        "entriesRoot": record.entries_root.hex(),
        "beacon": _show_beacon(record.beacon) if record.beacon else None,
        # [receipt, digest of the nonce, rank], by receipt
        "entries": [[one.id.hex(), one.nonce_digest.hex(), rank] for one, rank in entries],
    }


def _show_beacon(beacon: Beacon) -> dict[str, Any]:
    return {
        "chainHash": beacon.chain_hash,
        "round": beacon.round,
        "randomness": beacon.randomness.hex(),
        "signature": beacon.signature.hex(),
    }


def _read(facts: Mapping[str, Any]) -> DrawRecord:
    if facts["format"] != FORMAT:
        raise ValueError(facts["format"])
    return DrawRecord(
        sale_id=bytes.fromhex(facts["saleId"]),
        closed_at=int(facts["closedAt"]),
        commitment=bytes.fromhex(facts["commitment"]),
        seed=bytes.fromhex(facts["seed"]),
        entries_root=bytes.fromhex(facts["entriesRoot"]),
        beacon=_read_beacon(facts["beacon"]) if facts["beacon"] else None,
        entrants=tuple(
            Entrant(bytes.fromhex(receipt), bytes.fromhex(digest))
            for receipt, digest, _ in facts["entries"]
        ),
        ranks=tuple(int(rank) for _, _, rank in facts["entries"]),
    )


def _read_beacon(facts: Mapping[str, Any]) -> Beacon:
    return Beacon(
        chain_hash=facts["chainHash"],
        round=int(facts["round"]),
        randomness=bytes.fromhex(facts["randomness"]),
        signature=bytes.fromhex(facts["signature"]),
    )


def _digest(document: Mapping[str, Any]) -> str:
    return sha256(json.dumps(document, separators=(",", ":")).encode()).hexdigest()
