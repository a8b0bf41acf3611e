"""The sale queues themselves: announced before a sale, and what they say of themselves."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.catalogue.availability import SeatCounts, seat_counts
from bigcat_graphql.catalogue.status import STATUS_NOW
from bigcat_graphql.models import ConcertStatus, QueuePhase
from bigcat_graphql.onsale.draw import SEED_BYTES, commit_to
from bigcat_graphql.onsale.errors import WrongConcertState
from bigcat_graphql.onsale.forecast import Line, Pace, count_ahead, foresee_wait
from bigcat_graphql.onsale.rules import Crowd
from bigcat_graphql.settings import get_settings

# The commitment is made with the queue: who announces cannot choose the seed later. A sale that
# has begun had no lobby: nobody could have been in the draw.
_ANNOUNCE = f"""
INSERT INTO sale_queue (concert_id, id, commitment, seed, created_at)
SELECT c.id, $2, $3, $4, now() FROM concert c
WHERE c.id = $1 AND c.plan_id IS NOT NULL AND {STATUS_NOW} IN ('DRAFT', 'PUBLISHED')
  AND c.opens_at > now()
ON CONFLICT (concert_id) DO NOTHING
RETURNING id
"""

_READ = f"""
SELECT q.*, c.opens_at, {STATUS_NOW} AS status_now,
       extract(epoch FROM q.ticked_at - q.drawn_at)::float8 AS open_seconds
FROM sale_queue q JOIN concert c ON c.id = q.concert_id
WHERE q.concert_id = ANY($1::uuid[]) AND c.status <> 'DRAFT'
"""

_END = "UPDATE sale_queue SET ended_at = now() WHERE concert_id = $1 AND ended_at IS NULL"

_STATUS = f"SELECT {STATUS_NOW} AS status_now FROM concert c WHERE c.id = $1"


@dataclass(frozen=True, slots=True)
class QueueState:
    """A sale queue as of one moment; `head_rank` never falls. It has no pace until it moves."""

    concert_id: UUID
    sale_id: UUID
    phase: QueuePhase
    opens_at: datetime
    head_rank: int
    waiting_count: int
    admitted_per_minute: float
    last_rank: int
    seats_left: int
    line: Line
    pace: Pace | None


def phase_of(row: Record) -> QueuePhase:
    """Tell the phase of a queue's row with the `status_now` of its concert."""
    if row["ended_at"] is not None or row["status_now"] in {"CLOSED", "COMPLETED", "CANCELLED"}:
        return QueuePhase.CLOSED
    if row["drawn_at"] is not None:
        return QueuePhase.OPEN
    return QueuePhase.PREQUEUE if row["lobby_closed_at"] is None else QueuePhase.DRAWING


async def announce_queue(concert_id: UUID) -> UUID:
    """Put a queue in front of a sale that has not begun; doing it again changes nothing.

    Returns:
        The sale's id in the draw.

    Raises:
        WrongConcertState: its sale has begun, or it has no seats to sell.
    """
    seed = secrets.token_bytes(SEED_BYTES)

    async def work() -> UUID | None:
        await database.execute(_ANNOUNCE, concert_id, uuid4(), commit_to(seed), seed)
        row = await database.fetch_one(
            "SELECT id FROM sale_queue WHERE concert_id = $1", concert_id
        )
        return row["id"] if row else None

    sale_id = await database.run_transaction(work)
    if sale_id is None:
        row = await database.fetch_one(_STATUS, concert_id)
        raise WrongConcertState(ConcertStatus(row["status_now"] if row else "DRAFT"))
    return sale_id


async def end_queue(concert_id: UUID) -> None:
    """Switch a queue off: from now on nobody needs an admission."""
    await database.execute(_END, concert_id)


async def queues_of(concert_ids: Iterable[UUID]) -> dict[UUID, QueueState]:
    """Read the queues of concerts; one without is left out. Seats are as of a second ago."""
    rows = await database.fetch_all(_READ, list(concert_ids))
    counts = await seat_counts([row["concert_id"] for row in rows])
    return {
        row["concert_id"]: _state_of(row, counts.get(row["concert_id"], SeatCounts()).available)
        for row in rows
    }


def wait_of(rank: int, queue: QueueState) -> int | None:
    """Guess the seconds until a rank is let in; None while there is nothing honest to say."""
    if queue.phase is not QueuePhase.OPEN or queue.pace is None:
        return None
    return foresee_wait(count_ahead(rank, queue.line), queue.pace)


def _state_of(row: Record, seats_left: int) -> QueueState:
    return QueueState(
        concert_id=row["concert_id"],
        sale_id=row["id"],
        phase=phase_of(row),
        opens_at=row["opens_at"],
        head_rank=row["head_rank"],
        waiting_count=row["waiting_count"],
        admitted_per_minute=row["admitted_per_minute"],
        last_rank=row["next_rank"] - 1,
        seats_left=seats_left,
        line=_line_of(row),
        pace=_pace_of(row, seats_left) if row["ticked_at"] else None,
    )


def _line_of(row: Record) -> Line:
    return Line(
        head_rank=row["head_rank"],
        drawn_rank=row["entry_count"] or 0,
        last_rank=row["counted_rank"],
        waiting_drawn=row["waiting_drawn"],
        waiting_late=row["waiting_count"] - row["waiting_drawn"],
        present_share=row["present_share"],
    )


def _pace_of(row: Record, seats_left: int) -> Pace:
    settings = get_settings()
    return Pace(
        crowd=Crowd(
            seats_left=seats_left,
            admitted=row["admitted_count"],
            sessions_ended=row["sessions_ended"],
            sessions_bought=row["sessions_bought"],
            tickets_bought=row["tickets_bought"],
        ),
        session_seconds=row["session_seconds"],
        open_seconds=row["open_seconds"],
        leaving_per_minute=row["leaving_per_minute"],
        per_second_max=settings.queue_admissions_per_second,
        admitted_max=settings.queue_admitted_max,
    )
