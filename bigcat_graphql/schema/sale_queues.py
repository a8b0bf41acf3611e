"""Sale queues: what everybody sees of them, one's own place, and the draw."""

from datetime import datetime
from typing import Self

import strawberry

from bigcat_graphql import models, onsale
from bigcat_graphql.models import QueueEntryStatus, QueuePhase
from bigcat_graphql.schema.concerts import Concert
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.describing import describe, describe_enum, output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.nodes import Node

describe_enum(
    QueuePhase,
    "Where a sale queue stands.",
    {
        "PREQUEUE": "Not yet open: who joins now takes part in the draw.",
        "DRAWING": "The order is being drawn.",
        "OPEN": "Letting in by rank; who joins now goes to the end.",
        "CLOSED": "Off: nobody needs an admission any more.",
    },
)
describe_enum(
    QueueEntryStatus,
    "Where a place in a sale queue stands.",
    {
        "PREQUEUE": "In the lobby, without a rank yet.",
        "WAITING": "In line at `rank`.",
        "ADMITTED": "Let in: book with `admission` until `admittedUntil`.",
        "DONE": "Has bought.",
        "EXPIRED": "Was let in and did not use it in time.",
        "LEFT": "Given up.",
    },
)


@output
class QueueEntry(Node):
    """An account's place in a sale queue."""

    row: strawberry.Private[models.QueueEntry]
    status: QueueEntryStatus = strawberry.field(description="Where it stands.")
    receipt: str = strawberry.field(
        description="The entry's id in the draw, 32 hexadecimal digits: keep it to check the draw."
    )
    rank: int | None = strawberry.field(
        description="Place in the order, from 1; null before the draw."
    )
    admission: str | None = strawberry.field(
        description=(
            "Signed proof for bookSeats, good for this account only; null unless ADMITTED."
        )
    )
    admitted_until: datetime | None = strawberry.field(
        description="When `admission` ends; null unless ADMITTED."
    )

    @classmethod
    def of(cls, row: models.QueueEntry) -> Self:
        """Show a place, to its owner only."""
        is_in = row.status is QueueEntryStatus.ADMITTED
        return cls(
            id=write_id("QueueEntry", row.concert_id, row.id),
            row=row,
            status=row.status,
            receipt=row.id.hex,
            rank=row.rank,
            admission=onsale.sign_admission(row),
            admitted_until=row.admitted_until if is_in else None,
        )

    @strawberry.field(description="Which concert.")
    async def concert(self, info: Info) -> Concert | None:
        """Load it."""
        row = await info.context.loaders.concert.load(self.row.concert_id)
        return Concert.of(row) if row else None

    @strawberry.field(
        description=(
            "Honest guess of the wait in seconds, rounder the further off; null before the draw,"
            " once let in, and where nobody can know: until sessions have been seen to end, beyond"
            " the seats that are left, and beyond six hours."
        )
    )
    async def estimated_wait_seconds(self, info: Info) -> int | None:
        """Guess it from who is in, who waits and who leaves."""
        if self.row.status is not QueueEntryStatus.WAITING or self.row.rank is None:
            return None
        queue = await info.context.loaders.sale_queue.load(self.row.concert_id)
        return onsale.wait_of(self.row.rank, queue) if queue else None


@output
@describe("The shared state of a sale queue at one second; own position = own rank - `headRank`.")
class QueueFrame:
    """The state of a queue."""

    phase: QueuePhase = strawberry.field(description="Where the queue stands.")
    opens_at: datetime = strawberry.field(description="When it opens or opened.")
    head_rank: int = strawberry.field(
        description=(
            "Ranks up to this one have been let in, or were passed over while away; 0 before the"
            " opening."
        )
    )
    waiting: int = strawberry.field(description="How many wait.")
    admitted_per_minute: float = strawberry.field(
        description="How many are let in per minute, lately."
    )
    seats_left: int = strawberry.field(description="AVAILABLE seats of the concert.")
    entry: QueueEntry | None = strawberry.field(
        description=(
            "The viewer's own place: in the first frame and when it changed, null in the frames"
            " between and without a place."
        )
    )

    @classmethod
    def of(cls, queue: onsale.QueueState, entry: models.QueueEntry | None) -> Self:
        """Show a queue, and a place in it to its owner."""
        return cls(
            phase=queue.phase,
            opens_at=queue.opens_at,
            head_rank=queue.head_rank,
            waiting=queue.waiting_count,
            admitted_per_minute=round(queue.admitted_per_minute, 1),
            seats_left=queue.seats_left,
            entry=QueueEntry.of(entry) if entry else None,
        )


def show_sight(sight: onsale.QueueSight) -> QueueFrame:
    """Show one event."""
    return QueueFrame.of(sight.queue, sight.entry)
