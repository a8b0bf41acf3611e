"""What a sale publishes of its draw, step by step: nothing before its time, and then all of it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.onsale.beacon import Beacon
from bigcat_graphql.onsale.draw import Entrant
from bigcat_graphql.onsale.drawing import beacon_of, read_lobby
from bigcat_graphql.onsale.record import DrawRecord, make_record, write_record

_QUEUE = """
SELECT q.*, extract(epoch FROM q.lobby_closed_at)::bigint AS closed_at
FROM sale_queue q JOIN concert c ON c.id = q.concert_id
WHERE c.status <> 'DRAFT'
"""
_OF_CONCERT = f"{_QUEUE} AND q.concert_id = $1"
_OF_SALE = f"{_QUEUE} AND q.id = $1 AND q.drawn_at IS NOT NULL"


@dataclass(frozen=True, slots=True)
class SaleDraw:
    """A draw, as much of it as is public now; `seed` is set once it is drawn."""

    sale_id: UUID
    commitment: bytes
    seed: bytes | None
    entries_root: bytes | None
    entry_count: int | None
    beacon: Beacon | None
    drawn_at: datetime | None


async def find_draw(concert_id: UUID) -> SaleDraw | None:
    """Find the draw of a concert's sale queue; None where there is no queue."""
    row = await database.fetch_one(_OF_CONCERT, concert_id)
    if row is None:
        return None
    is_drawn = row["drawn_at"] is not None
    return SaleDraw(
        sale_id=row["id"],
        commitment=row["commitment"],
        seed=row["seed"] if is_drawn else None,
        entries_root=row["entries_root"],
        entry_count=row["entry_count"],
        beacon=beacon_of(row["beacon"]),
        drawn_at=row["drawn_at"],
    )


async def draw_document(sale_id: str) -> bytes | None:
    """Give a draw's record, named by the sale's 32 digits, as its document; None before it."""
    row = await database.fetch_one(_OF_SALE, UUID(hex=sale_id)) if len(sale_id) == 32 else None
    if row is None:
        return None
    lobby = await read_lobby(row["concert_id"])

    def draw_and_write() -> bytes:
        return write_record(_draw(row, lobby))

    # A second for 100,000: other requests go on meanwhile.
    return await asyncio.to_thread(draw_and_write)


def _draw(row: Record, lobby: list[Entrant]) -> DrawRecord:
    return make_record(
        sale_id=row["id"].bytes,
        closed_at=row["closed_at"],
        seed=row["seed"],
        entrants=lobby,
        beacon=beacon_of(row["beacon"]),
    )
