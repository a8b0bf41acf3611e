"""The draw of a sale queue, with all that is needed to compute it again."""

from datetime import datetime
from enum import StrEnum
from typing import Self

import strawberry

from bigcat_graphql import onsale
from bigcat_graphql.schema.describing import describe, describe_enum, output
from bigcat_graphql.schema.scalars import URL


class SaleDrawGrade(StrEnum):
    """How far a draw can be checked."""

    BEACON = "BEACON"
    COMMITMENT = "COMMITMENT"


describe_enum(
    SaleDrawGrade,
    "How far a draw can be checked.",
    {
        "BEACON": "By a public beacon that nobody could know when the entries were fixed.",
        "COMMITMENT": "By the revealed seed alone, because no beacon could be reached.",
    },
)


@output
class DrawBeacon:
    """A round of a drand beacon."""

    chain_hash: str = strawberry.field(description="Hash of the beacon's chain, hexadecimal.")
    round: int = strawberry.field(
        description=(
            "Number of the round, fixed by the closing time alone: the first one 6 seconds or more"
            " after it."
        )
    )
    randomness: str = strawberry.field(description="Its randomness, hexadecimal.")
    signature: str = strawberry.field(
        description="Its signature, hexadecimal; the randomness is its SHA-256."
    )

    @classmethod
    def of(cls, beacon: onsale.Beacon) -> Self:
        """Show a beacon."""
        return cls(
            chain_hash=beacon.chain_hash,
            round=beacon.round,
            randomness=beacon.randomness.hex(),
            signature=beacon.signature.hex(),
        )


@output
@describe(
    "A draw that anybody can compute again, SHA-256 throughout, `||` joins bytes: entriesRoot ="
    " H(id || H(nonce) for each entry in id order);\n"
    'final = H("draw-v1" || saleId || seed || entriesRoot || beacon randomness, if any); the order'
    " is by H(final || id), then id."
)
class SaleDraw:
    """A draw."""

    sale_id: str = strawberry.field(description="The sale's id in the draw, 32 hexadecimal digits.")
    grade: SaleDrawGrade | None = strawberry.field(
        description="How far it can be checked; null before the draw."
    )
    commitment: str = strawberry.field(
        description="H(seed), hexadecimal; published when the sale was announced."
    )
    seed: str | None = strawberry.field(description="The seed, hexadecimal; null before the draw.")
    entries_root: str | None = strawberry.field(
        description=(
            "Digest of who takes part, hexadecimal; published before the beacon's round; null"
            " while entries can still come."
        )
    )
    entry_count: int | None = strawberry.field(
        description="How many take part; null while entries can still come."
    )
    beacon: DrawBeacon | None = strawberry.field(
        description="The public randomness; null before its round and for grade COMMITMENT."
    )
    drawn_at: datetime | None = strawberry.field(description="When it was drawn; null before.")
    record_url: URL | None = strawberry.field(
        description=(
            "The whole record with the sorted list of receipts, nonce digests and ranks, as one"
            " immutable JSON document; null before the draw."
        )
    )

    @classmethod
    def of(cls, draw: onsale.SaleDraw, base_url: str) -> Self:
        """Show a draw, as much of it as is public now."""
        is_drawn = draw.drawn_at is not None
        grade = SaleDrawGrade.BEACON if draw.beacon else SaleDrawGrade.COMMITMENT
        return cls(
            sale_id=draw.sale_id.hex,
            grade=grade if is_drawn else None,
            commitment=draw.commitment.hex(),
            seed=draw.seed.hex() if draw.seed else None,
            entries_root=draw.entries_root.hex() if draw.entries_root else None,
            entry_count=draw.entry_count,
            beacon=DrawBeacon.of(draw.beacon) if draw.beacon else None,
            drawn_at=draw.drawn_at,
            record_url=URL(f"{base_url}/draws/{draw.sale_id.hex}.json") if is_drawn else None,
        )
